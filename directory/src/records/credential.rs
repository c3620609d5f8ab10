//! What proves that somebody is who they say: never read by a search.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;
use crate::time::Time;

/// The credential of the user, service account or admin with the same record number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The password's hash, in PHC or another form that `authentication` reads.
    pub hash: Option<String>,
    /// Raised by whatever must end what was remembered and counted: a password, a lock, its end, a
    /// suspension. Not by a used TOTP code, nor by a new hash of the same password.
    pub version: u64,
    /// When the password was set.
    pub changed: Time,
    /// Set while the account is locked.
    pub lock: Option<Lock>,
    /// The last TOTP step that was used, so that no code counts twice.
    pub totp_step: Option<u64>,
    /// Whether a TOTP seed is enrolled and proven.
    pub totp_enrolled: bool,
}

/// Why and until when an account is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// When it was locked.
    pub since: Time,
    /// When it ends by itself.
    pub until: Time,
}

impl Credential {
    pub(crate) fn new(hash: Option<String>, now: Time) -> Self {
        Self { hash, version: 1, changed: now, lock: None, totp_step: None, totp_enrolled: false }
    }

    /// What stands for the credential of who has none: of an earlier version than any that is
    /// written, so that nothing counted against it outlives the first password.
    pub(crate) fn absent() -> Self {
        Self { version: 0, ..Self::new(None, Time::default()) }
    }

    /// Whether the account is locked at `now`.
    pub fn locked(&self, now: Time) -> bool {
        self.lock.is_some_and(|lock| now < lock.until)
    }
}

impl Record for Credential {
    const KIND: Kind = kinds::CREDENTIAL;
    const VERSION: u8 = 1;

    fn index(&self, _: &mut Entries) {}
}
