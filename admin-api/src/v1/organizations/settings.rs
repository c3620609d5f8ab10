//! How an organization's people authenticate.

use directory::{Time, records};
use serde::Serialize;
use utoipa::ToSchema;

use crate::eap_methods::{EapMethod, listed};
use crate::moment::Moment;
use crate::revision::Revised;
use crate::second_factor::Demand;

/// How an organization's people authenticate.
#[derive(Serialize, ToSchema)]
pub(crate) struct Settings {
    /// Whether passwords are also kept sealed in clear, as CHAP needs them; only those that were
    /// set, or signed in with in clear, after it was switched on are.
    chap: bool,
    /// Whether the NT hashes of passwords are also kept sealed, as MS-CHAPv2 needs them; only
    /// those of passwords that were set, or signed in with in clear, after it was switched on are.
    /// Whoever had an NT hash could authenticate with it.
    ms_chap: bool,
    /// Whether a user sees the organization's people and groups, or only their own entry.
    users_see_people: bool,
    /// How long a verified password is remembered, in milliseconds; zero for not at all.
    remember_verified: u64,
    /// The fewest characters of a password.
    password_minimum: u16,
    /// When guessing locks an account.
    lockout: Lockout,
    /// How long passwords live, and what new ones must not be.
    password_policy: PasswordPolicy,
    /// Whether LDAP takes a password over TLS only, whatever the daemon's configuration says. A
    /// refused Bind says so, which shows that there is such an organization.
    require_tls: bool,
    /// What is demanded of users beside the password, over LDAP and RADIUS.
    second_factor: SecondFactor,
    /// Which methods of EAP are offered, in this order.
    eap_methods: Vec<EapMethod>,
    /// How long deleted users can be restored, in milliseconds; zero for not at all.
    deleted_users_kept: u64,
    /// How long an invitation counts that says nothing else, in milliseconds.
    invitation_life: u64,
    /// How long sessions of the organization's own admins last.
    admin_sessions: SessionLengths,
    /// Since when a second factor is demanded of everybody; null where it is not, or that was not
    /// written down.
    #[schema(required)]
    second_factor_required_since: Option<Moment>,
}

/// The code of a second factor (TOTP), which stands behind the password in the same field.
///
/// A wrong, missing or used code looks like a wrong password and counts as one. Service accounts
/// have no second factor of their own.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondFactor {
    /// From whom it is demanded.
    demand: Demand,
    /// How it may be spelled.
    spellings: Spellings,
    /// Whether a service account's own demand counts for users that bind on a connection on which
    /// that account has bound before, as most applications do. A Bind on another connection is
    /// judged by the organization's demand.
    service_accounts_decide: bool,
    /// How long the password alone lets in who has enrolled none where `demand` is `required`, in
    /// milliseconds: from when that was set, or the user made or activated. Zero for not at all.
    /// What service accounts and RADIUS clients demand themselves knows of no grace.
    enrolment_grace: u64,
}

/// How a code may stand behind the password. A password that ends in an allowed separator needs
/// another one behind it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Spellings {
    /// `password,123456`
    comma: bool,
    /// `password;123456`
    semicolon: bool,
    /// `password123456`
    bare: bool,
}

/// How long sessions of an organization's own admins last, in milliseconds. Neither lasts longer than
/// the daemon's configuration says, which holds for the provider's admins, and where there is null.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminSessionLengths)]
pub(crate) struct SessionLengths {
    /// However much they are used.
    #[schema(required)]
    lifetime: Option<u64>,
    /// Without being used.
    #[schema(required)]
    idle: Option<u64>,
}

/// When guessing locks an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Lockout {
    /// Different wrong passwords in the window until the account is locked; zero for never.
    threshold: u32,
    /// How long a wrong password counts, in milliseconds.
    window: u64,
    /// How long a lock lasts, in milliseconds.
    duration: u64,
}

/// How long passwords of users live, and what new ones must not be. The most common passwords, and
/// those made of their owner's name, are refused in any case; service accounts' passwords do not
/// expire.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasswordPolicy {
    /// How long a password can be used, in milliseconds; zero for ever.
    longest_age: u64,
    /// How long a password must be used before its owner may change it, in milliseconds.
    shortest_age: u64,
    /// How long before its end the owner is warned, in milliseconds.
    warning: u64,
    /// How often an expired password still lets its owner in.
    grace_logins: u16,
    /// How many of a user's passwords, the one in use among them, nobody can set for them again.
    history: u16,
    /// Whether a password that an admin sets must be changed by its owner before anything else.
    change_after_reset: bool,
    /// Whether the owner must give the old password with the new one.
    require_old: bool,
    /// Whether LDAP clients that ask are told that an account is locked: whoever locks a name in
    /// this way learns that there is such an account.
    tell_locked: bool,
}

impl From<records::PasswordPolicy> for PasswordPolicy {
    fn from(policy: records::PasswordPolicy) -> Self {
        Self {
            longest_age: policy.longest_age,
            shortest_age: policy.shortest_age,
            warning: policy.warning,
            grace_logins: policy.grace_logins,
            history: policy.history,
            change_after_reset: policy.change_after_reset,
            require_old: policy.require_old,
            tell_locked: policy.tell_locked,
        }
    }
}

impl From<records::LockoutPolicy> for Lockout {
    fn from(policy: records::LockoutPolicy) -> Self {
        let records::LockoutPolicy { threshold, window, duration } = policy;
        Self { threshold, window, duration }
    }
}

impl From<records::SessionLengths> for SessionLengths {
    fn from(lengths: records::SessionLengths) -> Self {
        let records::SessionLengths { lifetime, idle } = lengths;
        Self { lifetime, idle }
    }
}

impl From<records::Organization> for Revised<Settings> {
    fn from(record: records::Organization) -> Self {
        let settings = record.settings;
        let settings = Settings {
            chap: settings.chap,
            ms_chap: settings.ms_chap,
            users_see_people: settings.users_see_people,
            remember_verified: settings.remember_verified,
            password_minimum: settings.password_minimum,
            lockout: settings.lockout.into(),
            password_policy: settings.password_policy.into(),
            require_tls: settings.require_tls,
            second_factor: SecondFactor::of(&settings),
            eap_methods: listed(settings.eap_methods),
            deleted_users_kept: settings.deleted_users_kept,
            invitation_life: settings.invitation_life,
            admin_sessions: settings.admin_sessions.into(),
            second_factor_required_since: Some(settings.enrolment.since)
                .filter(|since| *since != Time::default())
                .map(Moment),
        };
        Self::new(record.stamp.revision, settings)
    }
}

impl SecondFactor {
    fn of(settings: &records::Settings) -> Self {
        let factor = settings.second_factor;
        let records::Spellings { comma, semicolon, bare } = factor.spellings;
        Self {
            demand: factor.demand.into(),
            spellings: Spellings { comma, semicolon, bare },
            service_accounts_decide: factor.service_accounts_decide,
            enrolment_grace: settings.enrolment.grace,
        }
    }
}
