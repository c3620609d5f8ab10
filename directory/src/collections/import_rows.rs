//! What becomes of an import's rows, to be browsed.

use storage::{Id, Snapshot};

use super::browse::{Batch, Browse};
use super::imports::Imports;
use crate::access::{Grant, View};
use crate::error::Error;
use crate::id::{ImportId, RecordId};
use crate::imports::{RowOutcome, Verdict};

/// The place of a row in its import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowPlace(Id);

impl RecordId for RowPlace {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

/// What becomes of an import's rows, or of those of one verdict, in the order of the file.
pub struct RowsOf<'g> {
    imports: Imports<'g, &'g Snapshot>,
    import: ImportId,
    verdict: Option<Verdict>,
}

impl<'t> Grant<'t, &'t Snapshot, View> {
    /// What becomes of an import's rows, or of those of one verdict, to be browsed.
    pub fn rows_of(&self, import: ImportId, verdict: Option<Verdict>) -> RowsOf<'t> {
        RowsOf { imports: self.imports(), import, verdict }
    }
}

impl Browse for RowsOf<'_> {
    type Id = RowPlace;
    type Record = RowOutcome;

    fn batch(
        &self,
        after: Option<RowPlace>,
        limit: usize,
    ) -> Result<Batch<RowPlace, RowOutcome>, Error> {
        let from = after.map_or(0, |after| after.0.saturating_add(1));
        let mut page = self.imports.outcomes(self.import, from, limit)?;
        if self.verdict.is_none_or(|verdict| verdict == Verdict::Create) {
            self.imports.tell_made(self.import, &mut page.outcomes)?;
        }
        let rows = page.outcomes.into_iter().map(|(place, row)| (RowPlace(place), row));
        Ok((rows.collect(), page.next.is_some()))
    }

    fn admits(&self, _: RowPlace, row: &RowOutcome) -> Result<bool, Error> {
        Ok(self.verdict.is_none_or(|verdict| verdict == row.verdict))
    }

    fn candidate(&self, _: RowPlace) -> Result<Option<RowOutcome>, Error> {
        // No index serves.
        Ok(None)
    }
}
