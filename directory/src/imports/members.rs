//! Who a row means by its members.

use storage::{Id, Partition, Reading, Relation};

use super::notes::note;
use super::row::{Fault, GroupRow, Row, RowEntry, RowMember, UserRow};
use super::survey::Survey;
use crate::error::Error;
use crate::id::{GroupId, RecordId, UserId};
use crate::records::{MissingMembers, indices, relations};
use crate::text::prepare;

/// So many names of missing members are told.
const TOLD: usize = 5;

/// Where members are looked for, beside the file.
pub(crate) struct Members<'a, R> {
    pub(crate) source: &'a R,
    pub(crate) partition: Partition,
}

impl<R: Reading> Members<'_, R> {
    /// The user of a login.
    pub(crate) fn user(&self, login: &str) -> Result<Option<UserId>, Error> {
        Ok(self.named(indices::USER_LOGIN, login)?.and_then(UserId::from_record))
    }

    /// The group of a name.
    pub(crate) fn group(&self, name: &str) -> Result<Option<GroupId>, Error> {
        Ok(self.named(indices::GROUP_NAME, name)?.and_then(GroupId::from_record))
    }

    fn named(&self, index: storage::Index, name: &str) -> Result<Option<Id>, Error> {
        Ok(self.source.find_first(self.partition, index, prepare(name).as_bytes())?)
    }

    /// Puts names in place of what a row calls its members, and says what is wrong with them. A row
    /// in error stays as it is: the check may be broken off, and has to find the same again.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn settle(
        &self,
        row: &mut Row,
        survey: &mut Survey,
        missing: MissingMembers,
    ) -> Result<Option<Fault>, Error> {
        let fault = self.settle_references(row, survey, missing)?;
        if fault.is_some() {
            return Ok(fault);
        }
        let (column, nobody, fault) = match &mut row.entry {
            RowEntry::User(user) => {
                let all = user.groups.clone();
                let nobody = self.settle_groups(user, survey)?;
                let fault = absent(&user.fields.login, "groups", &nobody, missing);
                match &fault {
                    Some(_) => user.groups = all,
                    None => settle_primary(user, survey, &mut row.notes),
                }
                ("groups", nobody, fault)
            }
            RowEntry::Group(group) => {
                let all = group.members.clone();
                let nobody = self.settle_members(group, survey)?;
                let fault = absent(&group.fields.name, "members", &nobody, missing);
                let fault = fault.or_else(|| nest(group, survey));
                if fault.is_some() {
                    group.members = all;
                }
                ("members", nobody, fault)
            }
            RowEntry::Faulty(_) => return Ok(None),
        };
        if fault.is_none() && !nobody.is_empty() {
            note(&mut row.notes, &told(column, &nobody));
        }
        Ok(fault)
    }

    fn settle_groups(&self, user: &mut UserRow, survey: &Survey) -> Result<Vec<String>, Error> {
        let (mut kept, mut nobody) = (Vec::new(), Vec::new());
        for name in std::mem::take(&mut user.groups) {
            if survey.has_group(&name) || self.group(&name)?.is_some() {
                kept.push(name);
            } else {
                nobody.push(name);
            }
        }
        user.groups = kept;
        Ok(nobody)
    }

    fn settle_members(&self, group: &mut GroupRow, survey: &Survey) -> Result<Vec<String>, Error> {
        let (mut kept, mut nobody) = (Vec::new(), Vec::new());
        for member in std::mem::take(&mut group.members) {
            match self.known(&member, survey)? {
                Some(member) => kept.push(member),
                None => nobody.push(member.called()),
            }
        }
        group.members = kept;
        Ok(nobody)
    }

    /// Whom the file or the organization has by a name.
    pub(super) fn known(
        &self,
        member: &RowMember,
        survey: &Survey,
    ) -> Result<Option<RowMember>, Error> {
        let is_user =
            |login: &str| Ok::<_, Error>(survey.has_user(login) || self.user(login)?.is_some());
        let is_group =
            |name: &str| Ok::<_, Error>(survey.has_group(name) || self.group(name)?.is_some());
        Ok(match member {
            RowMember::User(login) => is_user(login)?.then(|| member.clone()),
            RowMember::Group(name) => is_group(name)?.then(|| member.clone()),
            RowMember::Alias { alias, name } => match survey.alias(alias) {
                Some(named) if named.is_user => Some(RowMember::User(named.name.as_ref().into())),
                Some(named) => Some(RowMember::Group(named.name.as_ref().into())),
                None if is_user(name)? => Some(RowMember::User(name.clone())),
                None if is_group(name)? => Some(RowMember::Group(name.clone())),
                None => None,
            },
        })
    }

    /// How many members would come into a group, or groups a user into.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn coming(&self, row: &Row) -> Result<usize, Error> {
        let mut coming = 0;
        match &row.entry {
            RowEntry::User(user) => {
                let own = self.user(&user.fields.login)?;
                for name in &user.groups {
                    let group = self.group(name)?;
                    coming += usize::from(!self.linked(relations::GROUP_USER, group, own)?);
                }
            }
            RowEntry::Group(group) => {
                let own = self.group(&group.fields.name)?;
                for member in &group.members {
                    let there = match member {
                        RowMember::User(login) => {
                            self.linked(relations::GROUP_USER, own, self.user(login)?)?
                        }
                        RowMember::Group(name) => {
                            self.linked(relations::GROUP_GROUP, own, self.group(name)?)?
                        }
                        RowMember::Alias { .. } => true,
                    };
                    coming += usize::from(!there);
                }
            }
            RowEntry::Faulty(_) => {}
        }
        Ok(coming)
    }

    fn linked<M: RecordId>(
        &self,
        relation: Relation,
        group: Option<GroupId>,
        member: Option<M>,
    ) -> Result<bool, Error> {
        let (Some(group), Some(member)) = (group, member) else { return Ok(false) };
        Ok(self.source.is_linked(self.partition, relation, group.record(), member.record())?)
    }
}

