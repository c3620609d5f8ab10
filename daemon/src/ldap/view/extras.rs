//! Attributes that show what is stored in another form than it is stored in.

use directory::UserId;
use directory::records::{Members, UserState};
use directory::search::{Entry, EntryId, Found, Kind};
use ldap::schema::AttributeType;
use ldap::{Attributes, Values};
use uuid::Uuid;

use super::entry::generalized;
use super::look::structural;
use super::place::{Naming, Place};
use super::tables::Extra;

/// A user who may sign in: a normal account.
pub(super) const NORMAL: i64 = 0x200;
/// The flag of one who may not.
pub(super) const DISABLED: i64 = 0x2;

/// Writes one of the attributes that show an entry as domain controllers do.
pub(super) fn write_extra(
    attributes: &mut Attributes<'_>,
    kind: &'static AttributeType,
    extra: Extra,
    (naming, dn, entry): (&Naming, &str, &Entry),
) {
    if !attributes.wants(kind) {
        return;
    }
    match extra {
        Extra::DistinguishedName => attributes.values(kind, [dn]),
        Extra::Guid => attributes.values(kind, [guid(entry.uuid())]),
        Extra::Sid => attributes.values(kind, [sid(naming.organization(), entry.number())]),
        Extra::Principal => attributes.values(kind, principal(entry, naming)),
        Extra::AccountControl => attributes.values(kind, [account_control(entry).to_string()]),
        Extra::Created => attributes.values(kind, [generalized(entry.stamp().created)]),
        Extra::Changed => attributes.values(kind, [generalized(entry.stamp().modified)]),
        Extra::Expires => attributes.values(kind, [expiry(entry).to_string()]),
        Extra::Number(number) => attributes.values(kind, [number]),
        Extra::Category => {
            let classes = naming.look().shown(entry.id().kind()).classes;
            attributes.values(kind, category(classes, naming.base()));
        }
        // Certificates are written by who reads them.
        Extra::DomainSid | Extra::Ambiguous | Extra::Certificates => {}
    }
}

/// The same of the base or a container.
pub(super) fn write_place_extra(
    attributes: &mut Attributes<'_>,
    kind: &'static AttributeType,
    extra: Extra,
    (naming, dn, place): (&Naming, &str, &Place),
) {
    if !attributes.wants(kind) {
        return;
    }
    match extra {
        Extra::DistinguishedName => attributes.values(kind, [dn]),
        Extra::Guid => attributes.values(kind, [guid(place.uuid)]),
        Extra::DomainSid if place.container.is_none() => {
            attributes.values(kind, [domain_sid(naming.organization())]);
        }
        Extra::Created => attributes.values(kind, [generalized(place.stamp.created)]),
        Extra::Changed => attributes.values(kind, [generalized(place.stamp.modified)]),
        Extra::Category => {
            attributes.values(kind, category(place.classes(naming), naming.base()));
        }
        Extra::DomainSid
        | Extra::Sid
        | Extra::Principal
        | Extra::AccountControl
        | Extra::Expires
        | Extra::Number(_)
        | Extra::Ambiguous
        | Extra::Certificates => {}
    }
}

/// Writes the members of a group, in each way that the caller sees and wants.
pub(super) fn write_members(
    attributes: &mut Attributes<'_>,
    naming: &Naming,
    found: &Found<'_>,
) -> Result<(), directory::Error> {
    let vocabulary = naming.look().vocabulary;
    for (kind, members) in &naming.ways().members {
        if !attributes.wants_in(kind, vocabulary) {
            continue;
        }
        let mut written = Ok(());
        attributes.with(kind, |values| {
            written = match members {
                Members::Names | Members::UniqueNames => {
                    found.members(&mut |kind, name| push_name(values, naming, kind, name))
                }
                Members::Logins => found.users(&mut |login| values.push(login.as_bytes())),
            };
        });
        written?;
    }
    Ok(())
}

