//! An entry that a search found, with what the store knows about it.

use std::sync::Arc;

use storage::{Id, Reading, Snapshot};

use super::attribute::{Attribute, Kind};
use super::entry::{Entry, EntryId, Fact};
use super::filter::Filter;
use super::judge::{Facts, Truth};
use super::memo::{KnownGroup, Memo};
use super::plan::GroupUsers;
use super::sight::Sight;
use crate::collections::{Member, ancestors_of_group, descendants, groups_of_user};
use crate::error::Error;
use crate::id::{GroupId, OrganizationId, RecordId, ServiceAccountId, UserId};
use crate::records::{Group, User, relations};

/// An entry that a search found, with what the store knows about it.
pub struct Found<'a> {
    pub(super) source: &'a Snapshot,
    pub(super) organization: OrganizationId,
    pub(super) sight: &'a Sight,
    pub(super) entry: &'a Entry,
    pub(super) memo: Option<&'a Memo>,
    /// The users of a group that the search's filter names.
    pub(super) users: Option<&'a GroupUsers>,
}

impl Found<'_> {
    /// The entry.
    pub fn entry(&self) -> &Entry {
        self.entry
    }

    /// Judges the entry by a filter.
    ///
    /// # Errors
    /// When the store fails.
    pub fn judge(&self, filter: &Filter) -> Result<Truth, Error> {
        filter.judge(self)
    }

    /// Shows the groups that the entry is in, by way of nested groups as well, and that the caller
    /// sees, to `visit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn groups(&self, visit: &mut dyn FnMut(&Group)) -> Result<(), Error> {
        for id in self.member_of()? {
            self.group(id)?.iter().for_each(|group| visit(&group.record));
        }
        Ok(())
    }

    fn group(&self, id: GroupId) -> Result<Option<Arc<KnownGroup>>, Error> {
        Ok(match self.memo {
            Some(memo) => memo.group(self.source, self.organization, id)?,
            None => KnownGroup::read(self.source, self.organization, id)?.map(Arc::new),
        })
    }

    /// Every group that the entry is in, seen or not, in the order of ids.
    fn all_groups(&self) -> Result<Vec<GroupId>, Error> {
        let partition = self.organization.partition();
        let relation = match self.entry.id() {
            EntryId::User(_) => relations::GROUP_USER,
            EntryId::Group(_) => relations::GROUP_GROUP,
            EntryId::ServiceAccount(_) => return Ok(Vec::new()),
        };
        let direct = self.source.linking(partition, relation, self.entry.id().record());
        let mut open: Vec<Id> = direct.collect::<Result<_, _>>()?;
        let mut groups = Vec::new();
        while let Some(group) = open.pop().and_then(GroupId::from_record) {
            if let Err(place) = groups.binary_search(&group) {
                groups.insert(place, group);
                self.group(group)?.iter().for_each(|known| open.extend(&known.parents));
            }
        }
        Ok(groups)
    }

    /// Shows the users that the caller sees of an entry that is a group, those of nested groups
    /// included, to `visit`, each once.
    ///
    /// # Errors
    /// When the store fails.
    pub fn users(&self, visit: &mut dyn FnMut(&User)) -> Result<(), Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(()) };
        let partition = self.organization.partition();
        let mut users = Vec::new();
        for nested in descendants(self.source, partition, group)? {
            for user in self.source.linked(partition, relations::GROUP_USER, nested.record()) {
                users.push(user?);
            }
        }
        users.sort_unstable();
        users.dedup();
        for id in users {
            let seen = UserId::from_record(id).is_some_and(|id| self.sight.sees(EntryId::User(id)));
            if seen && let Some(user) = self.source.get::<User>(partition, id)? {
                visit(&user);
            }
        }
        Ok(())
    }

    /// Shows the direct members that the caller sees of an entry that is a group to `visit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn members(&self, visit: &mut dyn FnMut(&Entry)) -> Result<(), Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(()) };
        let partition = self.organization.partition();
        let users = self.source.linked(partition, relations::GROUP_USER, group.record());
        let groups = self.source.linked(partition, relations::GROUP_GROUP, group.record());
        let members = users
            .map(|id| id.map(|id| UserId::from_record(id).map(EntryId::User)))
            .chain(groups.map(|id| id.map(|id| GroupId::from_record(id).map(EntryId::Group))));
        for member in members.filter_map(Result::transpose) {
            let member = member?;
            if self.sight.sees(member)
                && let Some(entry) = read_entry(self.source, self.organization, member, self.memo)?
            {
                visit(&entry);
            }
        }
        Ok(())
    }
}

/// The entry of a kind with a record's number.
pub(super) fn entry_id(kind: Kind, number: Id) -> Option<EntryId> {
    match kind {
        Kind::User => UserId::from_record(number).map(EntryId::User),
        Kind::Group => GroupId::from_record(number).map(EntryId::Group),
        Kind::ServiceAccount => ServiceAccountId::from_record(number).map(EntryId::ServiceAccount),
        Kind::Container => None,
    }
}

/// Reads an entry, or knows it.
pub(super) fn read_entry(
    source: &Snapshot,
    organization: OrganizationId,
    id: EntryId,
    memo: Option<&Memo>,
) -> Result<Option<Entry>, Error> {
    let (partition, number) = (organization.partition(), id.record());
    Ok(match id {
        EntryId::User(user) => match memo {
            Some(memo) => memo.lookups().user(source, organization, user)?,
            None => source.get(partition, number)?.map(Arc::new),
        }
        .map(|record| Entry::User(user, record)),
        EntryId::Group(group) => {
            source.get(partition, number)?.map(|record| Entry::Group(group, record))
        }
        EntryId::ServiceAccount(account) => {
            source.get(partition, number)?.map(|record| Entry::ServiceAccount(account, record))
        }
    })
}

impl Facts for Found<'_> {
    fn kind(&self) -> Kind {
        self.entry.id().kind()
    }

    fn visit(&self, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>)) {
        self.entry.visit(attribute, visit);
    }

    fn member_of(&self) -> Result<Vec<GroupId>, Error> {
        let mut groups = self.all_groups()?;
        // A filter must not tell of a group what the caller cannot see.
        groups.retain(|group| self.sight.tells(self.entry.id(), *group));
        Ok(groups)
    }

    fn is_in(&self, group: GroupId) -> Result<bool, Error> {
        if let (EntryId::User(user), Some(users)) = (self.entry.id(), self.users)
            && let Some(is_in) = users.tell(user.record(), group)
        {
            return Ok(is_in && self.sight.tells(self.entry.id(), group));
        }
        Ok(self.member_of()?.contains(&group))
    }

    fn has_member(&self, member: Member) -> Result<bool, Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(false) };
        let partition = self.organization.partition();
        let (member, groups) = match member {
            Member::User(user) => {
                (EntryId::User(user), groups_of_user(self.source, partition, user)?)
            }
            Member::Group(nested) => {
                (EntryId::Group(nested), ancestors_of_group(self.source, partition, nested)?)
            }
        };
        Ok(self.sight.sees(member) && groups.contains(&group))
    }

    fn has_some_member(&self) -> Result<bool, Error> {
        let EntryId::Group(group) = self.entry.id() else { return Ok(false) };
        let partition = self.organization.partition();
        for relation in [relations::GROUP_USER, relations::GROUP_GROUP] {
            if let Some(member) = self.source.linked(partition, relation, group.record()).next() {
                member?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
