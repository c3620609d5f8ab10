//! When each partition was last changed, for who remembers what was read from it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Commit, Partition};

/// So many partitions are told apart; those that share a place seem changed when one of them was.
const PLACES: usize = 4096;

/// The sequence number of the last change of each partition.
pub(crate) struct LastChanges {
    places: Box<[AtomicU64]>,
    /// The last change that was taken note of.
    told: AtomicU64,
}

impl LastChanges {
    /// Nothing was changed yet.
    pub(crate) fn new() -> Self {
        Self { places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(), told: AtomicU64::new(0) }
    }

    /// Takes note of a durable change.
    pub(crate) fn note(&self, commit: &Commit) {
        for change in &commit.changes {
            if let Some(place) = self.place(change.partition) {
                place.fetch_max(commit.sequence, Ordering::AcqRel);
            }
        }
        self.start_at(commit.sequence);
    }

    /// Takes it that nothing is remembered from before the change with a sequence number.
    pub(crate) fn start_at(&self, sequence: u64) {
        self.told.fetch_max(sequence, Ordering::AcqRel);
    }

    /// Whether a partition is the same after the changes with these two sequence numbers, as far
    /// as it is known.
    pub(crate) fn is_same(&self, partition: Partition, one: u64, other: u64) -> bool {
        let (earlier, later) = (one.min(other), one.max(other));
        let last = |place: &AtomicU64| place.load(Ordering::Acquire);
        later <= last(&self.told) && self.place(partition).is_some_and(|at| last(at) <= earlier)
    }

    fn place(&self, partition: Partition) -> Option<&AtomicU64> {
        let number = usize::try_from(partition.number()).unwrap_or(usize::MAX);
        self.places.get(number % PLACES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Changed, Kind, What};

    #[test]
    fn what_nobody_was_told_of_yet_agrees_with_nothing_before() {
        let (changes, one) = (LastChanges::new(), Partition::from_number(1));
        changes.start_at(7);
        assert!(changes.is_same(one, 5, 7));
        assert!(!changes.is_same(one, 7, 8), "change 8 may have been one of the partition");
        let changed = |partition| Changed { partition, kind: Kind(1), id: 1, what: What::Put };
        changes.note(&Commit { sequence: 8, changes: vec![changed(Partition::from_number(2))] });
        assert!(changes.is_same(one, 7, 8) && changes.is_same(one, 8, 7));
        changes.note(&Commit { sequence: 9, changes: vec![changed(one)] });
        assert!(!changes.is_same(one, 8, 9) && !changes.is_same(one, 8, 8));
        assert!(changes.is_same(one, 9, 9));
    }
}
