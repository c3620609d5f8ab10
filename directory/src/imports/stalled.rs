//! Which imports wait for the store.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use storage::{Id, Partition};

/// Imports whose last step the store did not take. They are remembered in memory alone: where nothing can be
/// written, they cannot say so themselves.
#[derive(Default)]
pub(crate) struct Stalled(Mutex<HashSet<(Partition, Id)>>);

impl Stalled {
    /// These wait, and no others.
    pub(crate) fn are(&self, imports: HashSet<(Partition, Id)>) {
        *self.lock() = imports;
    }

    /// Whether an import waits.
    pub(crate) fn has(&self, partition: Partition, import: Id) -> bool {
        self.lock().contains(&(partition, import))
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<(Partition, Id)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