/// Writes the name of the user who has a device, where the caller sees them.
pub(super) fn write_owner(
    attributes: &mut Attributes<'_>,
    kind: Option<&'static AttributeType>,
    naming: &Naming,
    (found, owner): (&Found<'_>, Option<UserId>),
) -> Result<(), directory::Error> {
    let (Some(kind), Some(owner)) = (kind, owner) else { return Ok(()) };
    if !attributes.wants_in(kind, naming.look().vocabulary) {
        return Ok(());
    }
    let mut written = Ok(());
    attributes.with(kind, |values| {
        let push = &mut |kind, name: &str| push_name(values, naming, kind, name);
        written = found.named(&[EntryId::User(owner)], push);
    });
    written
}

/// Writes the groups that an entry is in, when they are wanted.
pub(super) fn write_groups(
    attributes: &mut Attributes<'_>,
    kind: Option<&'static AttributeType>,
    naming: &Naming,
    found: &Found<'_>,
) -> Result<(), directory::Error> {
    let Some(kind) = kind else { return Ok(()) };
    let unasked = naming.ways().groups_unasked && attributes.is_starred();
    if !unasked && !attributes.wants(kind) {
        return Ok(());
    }
    let mut written = Ok(());
    attributes.unasked(kind, |values| {
        written = found.groups(&mut |group| {
            push_name(values, naming, Kind::Group, &group.fields.name);
        });
    });
    written
}

/// Writes the name of an entry.
pub(super) fn push_name(values: &mut Values<'_>, naming: &Naming, kind: Kind, name: &str) {
    naming.spell(kind, name, |parts| values.push_parts(&parts.map(str::as_bytes)));
}

/// An id in the order of octets of GUIDs: the first three parts are little-endian.
fn guid(id: Uuid) -> [u8; 16] {
    id.to_bytes_le()
}

/// The identifier of what has a number in an organization: `S-1-5-21-…`. The domain's part is made
/// from the random octets of the organization's id.
fn sid(organization: Uuid, number: u64) -> Vec<u8> {
    let mut octets = vec![1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0];
    octets.extend(organization.as_bytes().iter().skip(4));
    octets.extend(relative(number).to_le_bytes());
    octets
}

/// The domain's part alone, by which the base is identified.
fn domain_sid(organization: Uuid) -> Vec<u8> {
    let mut octets = vec![1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0];
    octets.extend(organization.as_bytes().iter().skip(4));
    octets
}

/// The last part of an identifier: above those that are reserved.
fn relative(number: u64) -> u32 {
    u32::try_from(number.saturating_add(FIRST)).unwrap_or(u32::MAX)
}

/// Identifiers below are those of accounts that every domain has.
const FIRST: u64 = 1_000;

/// An identifier in octets, which may be written as text.
fn in_octets(value: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(value).ok();
    let Some(parts) = text.and_then(|text| text.strip_prefix("S-1-5-")) else {
        return Some(value.to_vec());
    };
    let parts = parts.split('-').map(|part| part.parse::<u32>().ok());
    let parts: Vec<u32> = parts.collect::<Option<_>>()?;
    let mut octets = vec![1, u8::try_from(parts.len()).ok()?, 0, 0, 0, 0, 0, 5];
    octets.extend(parts.iter().flat_map(|part| part.to_le_bytes()));
    Some(octets)
}

/// Whether an identifier, in octets or as text, is the organization's own.
pub(super) fn is_domain(organization: Uuid, value: &[u8]) -> bool {
    in_octets(value).is_some_and(|octets| octets == domain_sid(organization))
}

/// The number of what an identifier of the organization names, in octets or as text.
pub(super) fn numbered(organization: Uuid, value: &[u8]) -> Option<u64> {
    let octets = in_octets(value)?;
    let (domain, last) = octets.split_last_chunk::<4>()?;
    let own = sid(organization, 0);
    let same = own.split_last_chunk::<4>().is_some_and(|(own, _)| own == domain);
    let number = u64::from(u32::from_le_bytes(*last));
    number.checked_sub(FIRST).filter(|_| same)
}

/// The login as a name at the base's domain; a login that is such a name already stays.
fn principal(entry: &Entry, naming: &Naming) -> Option<String> {
    let Entry::User(_, user) = entry else { return None };
    let login = &user.fields.login;
    if login.contains('@') {
        return Some(login.clone());
    }
    naming.domain().map(|domain| format!("{login}@{domain}"))
}

fn account_control(entry: &Entry) -> i64 {
    match entry {
        Entry::User(_, user) if user.state != UserState::Active => NORMAL | DISABLED,
        Entry::User(..) | Entry::Group(..) | Entry::ServiceAccount(..) | Entry::Device(..) => {
            NORMAL
        }
    }
}

/// What an account shows that never ends.
pub(super) const NEVER: i64 = i64::MAX;
/// So many of what is counted since 1601, 100 nanoseconds, are a millisecond.
pub(super) const MILLISECOND: i64 = 10_000;
/// The milliseconds from 1601 to 1970.
pub(super) const EPOCH: i64 = 11_644_473_600_000;

/// From when on a user is let in nowhere (FILETIME of MS-DTYP section 2.3.3).
fn expiry(entry: &Entry) -> i64 {
    let Entry::User(_, user) = entry else { return NEVER };
    let Some(expires) = user.fields.expires else { return NEVER };
    let milliseconds = i64::try_from(expires.0).unwrap_or(i64::MAX);
    milliseconds.saturating_add(EPOCH).saturating_mul(MILLISECOND)
}

/// The category of a structural class, as applications ask for it by the name of a class.
pub(super) fn category_of(class: &str) -> Option<&'static str> {
    let is_it = |(named, _): &&(&str, &str)| named.eq_ignore_ascii_case(class);
    CATEGORIES.iter().find(is_it).map(|(_, category)| *category)
}

