//! What proves that somebody is who they say: never read by a search.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};

use super::kinds;
use crate::time::Time;

/// The credential of the user, service account or admin with the same record number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The password's hash, in PHC or another form that `authentication` reads.
    pub hash: Option<String>,
    /// Raised by whatever must end what was remembered and counted: a password, a user's lock, its end,
    /// a suspension. Not by a used TOTP code, nor by a new hash of the same password.
    pub version: u64,
    /// When the password was set.
    pub changed: Time,
    /// Set while the account is locked.
    pub lock: Option<Lock>,
    /// The last TOTP step that was used, so that no code counts twice.
    pub totp_step: Option<u64>,
    /// Whether a TOTP seed is enrolled and proven.
    pub totp_enrolled: bool,
    /// Whether the password was set by somebody else, so that its owner must change it before
    /// anything else.
    pub must_change: bool,
    /// How often the password let its owner in after it had expired.
    pub grace_used: u16,
    /// When an admin let guessing start anew; earlier failures count no more.
    pub pardoned: Time,
}

/// By whom and until when an account is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// When it was locked.
    pub since: Time,
    /// When it ends by itself.
    pub until: Time,
    by: LockedBy,
}

/// Who locked an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum LockedBy {
    /// Whoever guessed too often.
    Guesses,
    /// An admin, or nobody remembers who.
    Admin,
}

impl Lock {
    /// Made by who guessed too often.
    pub(crate) const fn by_guesses(since: Time, until: Time) -> Self {
        Self { since, until, by: LockedBy::Guesses }
    }

    /// Made by an admin.
    pub(crate) const fn by_admin(since: Time, until: Time) -> Self {
        Self { since, until, by: LockedBy::Admin }
    }

    /// Whether an admin made it.
    pub(crate) fn is_by_admin(&self) -> bool {
        self.by == LockedBy::Admin
    }
}

impl Credential {
    pub(crate) fn new(hash: Option<String>, now: Time) -> Self {
        Self {
            hash,
            version: 1,
            changed: now,
            lock: None,
            totp_step: None,
            totp_enrolled: false,
            must_change: false,
            grace_used: 0,
            pardoned: Time::default(),
        }
    }

    /// What stands for the credential of who has none: of an earlier version than any that is
    /// written, so that nothing counted against it outlives the first password.
    pub(crate) fn absent() -> Self {
        Self { version: 0, ..Self::new(None, Time::default()) }
    }

    /// Since when failures count: the password was set then, or the account unlocked.
    pub(crate) fn begun(&self) -> Time {
        self.changed.max(self.pardoned)
    }

    /// Whether the account is locked at `now`.
    pub fn locked(&self, now: Time) -> bool {
        self.lock.is_some_and(|lock| now < lock.until)
    }

    /// Whether an admin's lock keeps the account out at `now`.
    pub(crate) fn locked_by_admin(&self, now: Time) -> bool {
        self.locked(now) && self.lock.is_some_and(|lock| lock.is_by_admin())
    }
}

impl Record for Credential {
    const KIND: Kind = kinds::CREDENTIAL;
    const VERSION: u8 = 3;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            1 => decode::<Version1>(body).map(Self::from),
            2 => decode::<Version2>(body).map(Self::from),
            _ => Err(Corrupt::version(Self::KIND, version)),
        }
    }

    fn index(&self, _: &mut Entries) {}
}

/// A lock before it was noted who locked.
#[derive(Serialize, Deserialize)]
struct OldLock {
    since: Time,
    until: Time,
}

impl From<OldLock> for Lock {
    fn from(old: OldLock) -> Self {
        // What an admin locked must not open, and what was counted ends soon.
        Self::by_admin(old.since, old.until)
    }
}

/// A credential before it was noted who locked.
#[derive(Serialize, Deserialize)]
struct Version2 {
    hash: Option<String>,
    version: u64,
    changed: Time,
    lock: Option<OldLock>,
    totp_step: Option<u64>,
    totp_enrolled: bool,
    must_change: bool,
    grace_used: u16,
    pardoned: Time,
}

impl From<Version2> for Credential {
    fn from(old: Version2) -> Self {
        Self {
            hash: old.hash,
            version: old.version,
            changed: old.changed,
            lock: old.lock.map(Lock::from),
            totp_step: old.totp_step,
            totp_enrolled: old.totp_enrolled,
            must_change: old.must_change,
            grace_used: old.grace_used,
            pardoned: old.pardoned,
        }
    }
}

/// A credential before passwords could expire.
#[derive(Serialize, Deserialize)]
struct Version1 {
    hash: Option<String>,
    version: u64,
    changed: Time,
    lock: Option<OldLock>,
    totp_step: Option<u64>,
    totp_enrolled: bool,
}

impl From<Version1> for Credential {
    fn from(old: Version1) -> Self {
        Self {
            version: old.version,
            lock: old.lock.map(Lock::from),
            totp_step: old.totp_step,
            totp_enrolled: old.totp_enrolled,
            ..Self::new(old.hash, old.changed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_of_the_first_version_is_read_as_it_was() {
        let lock = Some(Lock::by_admin(Time(5), Time(6)));
        let old = Version1 {
            hash: Some("a hash".into()),
            version: 7,
            changed: Time(4),
            lock: Some(OldLock { since: Time(5), until: Time(6) }),
            totp_step: Some(3),
            totp_enrolled: true,
        };
        let read = Credential::upgrade(1, &storage::encode(&old).unwrap()).unwrap();
        assert_eq!(read.hash.as_deref(), Some("a hash"));
        assert_eq!((read.version, read.changed, read.lock), (7, Time(4), lock));
        assert_eq!((read.totp_step, read.totp_enrolled), (Some(3), true));
        assert!(!read.must_change && read.grace_used == 0);
        assert!(Credential::upgrade(0, &[]).is_err());
    }

    #[test]
    fn a_credential_of_the_second_version_is_read_with_a_lock_that_opens_to_nobody() {
        let old = Version2 {
            hash: Some("a hash".into()),
            version: 7,
            changed: Time(4),
            lock: Some(OldLock { since: Time(5), until: Time(8) }),
            totp_step: Some(3),
            totp_enrolled: true,
            must_change: true,
            grace_used: 2,
            pardoned: Time(1),
        };
        let read = Credential::upgrade(2, &storage::encode(&old).unwrap()).unwrap();
        assert_eq!((read.hash.as_deref(), read.version), (Some("a hash"), 7));
        assert_eq!((read.changed, read.pardoned), (Time(4), Time(1)));
        assert_eq!((read.totp_step, read.totp_enrolled), (Some(3), true));
        assert_eq!((read.must_change, read.grace_used), (true, 2));
        assert!(read.locked_by_admin(Time(7)) && !read.locked_by_admin(Time(8)));
    }
}
