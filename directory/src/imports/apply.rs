//! Applying rows that were checked, so many in one durable change.

use std::collections::HashMap;

use storage::{Change, Reading};

use super::check::Job;
use super::chunks::Chunks;
use super::join::Joins;
use super::outcome::{RowOutcome, Verdict};
use super::plan::{Plan, Planner, caught};
use super::row::{Fault, Row, RowEntry, RowPassword, UserRow};
use crate::access::Errand;
use crate::authentication::{HashParameters, HashingFailed, Password};
use crate::collections::{
    Collection, Imports, NewPassword, Passwords, Site, check_told, hard_cap, settings,
};
use crate::directory::Directory;
use crate::error::{Error, StoreFailure};
use crate::events::Difference;
use crate::id::{ImportId, RecordId};
use crate::records::{Capped, Group, Import, ImportState, Settings, Stage, User, UserState};
use crate::tools::Tools;

/// So many rows are applied in one change.
const ROWS: usize = 250;
/// So many passwords in clear, and NT hashes, are hashed for one change: the step stays short, and
/// imports of others get their turn.
const HASHED: usize = 16;

/// Some rows of a chunk with what is needed to apply them.
struct Batch {
    rows: Vec<Row>,
    outcomes: Vec<RowOutcome>,
    hashed: HashMap<usize, NewPassword>,
    /// Behind the last row that is to be applied.
    until: usize,
}

impl Directory {
    /// Applies the next rows of an import.
    ///
    /// # Errors
    /// When the store fails; or what makes it impossible to go on.
    pub(crate) fn apply_import(&self, job: Job) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        let Some(import) = job.read(&snapshot)?.filter(is_applied) else { return Ok(()) };
        let position = import.position;
        let first = position.row as usize;
        let mut batch = Batch {
            rows: job.chunks().rows(&snapshot, position.chunk)?,
            outcomes: job.chunks().outcomes(&snapshot, position.chunk)?,
            hashed: HashMap::new(),
            until: first.saturating_add(ROWS),
        };
        if position.stage != Stage::Members {
            self.hash_passwords(job, &import, &mut batch)?;
        }
        drop(snapshot);
        let tools = self.inner.tools.clone();
        let done = self.inner.store.write(move |change| {
            let same = |read: &Import| is_applied(read) && read.position == position;
            let Some(import) = job.read(change)?.filter(same) else { return Ok(()) };
            job.authorize(change, &import)?;
            let context = job.context(&import);
            let settings = settings(change, job.organization)?;
            let errand = Errand { context: &context, outlives_token: import.outlives_token };
            let work = Work { job, errand, tools: &tools, settings: &settings };
            work.step(change, import, batch)
        });
        done.map_err(Error::from)
    }

    /// Hashes passwords in clear, and NT hashes, that the next rows need, at the pace of this thread.
    fn hash_passwords(&self, job: Job, import: &Import, batch: &mut Batch) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        let (context, settings) = (job.context(import), settings(&snapshot, job.organization)?);
        let tools = &self.inner.tools;
        let errand = Errand { context: &context, outlives_token: import.outlives_token };
        let work = Work { job, errand, tools, settings: &settings };
        let planner = work.planner(&snapshot, import)?;
        let parameters = self.hash_parameters();
        let first = import.position.row as usize;
        for (number, row) in batch.rows.iter().enumerate().take(batch.until).skip(first) {
            let RowEntry::User(user) = &row.entry else { continue };
            if !user.is_to_be_hashed() || !has_turn(import, row) {
                continue;
            }
            if batch.hashed.len() == HASHED {
                batch.until = number;
                break;
            }
            if planner.user(user)?.is_ok_and(|plan| plan.sets_password)
                && let Some(hashed) = hashed(user, parameters, tools)
            {
                batch.hashed.insert(number, hashed.map_err(no_memory)?);
            }
        }
        Ok(())
    }
}

/// Hashes what a row says of a password, unless that is a hash already. The row keeps its own: it is
/// judged again when its turn comes.
fn hashed(
    user: &UserRow,
    parameters: &HashParameters,
    tools: &Tools,
) -> Option<Result<NewPassword, HashingFailed>> {
    match (&user.password, &user.nt_hash) {
        (Some(RowPassword::Clear(clear)), _) => {
            let clear = Password::new(clear.expose()).ok()?;
            Some(NewPassword::hashed(clear, parameters, tools))
        }
        (None, Some(nt_hash)) => Some(NewPassword::of_nt_hash(nt_hash, parameters, tools)),
        (Some(RowPassword::Hash(_)), _) | (None, None) => None,
    }
}