const CATEGORIES: [(&str, &str); 8] = [
    ("user", "person"),
    ("person", "person"),
    ("organizationalPerson", "person"),
    ("group", "group"),
    ("applicationProcess", "application-process"),
    ("container", "container"),
    ("organizationalUnit", "organizational-unit"),
    ("domainDNS", "domain-dns"),
];

/// The name of the definition of what has these classes, below a base.
pub(super) fn category(classes: &[&str], base: &str) -> Option<String> {
    let name = category_of(structural(classes))?;
    Some(format!("cn={name},cn=schema,cn=configuration,{base}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_has_its_first_parts_turned_around() {
        let id: Uuid = "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap();
        let octets = [
            0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
            0xee, 0xff,
        ];
        assert_eq!(guid(id), octets);
    }

    #[test]
    fn a_security_identifier_names_one_entry_of_one_organization() {
        let organization = Uuid::from_u128(0x0193_a1b2_7c3d_7e4f_8a5b_6c7d_8e9f_0a1b);
        let octets = sid(organization, 42);
        assert_eq!((octets.len(), octets[1], octets[8]), (28, 5, 21));
        assert_eq!(numbered(organization, &octets), Some(42));
        let part = |at: usize| u32::from_le_bytes(octets[at..at + 4].try_into().unwrap());
        let text = format!("S-1-5-21-{}-{}-{}-1042", part(12), part(16), part(20));
        assert_eq!(numbered(organization, text.as_bytes()), Some(42));
        assert_eq!(numbered(Uuid::from_u128(1), &octets), None);
        let domain = domain_sid(organization);
        assert_eq!((domain.len(), domain[1], &domain[8..]), (24, 4, &octets[8..24]));
        let text = format!("S-1-5-21-{}-{}-{}", part(12), part(16), part(20));
        assert!(is_domain(organization, &domain) && is_domain(organization, text.as_bytes()));
        assert!(!is_domain(organization, &octets) && !is_domain(Uuid::from_u128(1), &domain));
        assert_eq!(numbered(organization, &domain), None);
        for wrong in [&b""[..], b"S-1-5-", b"S-1-5-21", b"\xff\xff", b"S-1-5-21-1-2-3-500"] {
            assert_eq!(numbered(organization, wrong), None);
        }
    }
}
