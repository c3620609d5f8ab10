//! How an organization's people authenticate.

use directory::records;
use serde::Serialize;
use utoipa::ToSchema;

use crate::revision::Revised;

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
        };
        Self::new(record.stamp.revision, settings)
    }
}
