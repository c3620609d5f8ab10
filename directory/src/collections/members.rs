//! Who is in a group, and in which groups somebody is, to be browsed.

use storage::{Id, Reading, Snapshot};

use super::browse::{Among, Batch, Browse, Sought};
use super::groups::{Groups, Member};
use super::users::Users;
use crate::access::{Grant, View};
use crate::error::Error;
use crate::id::{GroupId, RecordId, UserId};
use crate::records::{Group, relations};

/// What the number of a nested group has that no record's number has, so that users come before
/// groups.
const NESTED: Id = 1 << 63;

impl RecordId for Member {
    fn from_record(id: Id) -> Option<Self> {
        match id & NESTED {
            0 => UserId::from_record(id).map(Self::User),
            _ => GroupId::from_record(id & !NESTED).map(Self::Group),
        }
    }
    fn record(self) -> Id {
        match self {
            Self::User(user) => user.record(),
            Self::Group(group) => group.record() | NESTED,
        }
    }
}

/// The direct members of a group, users before nested groups.
pub struct MembersOf<'g> {
    users: Users<'g, &'g Snapshot>,
    groups: Groups<'g, &'g Snapshot>,
    group: GroupId,
}

impl<'t> Grant<'t, &'t Snapshot, View> {
    /// The direct members of a group, to be browsed.
    pub fn members_of(&self, group: GroupId) -> MembersOf<'t> {
        MembersOf { users: self.users(), groups: self.groups(), group }
    }

    /// The groups that a user is in, by way of nested groups as well, to be browsed.
    ///
    /// # Errors
    /// When the store fails.
    pub fn groups_of(&self, user: UserId) -> Result<Among<'t, Group>, Error> {
        let mut ids = self.users().groups(user)?;
        ids.sort_unstable();
        Ok(Among { all: self.groups(), ids })
    }
}

impl MembersOf<'_> {
    fn holds(&self, member: Member) -> Result<bool, Error> {
        let (relation, number) = match member {
            Member::User(user) => (relations::GROUP_USER, user.record()),
            Member::Group(group) => (relations::GROUP_GROUP, group.record()),
        };
        let site = &self.groups.site;
        Ok(site.source.is_linked(site.partition(), relation, self.group.record(), number)?)
    }
}

impl Browse for MembersOf<'_> {
    type Id = Member;
    type Record = ();

    fn batch(&self, after: Option<Member>, limit: usize) -> Result<Batch<Member, ()>, Error> {
        let mut members = self.groups.members(self.group, after, limit.saturating_add(1))?;
        let is_more = members.len() > limit;
        members.truncate(limit);
        Ok((members.into_iter().map(|member| (member, ())).collect(), is_more))
    }

    fn candidates(&self, sought: Sought<'_>, most: usize) -> Result<Option<Vec<Member>>, Error> {
        let of_user = match sought.member {
            "id" => sought,
            "name" => Sought { member: "login", ..sought },
            _ => return Ok(None),
        };
        let users = self.users.candidates(of_user, most)?;
        let (Some(users), Some(groups)) = (users, self.groups.candidates(sought, most)?) else {
            return Ok(None);
        };
        let users = users.into_iter().map(Member::User);
        let mut found = Vec::new();
        for member in users.chain(groups.into_iter().map(Member::Group)) {
            if self.holds(member)? {
                found.push(member);
            }
        }
        Ok(Some(found))
    }

    fn candidate(&self, _: Member) -> Result<Option<()>, Error> {
        Ok(Some(()))
    }
}
