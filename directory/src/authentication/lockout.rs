//! Locks an account for a while after too many different wrong passwords.
//!
//! The lock ends by itself, so that nobody can be kept out for good by somebody else's guessing.
//! The same wrong password again counts once: a phone that still has last month's password tells
//! nothing new to anybody.

use std::collections::VecDeque;
use std::hash::Hash;

use super::memory::FINGERPRINT_LENGTH;
use super::shards::{Fades, Shards};
use crate::records::LockoutPolicy;

/// How many different wrong passwords of an account are told apart.
const REMEMBERED_PASSWORDS: usize = 8;

/// Where an account stands after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Failures that count toward the lock.
    pub(crate) failures: u32,
    /// The end of the lock in milliseconds, if there is one.
    pub(crate) locked_until: Option<u64>,
}

/// The failures of accounts, and which of them are locked.
pub(crate) struct Lockout<K> {
    accounts: Shards<K, Failures>,
}

impl<K: Copy + Eq + Hash> Lockout<K> {
    /// Starts with no failures, and room for those of `capacity` accounts.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { accounts: Shards::new(capacity) }
    }

    /// Counts a wrong password, by its fingerprint, under the policy of the account.
    ///
    /// While the account is locked nothing is counted and the lock grows no longer.
    pub(crate) fn failed(
        &self,
        key: K,
        fingerprint: [u8; FINGERPRINT_LENGTH],
        policy: &LockoutPolicy,
        now_ms: u64,
    ) -> Counted {
        self.accounts
            .of(&key)
            .change(key, Failures::default, |failures| failures.count(fingerprint, policy, now_ms))
    }

    /// Forgets the failures before a success.
    pub(crate) fn succeeded(&self, key: K) {
        self.accounts.of(&key).remove(&key);
    }

    /// Returns the end of the account's lock, if it is locked at `now_ms`.
    ///
    /// Ask before a password is looked at, and again before a success is told: guesses that were
    /// made at the same time must not outrun the count.
    pub(crate) fn locked(&self, key: K, now_ms: u64) -> Option<u64> {
        let shard = self.accounts.of(&key);
        shard.value(&key).and_then(|failures| failures.locked_until).filter(|until| now_ms < *until)
    }
}

#[derive(Default)]
struct Failures {
    count: u32,
    /// The latest last.
    fingerprints: VecDeque<[u8; FINGERPRINT_LENGTH]>,
    forgotten_at: u64,
    locked_until: Option<u64>,
}

impl Fades for Failures {
    fn fades_at(&self) -> u64 {
        self.forgotten_at
    }
}

impl Failures {
    fn count(
        &mut self,
        fingerprint: [u8; FINGERPRINT_LENGTH],
        policy: &LockoutPolicy,
        now_ms: u64,
    ) -> Counted {
        if now_ms >= self.forgotten_at {
            *self = Self::default();
        }
        if self.locked_until.is_none() && self.is_new(fingerprint) {
            self.count = self.count.saturating_add(1);
            self.forgotten_at = now_ms.saturating_add(policy.window);
            if policy.threshold != 0 && self.count >= policy.threshold {
                self.lock(now_ms.saturating_add(policy.duration));
            }
        }
        Counted { failures: self.count, locked_until: self.locked_until }
    }

    /// The failures end with the lock.
    fn lock(&mut self, until: u64) {
        self.locked_until = Some(until);
        self.forgotten_at = until;
    }

