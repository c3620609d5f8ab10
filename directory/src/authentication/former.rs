//! The password that a service account had before its last rotation, while it still counts: so
//! that an application goes on until it has the new one.

use super::attempt::Attempt;
use super::engine::{AccountKey, FORMER};
use super::later::Hindered;
use super::password::{Password, StoredHash};
use super::second_factor::{Reason, WRONG_PASSWORD};
use crate::directory::Directory;
use crate::events::Difference;

/// Where a former password is remembered.
pub(super) const fn former_key((organization, id): AccountKey) -> AccountKey {
    (organization ^ FORMER, id)
}

/// What an event tells of a former password: that it was used.
pub(super) fn by_former() -> Vec<Difference> {
    let after = Some("\"previous\"".to_owned());
    vec![Difference { field: "password".into(), before: None, after }]
}

impl Directory {
    /// Whether this password was right a moment ago as the former one.
    pub(super) fn is_former_remembered(&self, attempt: &mut Attempt, password: &Password) -> bool {
        let (Some(account), Some(key)) = (&attempt.account, attempt.key()) else { return false };
        if account.former(attempt.now).is_none()
            || attempt.obstacle().is_some()
            || attempt.settings.remember_verified == 0
        {
            return false;
        }
        let (key, version) = (former_key(key), account.credential.version);
        let verified = &self.inner.engine.verified;
        attempt.by_former = verified.remembers(key, version, password, attempt.now.0);
        attempt.by_former
    }

    /// Looks whether a password that proves nothing is the former one.
    ///
    /// Where any account of an organization has one, whoever is not let in waits for as long, so
    /// that time tells neither which names there are nor whether a password was right.
    pub(super) fn or_former(
        &self,
        attempt: &mut Attempt,
        verdict: Result<Option<u64>, Reason>,
        typed: &Password,
    ) -> Result<Result<Option<u64>, Reason>, Hindered> {
        if attempt.now >= attempt.former_until {
            return Ok(verdict);
        }
        if verdict.is_ok() && attempt.obstacle().is_none() && !self.is_counted_out(attempt) {
            return Ok(verdict);
        }
        let account = attempt.account.as_ref();
        let former = account.and_then(|account| account.former(attempt.now));
        let stored = former.and_then(|former| StoredHash::parse(&former.hash).ok());
        let has_one = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.inner.engine.dummy());
        let is_right = self.compare(&stored, typed)? && has_one;
        if is_right && verdict == Err(WRONG_PASSWORD) {
            attempt.by_former = true;
            return Ok(Ok(None));
        }
        Ok(verdict)
    }

    /// Whether the account is locked by what is counted in memory.
    fn is_counted_out(&self, attempt: &Attempt) -> bool {
        let (Some(key), Some((_, version))) = (attempt.key(), attempt.version()) else {
            return false;
        };
        self.inner.engine.lockout.locked((key, version), attempt.now.0).is_some()
    }
}
