//! Working at the imports of all organizations, in turn.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use storage::{Change, Partition, ReadError, Reading};

use super::check::Job;
use crate::access::{Refusal, organization};
use crate::collections::{Imports, Site};
use crate::directory::Directory;
use crate::error::{Error, StoreFailure};
use crate::id::{ImportId, RecordId};
use crate::records::{Import, ImportState, ImportWork, OrganizationState};
use crate::time::Time;

/// So long an import waits for its rows, or for being told to go on, after it failed too.
const PATIENCE: u64 = 7 * 24 * 60 * 60 * 1_000;

impl Directory {
    /// Does the next step of every import that there is something to do for; says whether there was
    /// one. Ends early, and leaves everything as it is, when it may not `keep_going`. An import that
    /// cannot go on does not keep the others from it.
    ///
    /// # Errors
    /// When the store fails: the first failure, once every import had its turn.
    pub fn advance_imports(&self, now: Time, keep_going: &dyn Fn() -> bool) -> Result<bool, Error> {
        let works: Vec<_> = {
            let snapshot = self.inner.store.read()?;
            snapshot.scan::<ImportWork>(Partition::Provider, None).collect::<Result<_, _>>()?
        };
        let (mut some, mut first, mut stalled) = (false, None, HashSet::new());
        for (number, work) in works {
            if !keep_going() {
                some = false;
                break;
            }
            let job = Job { organization: work.organization, import: work.import, now };
            let step = AssertUnwindSafe(|| self.advance_import(job, number, keep_going));
            let failed = match catch_unwind(step) {
                Ok(Ok(more)) => {
                    some |= more;
                    continue;
                }
                Ok(Err(error)) => error,
                Err(_) => Error::Forbidden("a step of the import panicked"),
            };
            if is_final(&failed) {
                let ended = self.end_import(job, ImportState::Failed(why(&failed)));
                if let Err(error) = ended {
                    stalled.insert((job.organization.partition(), job.import));
                    first = first.or(Some(error));
                }
            } else {
                stalled.insert((job.organization.partition(), job.import));
            }
            if matches!(failed, Error::Store(_)) {
                first = first.or(Some(failed));
            }
        }
        self.inner.tools.stalled().are(stalled);
        first.map_or(Ok(some), Err)
    }

    fn advance_import(
        &self,
        job: Job,
        work: storage::Id,
        keep_going: &dyn Fn() -> bool,
    ) -> Result<bool, Error> {
        let snapshot = self.inner.store.read()?;
        let import = job.read(&snapshot)?.filter(|import| import.state.may_go_on());
        let Some(import) = import else {
            let forget = move |change: &mut Change<'_>| {
                change.delete::<ImportWork>(Partition::Provider, work).map_err(Error::from)
            };
            self.inner.store.write(forget).map_err(Error::from)?;
            return Ok(false);
        };
        let found = organization(&snapshot, job.organization)?;
        drop(snapshot);
        let Some(found) = found else { return Ok(false) };
        let is_over = job.now > import.stamp.modified.plus(PATIENCE);
        // What is kept for a while goes although the organization is suspended.
        if found.state != OrganizationState::Active && !is_over {
            return Ok(false);
        }
        match import.state {
            ImportState::Checking | ImportState::Applying
                if found.state != OrganizationState::Active =>
            {
                Ok(false)
            }
            ImportState::Checking => self.check_import(job, keep_going).map(|()| true),
            ImportState::Applying => self.apply_import(job).map(|()| true),
            ImportState::Receiving | ImportState::Checked if is_over => {
                self.end_import(job, ImportState::Cancelled).map(|()| true)
            }
            ImportState::Failed(_) if is_over => self.forget_import(job).map(|()| true),
            ImportState::Receiving
            | ImportState::Checked
            | ImportState::Done
            | ImportState::Cancelled
            | ImportState::Failed(_) => Ok(false),
        }
    }

    fn end_import(&self, job: Job, state: ImportState) -> Result<(), Error> {
        // Whoever cancelled it meanwhile was told that it ended so.
        self.close_import(
            job,
            |imports, id, import| {
                if import.state.is_over() { Ok(()) } else { imports.end(id, state) }
            },
        )
    }

    /// Erases the rows of an import that failed, which nobody had go on.
    fn forget_import(&self, job: Job) -> Result<(), Error> {
        self.close_import(job, |imports, id, import| match import.state {
            ImportState::Failed(_) => imports.forget_rows(id, import.chunks),
            // Somebody has it go on after all.
            ImportState::Receiving
            | ImportState::Checking
            | ImportState::Checked
            | ImportState::Applying
            | ImportState::Done
            | ImportState::Cancelled => Ok(()),
        })
    }

    fn close_import(
        &self,
        job: Job,
        close: impl FnOnce(&mut Imports<'_, &mut Change<'_>>, ImportId, &Import) -> Result<(), Error>
        + Send
        + 'static,
    ) -> Result<(), Error> {
        let tools = self.inner.tools.clone();
        let done = self.inner.store.write(move |change| {
            let Some(import) = job.read(change)? else { return Ok(()) };
            let (place, context) = (job.organization.into(), job.context(&import));
            let site = Site { source: change, place, context: &context, tools: &tools };
            let id = ImportId::from_record(job.import).ok_or(Error::Missing)?;
            close(&mut Imports::new(site), id, &import)
        });
        done.map_err(Error::from)
    }
}

/// What is told of an import that failed.
fn why(failed: &Error) -> String {
    if matches!(failed, Error::Refused(Refusal::Unauthenticated)) {
        return "the admin or the API key that asked for it does not count any more".into();
    }
    if matches!(failed, Error::Refused(Refusal::Hidden)) {
        return "whoever asked for it does not see the organization any more".into();
    }
    failed.to_string()
}

/// Whether an import that failed so would fail so again: by what it is, or by rows that cannot be
/// read; but not by a disk that may come back.
fn is_final(error: &Error) -> bool {
    match error {
        Error::Store(
            StoreFailure::Corrupt(_)
            | StoreFailure::Read(ReadError::Corrupt(_) | ReadError::Sealed),
        ) => true,
        Error::Store(
            StoreFailure::Read(ReadError::Database(_) | ReadError::Frozen | ReadError::Lost)
            | StoreFailure::Change(_)
            | StoreFailure::Events(_)
            | StoreFailure::Journal(_)
            | StoreFailure::Commit(_),
        ) => false,
        Error::Refused(_)
        | Error::Invalid(_)
        | Error::Taken { .. }
        | Error::Missing
        | Error::Stale
        | Error::InUse(_)
        | Error::Full { .. }
        | Error::Repeated
        | Error::Forbidden(_) => true,
    }
}