/// Whether a row is applied in the stage that an import is in.
fn has_turn(import: &Import, row: &Row) -> bool {
    let is_numbered = match &row.entry {
        RowEntry::User(user) => user.fields.uid_number.is_some(),
        RowEntry::Group(group) => group.fields.gid_number.is_some(),
        RowEntry::Faulty(_) => false,
    };
    match import.position.stage {
        Stage::Entries => is_numbered || !import.numbered_first,
        Stage::Unnumbered => !is_numbered,
        Stage::Members => false,
    }
}

fn is_applied(import: &Import) -> bool {
    import.state == ImportState::Applying
}

fn no_memory(failed: HashingFailed) -> Error {
    Error::Store(StoreFailure::Commit(failed.to_string()))
}

/// What one change is made with.
pub(super) struct Work<'a> {
    pub(super) job: Job,
    /// As whom.
    errand: Errand<'a>,
    tools: &'a Tools,
    settings: &'a Settings,
}

impl<'a> Work<'a> {
    pub(super) fn site<'s, 'c>(
        &'s self,
        change: &'s mut Change<'c>,
    ) -> Site<'s, &'s mut Change<'c>> {
        let place = self.job.organization.into();
        Site { source: change, place, context: self.errand.context, tools: self.tools }
    }

    fn planner<'s, R: Reading>(
        &'s self,
        source: &'s R,
        import: &'s Import,
    ) -> Result<Planner<'s, R>, Error> {
        let place = self.job.organization.into();
        let site = Site { source, place, context: self.errand.context, tools: self.tools };
        let hard_cap = hard_cap(source, self.job.organization.partition(), Capped::Users)?;
        let (errand, settings) = (self.errand, self.settings);
        Ok(Planner { site, errand, fields: &import.fields, settings, hard_cap })
    }

    fn chunks(&self) -> Chunks {
        self.job.chunks()
    }

    /// Applies a batch, and notes how far the import is.
    fn step(
        &self,
        change: &mut Change<'_>,
        mut import: Import,
        mut batch: Batch,
    ) -> Result<(), Error> {
        let (chunk, before) = (import.position.chunk, batch.outcomes.clone());
        match import.position.stage {
            Stage::Entries | Stage::Unnumbered => self.entries(change, &mut import, &mut batch)?,
            Stage::Members => {
                let Batch { rows, outcomes, .. } = &mut batch;
                let part = (&mut import.position, rows.as_slice(), outcomes.as_mut_slice());
                let joined = Joins::default().step(self, change, part)?;
                import.joined = import.joined.saturating_add(joined);
            }
        }
        if batch.outcomes != before {
            self.chunks().put_outcomes(change, chunk, &batch.outcomes)?;
        }
        if import.position.row as usize >= batch.rows.len() {
            self.turn_over(change, &mut import)?;
        }
        change.put(self.job.organization.partition(), self.job.import, &import)?;
        if import.position.stage == Stage::Members && import.position.chunk >= import.chunks {
            let id = ImportId::from_record(self.job.import).ok_or(Error::Missing)?;
            Imports::new(self.site(change)).end(id, ImportState::Done)?;
        }
        Ok(())
    }

    /// Goes to the next chunk, or from the last one to the next stage.
    fn turn_over(&self, change: &mut Change<'_>, import: &mut Import) -> Result<(), Error> {
        let position = &mut import.position;
        if position.stage == Stage::Members {
            self.chunks().forget_chunk(change, position.chunk)?;
        }
        (position.chunk, position.row) = (position.chunk.saturating_add(1), 0);
        if position.chunk >= import.chunks {
            let next = match position.stage {
                Stage::Entries if import.numbered_first => Some(Stage::Unnumbered),
                Stage::Entries | Stage::Unnumbered => Some(Stage::Members),
                Stage::Members => None,
            };
            if let Some(next) = next {
                (position.stage, position.chunk) = (next, 0);
            }
        }
        Ok(())
    }

    fn entries(
        &self,
        change: &mut Change<'_>,
        import: &mut Import,
        batch: &mut Batch,
    ) -> Result<(), Error> {
        let first = import.position.row as usize;
        let rows = batch.rows.iter().zip(&mut batch.outcomes).enumerate();
        for (number, (row, outcome)) in rows.take(batch.until).skip(first) {
            let has_turn = has_turn(import, row);
            if has_turn && outcome.has_entry() {
                let hashed = batch.hashed.remove(&number);
                match self.entry(change, import, row, hashed)? {
                    Applied::As(verdict, changes, notes) => {
                        outcome.became(verdict, changes);
                        outcome.remark(&notes);
                    }
                    Applied::Fault(fault) => *outcome = RowOutcome::fault(row, fault),
                    // The password has to be hashed first.
                    Applied::Later => return Ok(()),
                }
            }
            if has_turn {
                import.done.count(outcome.verdict);
                import.applied = import.applied.saturating_add(1);
            }
            import.position.row = import.position.row.saturating_add(1);
        }
        Ok(())
    }

    fn entry(
        &self,
        change: &mut Change<'_>,
        import: &Import,
        row: &Row,
        hashed: Option<NewPassword>,
    ) -> Result<Applied, Error> {
        match &row.entry {
            RowEntry::User(user) => {
                let mut plan = match self.planner(change, import)?.user(user)? {
                    Ok(plan) => plan,
                    Err(fault) => return Ok(Applied::Fault(fault)),
                };
                let password = match (hashed, &user.password) {
                    _ if !plan.sets_password => None,
                    (Some(hashed), _) => Some(hashed),
                    (None, Some(RowPassword::Hash(hash))) => {
                        let taken = NewPassword::imported(hash.clone()).map_err(Error::from);
                        match caught(&user.fields.login, taken)? {
                            Ok(password) => Some(password.with_nt_hash(user.nt_hash.as_ref())),
                            Err(fault) => return Ok(Applied::Fault(fault)),
                        }
                    }
                    (None, Some(RowPassword::Clear(_))) => return Ok(Applied::Later),
                    (None, None) if user.nt_hash.is_some() => return Ok(Applied::Later),
                    (None, None) => None,
                };
                let told = (std::mem::take(&mut plan.changes), std::mem::take(&mut plan.notes));
                let verdict = self.apply_user(change, user, plan, password)?;
                Ok(Applied::As(verdict, told.0, told.1))
            }
            RowEntry::Group(group) => match self.planner(change, import)?.group(group)? {
                Ok(mut plan) => {
                    let changes = std::mem::take(&mut plan.changes);
                    Ok(Applied::As(self.apply_group(change, plan)?, changes, Vec::new()))
                }
                Err(fault) => Ok(Applied::Fault(fault)),
            },
            RowEntry::Faulty(fault) => Ok(Applied::Fault(fault.clone())),
        }
    }

    fn apply_user(
        &self,
        change: &mut Change<'_>,
        row: &UserRow,
        plan: Plan<User>,
        password: Option<NewPassword>,
    ) -> Result<Verdict, Error> {
        let Plan { verdict, found, after, .. } = plan;
        let Some(fields) = after else { return Ok(verdict) };
        let now = self.errand.context.now;
        match found {
            None => {
                let mut users = Collection::<_, User>::new(self.site(change));
                users.take_in(row.state(UserState::Active, now), fields, password)?;
            }
            Some((id, before)) => {
                let state = row.state(before.state, now);
                if state != before.state || fields != before.fields {
                    let mut users = Collection::<_, User>::new(self.site(change));
                    users.update_if(id, None, check_told, |user| {
                        (user.state, user.fields) = (state, fields);
                        Ok(())
                    })?;
                }
                if let Some(password) = password {
                    Passwords::new(self.site(change)).take_over(id, password, self.errand)?;
                }
            }
        }
        Ok(verdict)
    }

    fn apply_group(&self, change: &mut Change<'_>, plan: Plan<Group>) -> Result<Verdict, Error> {
        let Plan { verdict, found, after, .. } = plan;
        let Some(fields) = after else { return Ok(verdict) };
        let mut groups = Collection::<_, Group>::new(self.site(change));
        match found {
            None => drop(groups.create(fields)?),
            Some((id, _)) if verdict == Verdict::Update => {
                groups.update(id, None, |group| {
                    group.fields = fields;
                    Ok(())
                })?;
            }
            Some(_) => {}
        }
        Ok(verdict)
    }
}

/// What became of a row.
enum Applied {
    As(Verdict, Vec<Difference>, Vec<String>),
    Fault(Fault),
    Later,
}
