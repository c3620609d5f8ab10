//! When each partition was last changed, for who remembers what was read from it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Commit, Partition};

/// So many partitions are told apart; those that share a place seem changed when one of them was.
const PLACES: usize = 4096;

/// The sequence number of the last change of each partition.
pub(crate) struct LastChanges {
    places: Box<[AtomicU64]>,
}

impl LastChanges {
    /// Nothing was changed yet.
    pub(crate) fn new() -> Self {
        Self { places: (0..PLACES).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Takes note of a durable change.
    pub(crate) fn note(&self, commit: &Commit) {
        for change in &commit.changes {
            if let Some(place) = self.place(change.partition) {
                place.fetch_max(commit.sequence, Ordering::AcqRel);
            }
        }
    }

    /// Whether nothing of a partition was changed, as far as anybody was told, after the change
    /// with a sequence number.
    pub(crate) fn none_since(&self, partition: Partition, sequence: u64) -> bool {
        self.place(partition).is_some_and(|place| place.load(Ordering::Acquire) <= sequence)
    }

    fn place(&self, partition: Partition) -> Option<&AtomicU64> {
        let number = usize::try_from(partition.number()).unwrap_or(usize::MAX);
        self.places.get(number % PLACES)
    }
}
