//! Working at the imports of all organizations, in turn.

use storage::{Partition, Reading};

use super::check::Job;
use crate::access::organization;
use crate::collections::{Imports, Site};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{ImportId, RecordId};
use crate::records::{ImportState, ImportWork, OrganizationState};
use crate::time::Time;

/// So long an import waits for its rows, or for being told to go on.
const PATIENCE: u64 = 7 * 24 * 60 * 60 * 1_000;

impl Directory {
    /// Does the next step of every import that there is something to do for; says whether there was
    /// one. Ends early, and leaves everything as it is, when it may not `keep_going`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn advance_imports(&self, now: Time, keep_going: &dyn Fn() -> bool) -> Result<bool, Error> {
        let works: Vec<_> = {
            let snapshot = self.inner.store.read()?;
            snapshot.scan::<ImportWork>(Partition::Provider, None).collect::<Result<_, _>>()?
        };
        let mut some = false;
        for (number, work) in works {
            if !keep_going() {
                return Ok(false);
            }
            let job = Job { organization: work.organization, import: work.import, now };
            match self.advance_import(job, number, keep_going) {
                Ok(more) => some |= more,
                Err(error @ Error::Store(_)) => return Err(error),
                Err(error) => self.end_import(job, ImportState::Failed(error.to_string()))?,
            }
        }
        Ok(some)
    }

    fn advance_import(
        &self,
        job: Job,
        work: storage::Id,
        keep_going: &dyn Fn() -> bool,
    ) -> Result<bool, Error> {
        let snapshot = self.inner.store.read()?;
        let import = job.read(&snapshot)?.filter(|import| !import.state.is_over());
        let Some(import) = import else {
            let forget = move |change: &mut storage::Change<'_>| {
                change.delete::<ImportWork>(Partition::Provider, work).map_err(Error::from)
            };
            self.inner.store.write(forget).map_err(Error::from)?;
            return Ok(false);
        };
        let found = organization(&snapshot, job.organization)?;
        drop(snapshot);
        if found.is_none_or(|found| found.state != OrganizationState::Active) {
            return Ok(false);
        }
        match import.state {
            ImportState::Checking => self.check_import(job, keep_going).map(|()| true),
            ImportState::Applying => self.apply_import(job).map(|()| true),
            ImportState::Receiving | ImportState::Checked
                if job.now > import.stamp.modified.plus(PATIENCE) =>
            {
                self.end_import(job, ImportState::Cancelled).map(|()| true)
            }
            ImportState::Receiving
            | ImportState::Checked
            | ImportState::Done
            | ImportState::Cancelled
            | ImportState::Failed(_) => Ok(false),
        }
    }

    fn end_import(&self, job: Job, state: ImportState) -> Result<(), Error> {
        let tools = self.inner.tools.clone();
        let done = self.inner.store.write(move |change| {
            let Some(import) = job.read(change)? else { return Ok(()) };
            let (place, context) = (job.organization.into(), job.context(&import));
            let site = Site { source: change, place, context: &context, tools: &tools };
            let id = ImportId::from_record(job.import).ok_or(Error::Missing)?;
            Imports::new(site).end(id, state)
        });
        done.map_err(Error::from)
    }
}
