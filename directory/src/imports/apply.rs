//! Applying rows that were checked, so many in one durable change.

use std::collections::{BTreeMap, HashMap};

use storage::{Change, Reading};

use super::check::Job;
use super::chunks::Chunks;
use super::members::Members;
use super::notes::note;
use super::outcome::{RowOutcome, Verdict};
use super::plan::{Plan, Planner};
use super::row::{Fault, Row, RowEntry, RowMember, RowPassword, UserRow};
use crate::access::{Context, Permission, authorize_errand};
use crate::authentication::HashingFailed;
use crate::collections::{
    Collection, Imports, Member, MembershipChange, NewPassword, Passwords, Site, descendants,
    places_left, settings,
};
use crate::directory::Directory;
use crate::error::{Error, StoreFailure};
use crate::id::{GroupId, ImportId, RecordId};
use crate::records::{Group, Import, ImportState, Settings, Stage, User, UserState};
use crate::tools::Tools;

/// So many rows are applied in one change.
const ROWS: usize = 250;
/// So many passwords in clear are hashed for one change: the step stays short, and imports of
/// others get their turn.
const CLEAR: usize = 16;
/// So many memberships are written in one change.
const LINKS: usize = 1_000;

/// Why a nested group does not come into a group.
const LOOP: &str = "a nested group was left out: the group would contain itself by way of groups \
                    that are not in the file";

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
        if position.stage == Stage::Entries {
            self.hash_passwords(job, &import, &mut batch)?;
        }
        drop(snapshot);
        let tools = self.inner.tools.clone();
        let done = self.inner.store.write(move |change| {
            let same = |read: &Import| is_applied(read) && read.position == position;
            let Some(import) = job.read(change)?.filter(same) else { return Ok(()) };
            let permission = Permission::ManageIdentities;
            authorize_errand(change, import.asker.admin, permission, job.organization)??;
            let context = job.context(&import);
            let settings = settings(change, job.organization)?;
            let work = Work { job, context: &context, tools: &tools, settings: &settings };
            work.step(change, import, batch)
        });
        done.map_err(Error::from)
    }

    /// Hashes passwords in clear that the next rows need, at the pace of this thread.
    fn hash_passwords(&self, job: Job, import: &Import, batch: &mut Batch) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        let (context, settings) = (job.context(import), settings(&snapshot, job.organization)?);
        let tools = &self.inner.tools;
        let work = Work { job, context: &context, tools, settings: &settings };
        let planner = work.planner(&snapshot, import)?;
        let parameters = self.hash_parameters();
        let first = import.position.row as usize;
        for (number, row) in batch.rows.iter_mut().enumerate().take(batch.until).skip(first) {
            let RowEntry::User(user) = &mut row.entry else { continue };
            if !matches!(user.password, Some(RowPassword::Clear(_))) {
                continue;
            }
            if batch.hashed.len() == CLEAR {
                batch.until = number;
                break;
            }
            let needed = planner.user(user)?.is_ok_and(|plan| plan.sets_password);
            if let (true, Some(RowPassword::Clear(clear))) = (needed, user.password.take()) {
                let hashed = NewPassword::hashed(clear, parameters, tools);
                batch.hashed.insert(number, hashed.map_err(no_memory)?);
            }
        }
        Ok(())
    }
}

fn is_applied(import: &Import) -> bool {
    import.state == ImportState::Applying
}

fn no_memory(failed: HashingFailed) -> Error {
    Error::Store(StoreFailure::Commit(failed.to_string()))
}

/// What one change is made with.
struct Work<'a> {
    job: Job,
    context: &'a Context,
    tools: &'a Tools,
    settings: &'a Settings,
}

