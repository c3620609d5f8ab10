//! How many notes of an organization wait, counted in the change that makes it so.

use storage::{Change, Partition, Reading};

use crate::error::Error;
use crate::records::{Departure, DepartureTotals, THE_ONLY_ONE};

/// Notes of one organization that wait at most.
const MOST: u32 = 1_000;

/// The number of an organization's notes while it changes.
pub(super) struct Backlog {
    waiting: u32,
    was: Option<u32>,
}

impl Backlog {
    /// The number as it is kept; where nobody did before, as it is.
    pub(super) fn of(change: &Change<'_>, partition: Partition) -> Result<Self, Error> {
        if let Some(totals) = change.get::<DepartureTotals>(partition, THE_ONLY_ONE)? {
            return Ok(Self { waiting: totals.waiting, was: Some(totals.waiting) });
        }
        let found = change.scan::<Departure>(partition, None).take(MOST as usize);
        Ok(Self { waiting: u32::try_from(found.count()).unwrap_or(MOST), was: None })
    }

    /// Whether no more may wait.
    pub(super) const fn is_full(&self) -> bool {
        self.waiting >= MOST
    }

    /// One more waits.
    pub(super) const fn grow(&mut self) {
        self.waiting = self.waiting.saturating_add(1);
    }

    /// So many wait no more.
    pub(super) const fn shrink(&mut self, gone: u32) {
        self.waiting = self.waiting.saturating_sub(gone);
    }

    /// Writes the number where it is another one now.
    pub(super) fn keep(&self, change: &mut Change<'_>, partition: Partition) -> Result<(), Error> {
        if self.was != Some(self.waiting) {
            let totals = DepartureTotals { waiting: self.waiting };
            change.put(partition, THE_ONLY_ONE, &totals)?;
        }
        Ok(())
    }
}
