//! When accounts last failed to be proven: what an unlock has to know to tell whether there is anything
//! to forgive.

use std::sync::atomic::{AtomicU64, Ordering};

use super::engine::AccountKey;
use crate::time::Time;

/// How many places the accounts share.
const PLACES: u64 = 4_096;

/// When somebody last failed, in memory as all that is counted. Accounts share places, and none gives
/// way to another: so a failure may be told that was another's, but none is forgotten.
pub(crate) struct LastFailures(Box<[AtomicU64]>);

impl Default for LastFailures {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::new(0)).collect())
    }
}

impl LastFailures {
    pub(crate) fn note(&self, account: AccountKey, now: Time) {
        if let Some(last) = self.place(account) {
            last.fetch_max(now.0, Ordering::Relaxed);
        }
    }

    /// Whether an account may have failed at that time or later.
    pub(crate) fn any_since(&self, account: AccountKey, time: Time) -> bool {
        let last = self.place(account).map_or(u64::MAX, |last| last.load(Ordering::Relaxed));
        last > 0 && last >= time.0
    }

    fn place(&self, (organization, id): AccountKey) -> Option<&AtomicU64> {
        // Accounts of an organization are numbered one after another, and so are organizations.
        let apart = u64::from(organization).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        usize::try_from((apart ^ id) % PLACES).ok().and_then(|place| self.0.get(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_known_from_its_time_on_and_is_nobody_elses_of_the_organization() {
        let failures = LastFailures::default();
        assert!(!failures.any_since((1, 7), Time(0)), "nobody failed yet");
        failures.note((1, 7), Time(20));
        failures.note((1, 7), Time(10));
        assert!(failures.any_since((1, 7), Time(20)) && !failures.any_since((1, 7), Time(21)));
        assert!(!failures.any_since((1, 8), Time(0)));
    }

    #[test]
    fn no_account_makes_another_ones_failure_forgotten() {
        let failures = LastFailures::default();
        failures.note((1, 7), Time(20));
        (0..100_000).for_each(|id| failures.note((2, id), Time(10)));
        assert!(failures.any_since((1, 7), Time(20)));
    }
}