/// Has a user come into the primary group that the source has for them, if the file has it.
fn settle_primary(user: &mut UserRow, survey: &Survey, notes: &mut Vec<String>) {
    let Some(sid) = user.primary_group.take() else { return };
    match survey.primary_group(&sid) {
        Some(name) => {
            let is_named = user.groups.iter().any(|known| prepare(known) == prepare(name));
            user.groups.extend((!is_named).then(|| name.to_owned()));
        }
        None => note(notes, &format!("the primary group was left out: {sid} is not in the file")),
    }
}

/// Notes which groups are nested in a group of the file; says why one cannot be.
fn nest(group: &GroupRow, survey: &mut Survey) -> Option<Fault> {
    let nested = group.members.iter().filter_map(|member| match member {
        RowMember::Group(name) => Some(name.as_str()),
        RowMember::User(_) | RowMember::Alias { .. } => None,
    });
    let reason = survey.nest(&group.fields.name, nested).err()?;
    let (name, column) = (group.fields.name.clone(), Some("members".to_owned()));
    Some(Fault { name, column, reason: reason.to_owned() })
}

/// What is wrong with a row whose members are not there, if they may not be left out.
fn absent(name: &str, column: &str, nobody: &[String], missing: MissingMembers) -> Option<Fault> {
    match missing {
        MissingMembers::Error if !nobody.is_empty() => {
            let (name, reason) = (name.to_owned(), told(column, nobody));
            Some(Fault { name, column: Some(column.to_owned()), reason })
        }
        MissingMembers::Error | MissingMembers::LeaveOut => None,
    }
}

/// Says whom nobody knows.
pub(super) fn told(column: &str, nobody: &[String]) -> String {
    let what = match column {
        "groups" | "members" => column,
        _ => "users or groups",
    };
    let names: Vec<&str> = nobody.iter().take(TOLD).map(String::as_str).collect();
    let more = nobody.len().saturating_sub(TOLD);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("there are no such {what}: {}{more}", names.join(", "))
}

impl RowMember {
    /// As a row calls it.
    pub(super) fn called(&self) -> String {
        match self {
            Self::User(name) | Self::Group(name) => name.clone(),
            Self::Alias { alias, .. } => alias.clone(),
        }
    }
}
