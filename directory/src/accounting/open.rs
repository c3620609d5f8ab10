//! How many sessions of each organization are open.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use storage::{Partition, Reading, Store};

use crate::error::Error;
use crate::id::OrganizationId;
use crate::records::indices;

/// The numbers of those organizations of which reports came since the start. A report that is
/// taken while one is being counted may be missed: what it bounds need not be exact.
#[derive(Debug, Default)]
pub(crate) struct OpenSessions {
    organizations: Mutex<HashMap<Partition, usize>>,
}

impl OpenSessions {
    /// Counts those of organizations that are not known yet, outside of any change.
    pub(super) fn count(
        &self,
        store: &Store,
        organizations: impl Iterator<Item = OrganizationId>,
    ) -> Result<(), Error> {
        for partition in organizations.map(OrganizationId::partition) {
            if self.lock().contains_key(&partition) {
                continue;
            }
            let (snapshot, mut open) = (store.read()?, 0);
            if !snapshot.partition_exists(partition)? {
                continue;
            }
            for id in snapshot.find(partition, indices::SESSION_OPEN, &[]) {
                id?;
                open += 1;
            }
            self.lock().entry(partition).or_insert(open);
        }
        Ok(())
    }

    /// Notes what became of a session.
    pub(super) fn changed(&self, partition: Partition, was_open: bool, is_open: bool) {
        if let Some(open) = self.lock().get_mut(&partition) {
            *open = match (was_open, is_open) {
                (false, true) => open.saturating_add(1),
                (true, false) => open.saturating_sub(1),
                (true, true) | (false, false) => *open,
            };
        }
    }

    /// How many are open; none where nobody counted.
    pub(super) fn of(&self, partition: Partition) -> usize {
        self.lock().get(&partition).copied().unwrap_or_default()
    }

    /// Forgets all numbers: they are counted again.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Partition, usize>> {
        self.organizations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
