//! How many sessions an organization has, counted in the change that makes it so.

use storage::{Change, Partition, Reading};

use crate::error::Error;
use crate::records::{Session, SessionTotals, THE_ONLY_ONE};

/// The numbers of an organization while its sessions change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    numbers: SessionTotals,
    were: Option<SessionTotals>,
}

impl Totals {
    /// The numbers as they are kept; where nobody did before, as they are.
    pub(super) fn of(change: &Change<'_>, partition: Partition) -> Result<Self, Error> {
        // Numbers that cannot be read are counted again.
        if let Ok(Some(numbers)) = change.get::<SessionTotals>(partition, THE_ONLY_ONE) {
            return Ok(Self { numbers, were: Some(numbers) });
        }
        let mut numbers = SessionTotals::default();
        for found in change.scan::<Session>(partition, None) {
            let (_, session) = found?;
            numbers.kept += 1;
            numbers.open += u64::from(session.ended.is_none());
        }
        Ok(Self { numbers, were: None })
    }

    /// Writes the numbers where they are others now.
    pub(super) fn keep(&self, change: &mut Change<'_>, partition: Partition) -> Result<(), Error> {
        if self.were != Some(self.numbers) {
            change.put(partition, THE_ONLY_ONE, &self.numbers)?;
        }
        Ok(())
    }

    pub(super) const fn open(&self) -> u64 {
        self.numbers.open
    }

    pub(super) const fn kept(&self) -> u64 {
        self.numbers.kept
    }

    /// One more is kept.
    pub(super) const fn began(&mut self) {
        self.numbers.kept = self.numbers.kept.saturating_add(1);
    }

    /// One that is kept opened.
    pub(super) const fn opened(&mut self) {
        self.numbers.open = self.numbers.open.saturating_add(1);
    }

    /// One that was open is no more.
    pub(super) const fn closed(&mut self) {
        self.numbers.open = self.numbers.open.saturating_sub(1);
    }

    /// One is not kept any more.
    pub(super) fn forgot(&mut self, was_open: bool) {
        self.numbers.kept = self.numbers.kept.saturating_sub(1);
        if was_open {
            self.closed();
        }
    }
}
