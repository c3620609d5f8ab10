//! Checking all rows of an import before the first of them is applied.

use storage::{Id, Reading};

use super::chunks::Chunks;
use super::members::Members;
use super::notes::note;
use super::outcome::{RowOutcome, Verdict};
use super::plan::{NT_HASH_LEFT_OUT, Plan, Planner};
use super::row::{Fault, Row, RowEntry};
use super::survey::Survey;
use crate::access::{Actor, Context, Errand, Permission, RequestId, Who, authorize_errand};
use crate::collections::{Entity, Imports, Site, hard_cap, settings};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::Difference;
use crate::id::{ImportId, OrganizationId, RecordId};
use crate::records::{Capped, Import, ImportCounts, ImportState};
use crate::time::Time;

/// An import of an organization, to be worked at.
#[derive(Clone, Copy)]
pub(crate) struct Job {
    pub(crate) organization: OrganizationId,
    pub(crate) import: Id,
    pub(crate) now: Time,
}

impl Job {
    pub(crate) fn chunks(&self) -> Chunks {
        Chunks { partition: self.organization.partition(), import: self.import }
    }

    pub(crate) fn read(&self, source: &impl Reading) -> Result<Option<Import>, Error> {
        Ok(source.get(self.organization.partition(), self.import)?)
    }

    /// As whom the import is done.
    pub(crate) fn context(&self, import: &Import) -> Context {
        let asker = &import.asker;
        let actor = Actor(Who::Admin { admin: asker.admin, token: asker.token });
        // By its id all that it did is found.
        let request = Some(RequestId::of_import(import.uuid));
        Context { actor, source: asker.source, now: self.now, request }
    }

    /// Looks whether whoever asked for the import may still have it done.
    ///
    /// # Errors
    /// `Refused` when not.
    pub(crate) fn authorize(&self, source: &impl Reading, import: &Import) -> Result<(), Error> {
        let context = self.context(import);
        let errand = Errand { context: &context, outlives_token: import.outlives_token };
        let permission = Permission::ManageIdentities;
        Ok(authorize_errand(source, errand, permission, self.organization)??)
    }
}

impl Directory {
    /// Checks all rows of an import; begins anew where it was broken off before.
    ///
    /// # Errors
    /// When the store fails, or whoever asked for it may not have it done any more.
    pub(crate) fn check_import(
        &self,
        job: Job,
        keep_going: &dyn Fn() -> bool,
    ) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        let Some(import) = job.read(&snapshot)? else { return Ok(()) };
        job.authorize(&snapshot, &import)?;
        drop(snapshot);
        let mut survey = Survey::default();
        for chunk in 0..import.chunks {
            let rows = job.chunks().rows(&self.inner.store.read()?, chunk)?;
            rows.iter().for_each(|row| survey.take(row));
            if !keep_going() {
                return Ok(());
            }
        }
        for chunk in 0..import.chunks {
            if !keep_going() || !self.check_chunk(job, &import, chunk, &mut survey)? {
                return Ok(());
            }
        }
        let (tools, numbered_first) = (self.inner.tools.clone(), survey.is_partly_numbered());
        let done = self.inner.store.write(move |change| {
            let Some(read) = job.read(change)?.filter(|read| is_same(read, &import)) else {
                return Ok(());
            };
            job.authorize(change, &read)?;
            let (place, context) = (job.organization.into(), job.context(&read));
            let site = Site { source: change, place, context: &context, tools: &tools };
            let id = ImportId::from_record(job.import).ok_or(Error::Missing)?;
            Imports::new(site).checked(id, numbered_first)
        });
        done.map_err(Error::from)
    }

    /// Checks a chunk, and says whether the import is still to be checked.
    fn check_chunk(
        &self,
        job: Job,
        import: &Import,
        chunk: u32,
        survey: &mut Survey,
    ) -> Result<bool, Error> {
        let snapshot = self.inner.store.read()?;
        job.authorize(&snapshot, import)?;
        let (context, place) = (job.context(import), job.organization.into());
        let site = Site { source: &snapshot, place, context: &context, tools: &self.inner.tools };
        let settings = settings(&snapshot, job.organization)?;
        let hard_cap = hard_cap(&snapshot, job.organization.partition(), Capped::Users)?;
        let errand = Errand { context: &context, outlives_token: import.outlives_token };
        let fields = &import.fields;
        let planner = Planner { site, errand, fields, settings: &settings, hard_cap };
        let mut rows = job.chunks().rows(&snapshot, chunk)?;
        let mut outcomes = Vec::with_capacity(rows.len());
        let mut counts = ImportCounts::default();
        for row in &mut rows {
            let outcome = checked(row, &planner, survey)?;
            counts.count(outcome.verdict);
            outcomes.push(outcome);
        }
        let import = import.clone();
        let done = self.inner.store.write(move |change| {
            let Some(mut read) = job.read(change)?.filter(|read| is_same(read, &import)) else {
                return Ok(false);
            };
            job.authorize(change, &read)?;
            job.chunks().put_rows(change, chunk, &rows)?;
            job.chunks().put_outcomes(change, chunk, &outcomes)?;
            if chunk == 0 {
                (read.checked, read.planned) = (0, ImportCounts::default());
            }
            read.checked = read.checked.saturating_add(rows.len() as u64);
            read.planned.add(&counts);
            change.put(job.organization.partition(), job.import, &read)?;
            Ok(true)
        });
        done.map_err(Error::from)
    }
}