    fn is_new(&mut self, fingerprint: [u8; FINGERPRINT_LENGTH]) -> bool {
        let known = self.fingerprints.iter().position(|known| *known == fingerprint);
        if let Some(place) = known {
            self.fingerprints.remove(place);
        } else if self.fingerprints.len() >= REMEMBERED_PASSWORDS {
            self.fingerprints.pop_front();
        }
        self.fingerprints.push_back(fingerprint);
        known.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: LockoutPolicy = LockoutPolicy { threshold: 3, window: 1_000, duration: 5_000 };

    fn counted(failures: u32, locked_until: Option<u64>) -> Counted {
        Counted { failures, locked_until }
    }

    #[test]
    fn the_threshold_locks_and_the_lock_ends_by_itself() {
        let lockout = Lockout::new(64);
        assert_eq!(lockout.failed(1, [1; 16], &POLICY, 0), counted(1, None));
        assert_eq!(lockout.failed(1, [2; 16], &POLICY, 1), counted(2, None));
        assert_eq!(lockout.locked(1, 1), None);
        assert_eq!(lockout.failed(1, [3; 16], &POLICY, 2), counted(3, Some(5_002)));
        assert_eq!(lockout.locked(1, 5_001), Some(5_002));
        assert_eq!(lockout.locked(1, 5_002), None);
        assert_eq!(lockout.failed(1, [3; 16], &POLICY, 5_002), counted(1, None));
    }

    #[test]
    fn guessing_during_a_lock_does_not_lengthen_it() {
        let lockout = Lockout::new(64);
        for guess in 0..3 {
            lockout.failed(1, [guess; 16], &POLICY, 0);
        }
        assert_eq!(lockout.failed(1, [9; 16], &POLICY, 4_999), counted(3, Some(5_000)));
        assert_eq!(lockout.locked(1, 5_000), None);
    }

    #[test]
    fn the_same_wrong_password_counts_once() {
        let lockout = Lockout::new(64);
        for _ in 0..100 {
            assert_eq!(lockout.failed(1, [1; 16], &POLICY, 0), counted(1, None));
        }
    }

    #[test]
    fn a_phone_with_an_old_password_does_not_hide_among_guesses() {
        let lockout = Lockout::new(64);
        let policy = LockoutPolicy { threshold: 100, ..POLICY };
        lockout.failed(1, [0; 16], &policy, 0);
        for guess in 1..50 {
            let counted = lockout.failed(1, [guess; 16], &policy, 0);
            assert_eq!(counted.failures, u32::from(guess) + 1);
            assert_eq!(lockout.failed(1, [0; 16], &policy, 0), counted);
        }
    }

    #[test]
    fn failures_are_forgotten_after_a_quiet_window() {
        let lockout = Lockout::new(64);
        lockout.failed(1, [1; 16], &POLICY, 0);
        assert_eq!(lockout.failed(1, [2; 16], &POLICY, 999).failures, 2);
        assert_eq!(lockout.failed(1, [3; 16], &POLICY, 1_999), counted(1, None));
    }

    #[test]
    fn a_success_forgets_failures() {
        let lockout = Lockout::new(64);
        lockout.failed(1, [1; 16], &POLICY, 0);
        lockout.failed(1, [2; 16], &POLICY, 0);
        lockout.succeeded(1);
        assert_eq!(lockout.failed(1, [3; 16], &POLICY, 0).failures, 1);
    }

    #[test]
    fn accounts_are_counted_apart() {
        let lockout = Lockout::new(64);
        for guess in 0..3 {
            lockout.failed(1, [guess; 16], &POLICY, 0);
        }
        assert_eq!(lockout.locked(2, 0), None);
    }

    #[test]
    fn a_threshold_of_zero_never_locks() {
        let lockout = Lockout::new(64);
        let policy = LockoutPolicy { threshold: 0, ..POLICY };
        for guess in 0..100 {
            assert_eq!(lockout.failed(1, [guess; 16], &policy, 0).locked_until, None);
        }
    }

    #[test]
    fn a_lock_without_end_lasts() {
        let lockout = Lockout::new(64);
        let policy = LockoutPolicy { threshold: 1, duration: u64::MAX, ..POLICY };
        lockout.failed(1, [1; 16], &policy, 7);
        assert_eq!(lockout.locked(1, u64::MAX - 1), Some(u64::MAX));
    }

    #[test]
    fn the_memory_stays_bounded() {
        let lockout = Lockout::new(64);
        for account in 0..10_000_u64 {
            lockout.failed(account, [1; 16], &POLICY, account);
        }
        assert!(lockout.accounts.len() <= 64);
    }
}
