//! How an organization's people authenticate.

use directory::records;
use serde::Serialize;
use utoipa::ToSchema;

use crate::revision::Revised;
use crate::second_factor::Demand;

/// How an organization's people authenticate.
#[derive(Serialize, ToSchema)]
pub(crate) struct Settings {
    /// Whether passwords are also kept sealed in clear, as CHAP needs them; only passwords set
    /// after it was switched on are.
    chap: bool,
    /// Whether a user sees the organization's people and groups, or only their own entry.
    users_see_people: bool,
    /// How long a verified password is remembered, in milliseconds; zero for not at all.
    remember_verified: u64,
    /// The fewest characters of a password.
    password_minimum: u16,
    /// When guessing locks an account.
    lockout: Lockout,
    /// Whether LDAP takes a password over TLS only, whatever the daemon's configuration says. A
    /// refused Bind says so, which shows that there is such an organization.
    require_tls: bool,
    /// What is demanded of users beside the password, over LDAP and RADIUS.
    second_factor: SecondFactor,
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

impl From<records::Organization> for Revised<Settings> {
    fn from(record: records::Organization) -> Self {
        let settings = record.settings;
        let lockout = Lockout {
            threshold: settings.lockout.threshold,
            window: settings.lockout.window,
            duration: settings.lockout.duration,
        };
        let settings = Settings {
            chap: settings.chap,
            users_see_people: settings.users_see_people,
            remember_verified: settings.remember_verified,
            password_minimum: settings.password_minimum,
            lockout,
            require_tls: settings.require_tls,
            second_factor: settings.second_factor.into(),
        };
        Self::new(record.stamp.revision, settings)
    }
}

impl From<records::SecondFactor> for SecondFactor {
    fn from(factor: records::SecondFactor) -> Self {
        let records::Spellings { comma, semicolon, bare } = factor.spellings;
        Self {
            demand: factor.demand.into(),
            spellings: Spellings { comma, semicolon, bare },
            service_accounts_decide: factor.service_accounts_decide,
        }
    }
}