fn is_same(read: &Import, import: &Import) -> bool {
    read.state == ImportState::Checking && read.upload == import.upload
}

/// What becomes of a row, by the file and by what is there.
fn checked<R: Reading>(
    row: &mut Row,
    planner: &Planner<'_, R>,
    survey: &mut Survey,
) -> Result<RowOutcome, Error> {
    if let Some(fault) = survey.fault(row) {
        return Ok(RowOutcome::fault(row, fault));
    }
    let members = Members { source: planner.site.source, partition: planner.site.partition() };
    let planned = match &row.entry {
        RowEntry::User(user) => planner.user(user)?.map(summary),
        RowEntry::Group(group) => planner.group(group)?.map(summary),
        RowEntry::Faulty(fault) => Err(fault.clone()),
    };
    let (mut verdict, mut changes, notes) = match planned {
        Ok(planned) => planned,
        Err(fault) => return Ok(RowOutcome::fault(row, fault)),
    };
    if verdict == Verdict::Skip {
        return Ok(RowOutcome::of(row, verdict, changes));
    }
    let is_new_user = verdict == Verdict::Create && matches!(row.entry, RowEntry::User(_));
    if let (true, Some((most, kept))) = (is_new_user, planner.hard_cap)
        && !survey.takes_place(most.saturating_sub(kept))
    {
        // The rows before this one have taken what was left.
        let full = Error::Full { of: Capped::Users, most, kept: kept.max(most) };
        let (name, reason) = (row.named().1.to_owned(), full.to_string());
        return Ok(RowOutcome::fault(row, Fault { name, column: None, reason }));
    }
    let fault: Option<Fault> = members.settle(row, survey, planner.fields.missing_members)?;
    if let Some(fault) = fault {
        return Ok(RowOutcome::fault(row, fault));
    }
    let leaves_out = planner.leaves_out_nt_hash(&row.entry, verdict);
    let coming = members.coming(row)?;
    if coming > 0 {
        RowOutcome::joins(&mut changes, row.named().0, coming);
    }
    let referring = members.referring(row)?;
    if verdict == Verdict::Unchanged && (coming > 0 || !referring.is_empty()) {
        verdict = Verdict::Update;
    }
    referring.into_iter().for_each(|named| RowOutcome::refers(&mut changes, named));
    let mut outcome = RowOutcome::of(row, verdict, changes);
    outcome.remark(&notes);
    if leaves_out {
        note(&mut outcome.notes, NT_HASH_LEFT_OUT);
    }
    Ok(outcome)
}

fn summary<E: Entity>(plan: Plan<E>) -> (Verdict, Vec<Difference>, Vec<String>) {
    (plan.verdict, plan.changes, plan.notes)
}
