//! What the sorted searches of one connection hold together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An entry counts once more for each of so many octets that it is sorted by.
const OCTETS: usize = 512;

/// The entries that all sorted searches of one connection hold, counted.
#[derive(Clone, Default)]
pub(in crate::ldap) struct Sorting {
    held: Arc<AtomicUsize>,
}

/// What one search holds of that; it gives it back when it ends.
pub(super) struct Share {
    all: Sorting,
    limit: usize,
    own: usize,
}

impl Sorting {
    /// The share of another search; all together may hold as much as the limit.
    pub(super) fn share(&self, limit: usize) -> Share {
        Share { all: self.clone(), limit, own: 0 }
    }
}

impl Share {
    /// Counts an entry that is sorted by these octets; false when there are more than may be.
    pub(super) fn take(&mut self, rank: &[u8]) -> bool {
        let weight = weight(rank);
        self.own = self.own.saturating_add(weight);
        let before = self.all.held.fetch_add(weight, Ordering::Relaxed);
        before.saturating_add(weight) <= self.limit
    }

    /// Holds nothing any more but entries that are sorted by these octets.
    pub(super) fn keep<'r>(&mut self, ranks: impl Iterator<Item = &'r [u8]>) {
        let left = ranks.map(weight).sum();
        self.all.held.fetch_sub(self.own.saturating_sub(left), Ordering::Relaxed);
        self.own = self.own.min(left);
    }

    /// The most that all searches of the connection may hold together.
    pub(super) const fn limit(&self) -> usize {
        self.limit
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.all.held.fetch_sub(self.own, Ordering::Relaxed);
    }
}

const fn weight(rank: &[u8]) -> usize {
    1 + rank.len() / OCTETS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_searches_of_a_connection_hold_as_much_together_as_one_may() {
        let sorting = Sorting::default();
        let (mut one, mut other) = (sorting.share(4), sorting.share(4));
        assert!(one.take(b"a") && one.take(b"b") && one.take(b"c"));
        assert!(other.take(b"a"));
        assert!(!other.take(b"b"));
        one.keep([&b"c"[..]].into_iter());
        drop(other);
        let mut third = sorting.share(4);
        assert!(third.take(b"a") && third.take(b"b") && third.take(b"c"));
        assert!(!third.take(b"d"));
        drop((one, third));
        assert_eq!(sorting.held.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn an_entry_that_is_sorted_by_much_counts_as_several() {
        let mut share = Sorting::default().share(4);
        assert!(share.take(&[b'x'; 3 * OCTETS]));
        assert!(!share.take(b"x"));
    }
}
