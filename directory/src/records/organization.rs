//! A customer of the provider: the unit of isolation.

mod v1;
mod v2;
mod v3;
mod v4;

use std::fmt;

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record};
use uuid::Uuid;

use super::{
    Domain, EapMethods, Enrolment, PasswordPolicy, Presentation, SecondFactor, SessionLengths,
    Stamp, indices, kinds,
};
use crate::time::Time;

/// An organization's record, kept among the provider's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The stable external id.
    pub uuid: Uuid,
    /// Whether it answers.
    pub state: OrganizationState,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: OrganizationFields,
    /// How its people authenticate.
    pub settings: Settings,
    /// How its entries are shown to applications.
    pub presentation: Presentation,
    /// What there is of custom attributes, so that nobody looks for them in vain.
    pub custom: CustomMark,
    /// What else there is of it, so that nobody looks for it in vain.
    pub marks: Marks,
}

/// What an organization has that few have, and that authentication has to know of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// How many password policies of groups there are.
    pub password_policies: u16,
    /// Until when a former password of any service account may count.
    pub former_passwords: Time,
}

/// What an organization has of custom attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomMark {
    /// How many definitions there are, deleted ones included until their values are gone.
    pub definitions: u16,
    /// How many of them wait for records to follow.
    pub work: u16,
}

/// Whether an organization answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationState {
    /// LDAP and RADIUS answer.
    Active,
    /// Nobody of it is let in; admins still see and change it.
    Suspended,
    /// Answers nobody; restorable until its data is destroyed.
    Deleted {
        /// When it was deleted.
        at: Time,
    },
}

/// What admins write of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationFields {
    /// A short unique name for addresses and command lines.
    pub slug: String,
    /// The full name.
    pub name: String,
    /// Its naming context.
    pub base: Base,
    /// The domain that it goes by, if that was said.
    pub domain: Option<Domain>,
}

/// How an organization's people authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether passwords are also kept sealed in clear, as CHAP needs them; only those that were set or
    /// proven after it was switched on are.
    pub chap: bool,
    /// Whether the NT hashes of passwords are also kept sealed, as MS-CHAPv2 needs them; only those
    /// of passwords that were set or proven after it was switched on are.
    pub ms_chap: bool,
    /// Whether a user sees the organization's people and groups, or only their own entry.
    pub users_see_people: bool,
    /// How long a verified password is remembered, in milliseconds; zero for not at all.
    pub remember_verified: u64,
    /// The fewest characters of a password.
    pub password_minimum: u16,
    /// When guessing locks an account.
    pub lockout: LockoutPolicy,
    /// Whether a password that came over a connection in clear is refused unseen.
    pub require_tls: bool,
    /// What is demanded of users beside the password.
    pub second_factor: SecondFactor,
    /// What else passwords must be.
    pub password_policy: PasswordPolicy,
    /// Which methods of EAP are offered.
    pub eap_methods: EapMethods,
    /// How long deleted users can be restored, in milliseconds; zero for not at all.
    pub deleted_users_kept: u64,
    /// How long an invitation counts that says nothing else, in milliseconds.
    pub invitation_life: u64,
    /// How long who has enrolled no second factor is let in without, where it is demanded of all.
    pub enrolment: Enrolment,
    /// How long sessions of its own admins last.
    pub admin_sessions: SessionLengths,
}

/// When guessing locks an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockoutPolicy {
    /// Different wrong passwords in the window until the account is locked; zero for never.
    pub threshold: u32,
    /// How long a wrong password counts, in milliseconds.
    pub window: u64,
    /// How long a lock lasts, in milliseconds.
    pub duration: u64,
}

const DAY: u64 = 24 * 60 * 60 * 1_000;

impl Default for Settings {
    fn default() -> Self {
        Self {
            chap: false,
            ms_chap: false,
            users_see_people: false,
            remember_verified: 300_000,
            password_minimum: 8,
            lockout: LockoutPolicy::default(),
            require_tls: false,
            second_factor: SecondFactor::default(),
            password_policy: PasswordPolicy::default(),
            eap_methods: EapMethods::default(),
            deleted_users_kept: 30 * DAY,
            invitation_life: 7 * DAY,
            enrolment: Enrolment::default(),
            admin_sessions: SessionLengths::default(),
        }
    }
}

impl Default for LockoutPolicy {
    /// Ten failures lock for fifteen minutes; failures are forgotten after as long.
    fn default() -> Self {
        Self { threshold: 10, window: 15 * 60 * 1_000, duration: 15 * 60 * 1_000 }
    }
}

/// A naming context such as `dc=acme,dc=example`: what an organization's entries stand under.
///
/// Made of `type=value` pairs whose values need no escaping; compared without case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Base(String);

/// The one name that is nobody's: where every organization finds how its entries are made.
const RESERVED: &str = "cn=subschema";
/// The most octets of a base.
const BASE_LENGTH: usize = 250;