impl<'a> Work<'a> {
    fn site<'s, 'c>(&'s self, change: &'s mut Change<'c>) -> Site<'s, &'s mut Change<'c>> {
        let place = self.job.organization.into();
        Site { source: change, place, context: self.context, tools: self.tools }
    }

    fn planner<'s, R: Reading>(
        &'s self,
        source: &'s R,
        import: &'s Import,
    ) -> Result<Planner<'s, R>, Error> {
        let place = self.job.organization.into();
        let site = Site { source, place, context: self.context, tools: self.tools };
        let places = places_left(source, self.job.organization.partition())?;
        Ok(Planner { site, fields: &import.fields, settings: self.settings, places })
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
            Stage::Entries => self.entries(change, &mut import, &mut batch)?,
            Stage::Members => self.members(change, &mut import, &mut batch)?,
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

    /// Goes to the next chunk, or from the last one to the memberships of all.
    fn turn_over(&self, change: &mut Change<'_>, import: &mut Import) -> Result<(), Error> {
        let position = &mut import.position;
        if position.stage == Stage::Members {
            self.chunks().forget_chunk(change, position.chunk)?;
        }
        (position.chunk, position.row) = (position.chunk.saturating_add(1), 0);
        if position.stage == Stage::Entries && position.chunk >= import.chunks {
            (position.stage, position.chunk) = (Stage::Members, 0);
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
        let rows = batch.rows.iter_mut().zip(&mut batch.outcomes).enumerate();
        for (number, (row, outcome)) in rows.take(batch.until).skip(first) {
            let verdict = if outcome.has_entry() {
                let hashed = batch.hashed.remove(&number);
                match self.entry(change, import, row, hashed)? {
                    Applied::As(verdict) => verdict,
                    Applied::Fault(fault) => {
                        *outcome = RowOutcome::fault(row, fault);
                        Verdict::Error
                    }
                    // The password has to be hashed first.
                    Applied::Later => return Ok(()),
                }
            } else {
                outcome.verdict
            };
            // Memberships may still come.
            let only_members = verdict == Verdict::Unchanged && outcome.verdict == Verdict::Update;
            import.done.count(if only_members { Verdict::Update } else { verdict });
            import.applied = import.applied.saturating_add(1);
            import.position.row = import.position.row.saturating_add(1);
        }
        Ok(())
    }

    fn entry(
        &self,
        change: &mut Change<'_>,
        import: &Import,
        row: &mut Row,
        hashed: Option<NewPassword>,
    ) -> Result<Applied, Error> {
        match &mut row.entry {
            RowEntry::User(user) => {
                let planned = match &hashed {
                    // What was in clear was judged when it was hashed; who is there now counts.
                    Some(_) => self.planned_with_password(change, import, user)?,
                    None => self.planner(change, import)?.user(user)?,
                };
                let plan = match planned {
                    Ok(plan) => plan,
                    Err(fault) => return Ok(Applied::Fault(fault)),
                };
                let password = match (hashed, user.password.take()) {
                    _ if !plan.sets_password => None,
                    (Some(hashed), _) => Some(hashed),
                    (None, Some(RowPassword::Hash(hash))) => Some(NewPassword::imported(hash)?),
                    (None, Some(RowPassword::Clear(_))) => return Ok(Applied::Later),
                    (None, None) => None,
                };
                self.apply_user(change, user, plan, password).map(Applied::As)
            }
            RowEntry::Group(group) => match self.planner(change, import)?.group(group)? {
                Ok(plan) => self.apply_group(change, plan).map(Applied::As),
                Err(fault) => Ok(Applied::Fault(fault)),
            },
            RowEntry::Faulty(fault) => Ok(Applied::Fault(fault.clone())),
        }
    }

    /// What is to be done for a user whose password was taken out of the row to be hashed.
    fn planned_with_password(
        &self,
        change: &Change<'_>,
        import: &Import,
        user: &UserRow,
    ) -> Result<Result<Plan<User>, Fault>, Error> {
        let planned = self.planner(change, import)?.user(user)?;
        Ok(planned.map(|plan| {
            let sets_password = matches!(plan.verdict, Verdict::Create)
                || import.fields.passwords == crate::records::PasswordsOf::AllUsers;
            let only_password = plan.verdict == Verdict::Unchanged && sets_password;
            let verdict = if only_password { Verdict::Update } else { plan.verdict };
            Plan { sets_password, verdict, ..plan }
        }))
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
        let state = row.suspended.map(|suspended| match suspended {
            true => UserState::Suspended,
            false => UserState::Active,
        });
        match found {
            None => {
                let mut users = Collection::<_, User>::new(self.site(change));
                let (id, _) = users.create(fields, password)?;
                if state == Some(UserState::Suspended) {
                    users.update(id, None, |user| {
                        user.state = UserState::Suspended;
                        Ok(())
                    })?;
                }
            }
            Some((id, before)) => {
                let state = state.unwrap_or(before.state);
                if state != before.state || fields != before.fields {
                    let mut users = Collection::<_, User>::new(self.site(change));
                    users.update(id, None, |user| {
                        (user.state, user.fields) = (state, fields);
                        Ok(())
                    })?;
                }
                if let Some(password) = password {
                    Passwords::new(self.site(change)).set(id, password, None)?;
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

    fn members(
        &self,
        change: &mut Change<'_>,
        import: &mut Import,
        batch: &mut Batch,
    ) -> Result<(), Error> {
        let (mut left, first) = (LINKS, import.position.row as usize);
        let mut coming = BTreeMap::<GroupId, Vec<Member>>::new();
        for (row, outcome) in batch.rows.iter().zip(&mut batch.outcomes).skip(first) {
            let from = import.position.member as usize;
            let all = if outcome.has_entry() { count_members(row) } else { 0 };
            let until = all.min(from.saturating_add(left));
            for (group, member) in self.joins(change, row, (from, until), &mut outcome.notes)? {
                coming.entry(group).or_default().push(member);
            }
            left = left.saturating_sub(until.saturating_sub(from));
            if until < all {
                import.position.member = u32::try_from(until).unwrap_or(u32::MAX);
                break;
            }
            (import.position.row, import.position.member) = (import.position.row + 1, 0);
            import.joined = import.joined.saturating_add(1);
        }
        for (group, add) in coming {
            let members = MembershipChange { add, remove: Vec::new() };
            let mut groups = Collection::<_, Group>::new(self.site(change));
            groups.change_members(group, None, &members)?;
        }
        Ok(())
    }

    /// Which of a row's members come into which groups. Whoever is gone meanwhile does not.
    fn joins(
        &self,
        change: &Change<'_>,
        row: &Row,
        (from, until): (usize, usize),
        notes: &mut Vec<String>,
    ) -> Result<Vec<(GroupId, Member)>, Error> {
        let partition = self.job.organization.partition();
        let members = Members { source: change, partition };
        let mut joins = Vec::new();
        match &row.entry {
            RowEntry::User(user) => {
                let Some(own) = members.user(&user.fields.login)? else { return Ok(joins) };
                for name in user.groups.iter().take(until).skip(from) {
                    joins.extend(members.group(name)?.map(|group| (group, Member::User(own))));
                }
            }
            RowEntry::Group(group) => {
                let Some(own) = members.group(&group.fields.name)? else { return Ok(joins) };
                for member in group.members.iter().take(until).skip(from) {
                    let member = match member {
                        RowMember::User(login) => members.user(login)?.map(Member::User),
                        RowMember::Group(name) => members.group(name)?.map(Member::Group),
                        RowMember::Alias { .. } => None,
                    };
                    if let Some(Member::Group(nested)) = member
                        && descendants(change, partition, nested)?.contains(&own)
                    {
                        note(notes, LOOP);
                        continue;
                    }
                    joins.extend(member.map(|member| (own, member)));
                }
            }
            RowEntry::Faulty(_) => {}
        }
        Ok(joins)
    }
}

/// What became of a row.
enum Applied {
    As(Verdict),
    Fault(Fault),
    Later,
}

fn count_members(row: &Row) -> usize {
    match &row.entry {
        RowEntry::User(user) => user.groups.len(),
        RowEntry::Group(group) => group.members.len(),
        RowEntry::Faulty(_) => 0,
    }
}
