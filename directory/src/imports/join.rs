//! Memberships: who of a row comes into which group, so many in one durable change.

use std::collections::BTreeMap;

use storage::Change;

use super::apply::Work;
use super::members::Members;
use super::notes::note;
use super::outcome::RowOutcome;
use super::refer::{Custom, refer};
use super::row::{GroupRow, Row, RowEntry, RowMember, UserRow};
use crate::collections::{Collection, Member, MembershipChange, Nesting};
use crate::error::Error;
use crate::id::{GroupId, UserId};
use crate::records::{Group, Position, User};

/// So many memberships are written in one change.
const LINKS: usize = 1_000;
/// So many groups are looked at in one change for ones that would contain themselves: the writer is
/// everybody's.
const VISITS: usize = 20_000;

/// Why a nested group does not come into a group.
const LOOP: &str = "a nested group was left out: the group would contain itself by way of groups \
                    that are not in the file";
/// Why nobody knows whether a nested group may come into a group.
const TOO_MANY: &str =
    "a nested group was left out: there are too many groups in it to look through";
/// Why a row has no memberships.
const GONE: &str = "it is not there any more, and comes into no group";

/// Memberships on their way into one change.
pub(super) struct Joins {
    /// Users, by the group that they come into.
    coming: BTreeMap<GroupId, Vec<Member>>,
    /// So many groups may still be looked at.
    visits: usize,
}

/// A row's members from one on and before another, and what is noted of them.
struct Part<'a> {
    from: usize,
    until: usize,
    notes: &'a mut Vec<String>,
}

impl Default for Joins {
    fn default() -> Self {
        Self { coming: BTreeMap::new(), visits: VISITS }
    }
}

impl Joins {
    /// Writes the next memberships of a chunk's rows, and goes on to behind them.
    pub(super) fn step(
        mut self,
        work: &Work<'_>,
        change: &mut Change<'_>,
        (position, rows, outcomes): (&mut Position, &[Row], &mut [RowOutcome]),
    ) -> Result<u64, Error> {
        let (mut left, mut joined, first) = (LINKS, 0_u64, position.row as usize);
        for (row, outcome) in rows.iter().zip(outcomes).skip(first) {
            let from = position.member as usize;
            let all = if outcome.has_entry() { count_members(row) } else { 0 };
            let until = all.min(from.saturating_add(left));
            let mut part = Part { from, until, notes: &mut outcome.notes };
            let done = if from < until { self.row(work, change, row, &mut part)? } else { until };
            left = left.saturating_sub(done.saturating_sub(from));
            if done < all {
                position.member = u32::try_from(done).unwrap_or(u32::MAX);
                break;
            }
            (position.row, position.member) = (position.row.saturating_add(1), 0);
            joined += 1;
        }
        for (group, add) in self.coming {
            let members = MembershipChange { add, remove: Vec::new() };
            Collection::<_, Group>::new(work.site(change)).change_members(group, None, &members)?;
        }
        Ok(joined)
    }

    /// Joins what a part of a row says; tells behind which member it came.
    fn row(
        &mut self,
        work: &Work<'_>,
        change: &mut Change<'_>,
        row: &Row,
        part: &mut Part<'_>,
    ) -> Result<usize, Error> {
        let members = Members { source: &*change, partition: work.job.organization.partition() };
        match &row.entry {
            RowEntry::User(user) => match members.user(&user.fields.login)? {
                Some(own) => {
                    self.user(&members, (own, user), part)?;
                    if part.until > user.groups.len() {
                        let custom: Custom<User> = |user| &mut user.fields.custom;
                        refer((work, change), own, &user.references, part.notes, custom)?;
                    }
                    Ok(part.until)
                }
                None => Ok(gone(part)),
            },
            RowEntry::Group(group) => match members.group(&group.fields.name)? {
                Some(own) => self.group(work, change, (own, group), part),
                None => Ok(gone(part)),
            },
            RowEntry::Faulty(_) => Ok(part.until),
        }
    }

    fn user(
        &mut self,
        members: &Members<'_, Change<'_>>,
        (own, row): (UserId, &UserRow),
        part: &mut Part<'_>,
    ) -> Result<(), Error> {
        for name in row.groups.iter().take(part.until).skip(part.from) {
            match members.group(name)? {
                Some(group) => self.coming.entry(group).or_default().push(Member::User(own)),
                None => note(part.notes, &format!("there is no group {name} any more")),
            }
        }
        Ok(())
    }

    fn group(
        &mut self,
        work: &Work<'_>,
        change: &mut Change<'_>,
        (own, row): (GroupId, &GroupRow),
        part: &mut Part<'_>,
    ) -> Result<usize, Error> {
        let partition = work.job.organization.partition();
        let all = row.members.iter().enumerate();
        for (place, member) in all.take(part.until).skip(part.from) {
            let members = Members { source: &*change, partition };
            let nested = match member {
                RowMember::User(login) => {
                    match members.user(login)? {
                        Some(user) => {
                            self.coming.entry(own).or_default().push(Member::User(user));
                        }
                        None => note(part.notes, &format!("there is no user {login} any more")),
                    }
                    continue;
                }
                RowMember::Group(name) => match members.group(name)? {
                    Some(nested) => nested,
                    None => {
                        note(part.notes, &format!("there is no group {name} any more"));
                        continue;
                    }
                },
                // The check put names in place of them.
                RowMember::Alias { alias, .. } => {
                    note(part.notes, &format!("there is no {alias} any more"));
                    continue;
                }
            };
            let is_first = self.visits == VISITS;
            let mut groups = Collection::<_, Group>::new(work.site(change));
            match groups.nest(own, nested, &mut self.visits)? {
                Nesting::Done => {}
                Nesting::Loop => note(part.notes, LOOP),
                Nesting::TooMany if is_first => note(part.notes, TOO_MANY),
                // The next change has time for it.
                Nesting::TooMany => return Ok(place),
            }
        }
        if part.until > row.members.len() {
            let custom: Custom<Group> = |group| &mut group.fields.custom;
            refer((work, change), own, &row.references, part.notes, custom)?;
        }
        Ok(part.until)
    }
}

fn gone(part: &mut Part<'_>) -> usize {
    note(part.notes, GONE);
    part.until
}

fn count_members(row: &Row) -> usize {
    let members = match &row.entry {
        RowEntry::User(user) => user.groups.len(),
        RowEntry::Group(group) => group.members.len(),
        RowEntry::Faulty(_) => 0,
    };
    // All references of a row are written together, after its members.
    members.saturating_add(usize::from(!row.entry.references().is_empty()))
}