impl Base {
    /// Reads a base; `None` unless it is one to sixteen `type=value` pairs of letters, digits and
    /// `.`, `-`, `_` or inner spaces, at most 250 octets in all, and not the reserved one.
    pub fn parse(text: &str) -> Option<Self> {
        let pairs: Vec<String> = text.split(',').map(canonical_pair).collect::<Option<_>>()?;
        let base = pairs.join(",");
        let short = (1..=16).contains(&pairs.len()) && base.len() <= BASE_LENGTH;
        (short && base != RESERVED).then_some(Self(base))
    }

    /// The base that a domain gives, by [RFC 2247](https://www.rfc-editor.org/rfc/rfc2247):
    /// `dc=acme,dc=example` for `acme.example`. None for a domain of more than sixteen labels, or
    /// too long a one.
    pub fn of(domain: &Domain) -> Option<Self> {
        let pairs: Vec<String> =
            domain.as_str().split('.').map(|label| format!("dc={label}")).collect();
        Self::parse(&pairs.join(","))
    }

    /// The canonical text: lower case, no spaces around commas and equal signs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pairs from the root down, each with a comma: a base lies under another exactly if its
    /// path starts with the other's.
    pub(crate) fn path(&self) -> String {
        let mut path = String::with_capacity(self.0.len().saturating_add(1));
        for pair in self.0.rsplit(',') {
            path.push_str(pair);
            path.push(',');
        }
        path
    }

    /// The domain that it spells; none where it is not made of `dc` pairs alone.
    pub(crate) fn domain(&self) -> Option<String> {
        let labels: Option<Vec<&str>> =
            self.0.split(',').map(|pair| pair.strip_prefix("dc=")).collect();
        labels.map(|labels| labels.join("."))
    }

    /// Every proper ancestor, the nearest first.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices(',').filter_map(|(comma, _)| self.0.get(comma.saturating_add(1)..))
    }
}

impl fmt::Display for Base {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn canonical_pair(pair: &str) -> Option<String> {
    let (kind, value) = pair.split_once('=')?;
    let (kind, value) = (kind.trim(), value.trim());
    let named = kind.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && kind.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    let plain = !value.is_empty()
        && !value.contains("  ")
        && value.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_ ".contains(letter));
    (named && plain).then(|| format!("{kind}={value}").to_ascii_lowercase())
}

impl Record for Organization {
    const KIND: Kind = kinds::ORGANIZATION;
    const VERSION: u8 = 5;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            1 => storage::decode::<v1::Organization>(body).map(Self::from),
            2 => storage::decode::<v2::Organization<v2::Settings>>(body).map(Self::from),
            3 => storage::decode::<v2::Organization<v3::Settings>>(body).map(Self::from),
            4 => storage::decode::<v4::Organization>(body).map(Self::from),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::ORGANIZATION_UUID, self.uuid.as_bytes());
        entries.add(indices::ORGANIZATION_SLUG, self.fields.slug.as_bytes());
        if let Some(domain) = &self.fields.domain {
            entries.add(indices::ORGANIZATION_DOMAIN, domain.as_str().as_bytes());
        }
        for base in std::iter::once(&self.fields.base).chain(self.presentation.bases()) {
            entries.add(indices::ORGANIZATION_BASE, base.as_str().as_bytes());
            entries.add(indices::ORGANIZATION_TREE, base.path().as_bytes());
        }
        if self.custom.work > 0 {
            entries.add(indices::ORGANIZATION_WORK, &[]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_compared_without_case_and_spaces() {
        let base = Base::parse("DC=Acme , dc=Example").unwrap();
        assert_eq!(base.as_str(), "dc=acme,dc=example");
        assert_eq!(base.ancestors().collect::<Vec<_>>(), ["dc=example"]);
    }

    #[test]
    fn a_domain_gives_a_base_that_spells_it() {
        let base = Base::of(&Domain::parse("Acme.Example").unwrap()).unwrap();
        assert_eq!(base.as_str(), "dc=acme,dc=example");
        assert_eq!(base.domain().as_deref(), Some("acme.example"));
        let labels = |count| Domain::parse(&vec!["a"; count].join(".")).unwrap();
        assert!(Base::of(&labels(16)).is_some());
        assert_eq!(Base::of(&labels(17)), None);
    }

    #[test]
    fn a_base_that_would_need_escapes_is_refused() {
        for text in
            ["", "acme", "CN=Subschema", "dc=", "=x", "dc=a\\,b", "dc=a+ou=b", "1=2", "dc=a,,dc=b"]
        {
            assert_eq!(Base::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_base_under_another_has_a_path_that_starts_with_the_others() {
        let path = |text| Base::parse(text).unwrap().path();
        assert!(path("dc=acme,dc=example").starts_with(&path("dc=example")));
        assert!(!path("dc=acme,dc=example").starts_with(&path("dc=beta,dc=example")));
        assert!(!path("dc=acme,dc=examples").starts_with(&path("dc=example")));
    }
}
