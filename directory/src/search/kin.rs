//! Who is in which group, as searches show it again and again.

use std::sync::Arc;

use storage::{Id, ReadError, Reading, Snapshot};

use super::attribute::Kind;
use super::entry::EntryId;
use crate::id::{GroupId, OrganizationId, RecordId, UserId};
use crate::known::{Lookups, Size};
use crate::records::{Group, User, relations};

/// A group with the groups that it is in directly.
pub(crate) struct KnownGroup {
    pub(crate) id: GroupId,
    pub(crate) record: Group,
    parents: Vec<Id>,
}

impl KnownGroup {
    /// Reads a group with its parents.
    pub(crate) fn read(
        source: &Snapshot,
        organization: OrganizationId,
        id: GroupId,
    ) -> Result<Option<Arc<Self>>, ReadError> {
        let (partition, number) = (organization.partition(), id.record());
        let Some(record) = source.get(partition, number)? else { return Ok(None) };
        let parents = source.linking(partition, relations::GROUP_GROUP, number);
        let parents = parents.collect::<Result<_, _>>()?;
        Ok(Some(Arc::new(Self { id, record, parents })))
    }
}

impl Size for Arc<KnownGroup> {
    fn size(&self) -> usize {
        self.record.size().saturating_add(size_of_val(self.parents.as_slice()))
    }
}

impl Size for Memberships {
    fn size(&self) -> usize {
        self.iter().map(Size::size).sum()
    }
}

impl Size for Arc<MemberNames> {
    fn size(&self) -> usize {
        self.names.len().saturating_add(size_of_val(self.members.as_slice()))
    }
}

/// Every group that an entry is in, by way of nested groups as well, in the order of ids.
pub(crate) type Memberships = Arc<[Arc<KnownGroup>]>;

/// Reads the groups that an entry is in; `group` reads one of them.
pub(crate) fn memberships(
    source: &Snapshot,
    organization: OrganizationId,
    entry: EntryId,
    group: impl Fn(GroupId) -> Result<Option<Arc<KnownGroup>>, ReadError>,
) -> Result<Memberships, ReadError> {
    let relation = match entry {
        EntryId::User(_) => relations::GROUP_USER,
        EntryId::Group(_) => relations::GROUP_GROUP,
        EntryId::ServiceAccount(_) | EntryId::Device(_) => return Ok(Arc::default()),
    };
    let direct = source.linking(organization.partition(), relation, entry.record());
    let mut open: Vec<Id> = direct.collect::<Result<_, _>>()?;
    let mut groups: Vec<Arc<KnownGroup>> = Vec::new();
    while let Some(id) = open.pop().and_then(GroupId::from_record) {
        if let Err(place) = groups.binary_search_by_key(&id, |group| group.id)
            && let Some(known) = group(id)?
        {
            open.extend(&known.parents);
            groups.insert(place, known);
        }
    }
    Ok(groups.into())
}

/// The direct members of a group with what they are called: users, then groups.
#[derive(Default)]
pub(crate) struct MemberNames {
    /// Each with the end of its name.
    members: Vec<(EntryId, usize)>,
    names: String,
}

impl MemberNames {
    /// Reads the members of a group.
    pub(crate) fn read(
        source: &Snapshot,
        organization: OrganizationId,
        group: GroupId,
        lookups: Option<&Lookups>,
    ) -> Result<Self, ReadError> {
        let (partition, number) = (organization.partition(), group.record());
        let mut read = Self::default();
        for id in source.linked(partition, relations::GROUP_USER, number) {
            let Some(id) = UserId::from_record(id?) else { continue };
            let user = match lookups {
                Some(lookups) => lookups.user(source, organization, id)?,
                None => source.get::<User>(partition, id.record())?.map(Arc::new),
            };
            if let Some(user) = user {
                read.push(EntryId::User(id), &user.fields.login);
            }
        }
        for id in source.linked(partition, relations::GROUP_GROUP, number) {
            let Some(id) = GroupId::from_record(id?) else { continue };
            if let Some(group) = source.get::<Group>(partition, id.record())? {
                read.push(EntryId::Group(id), &group.fields.name);
            }
        }
        Ok(read)
    }

    fn push(&mut self, member: EntryId, name: &str) {
        self.names.push_str(name);
        self.members.push((member, self.names.len()));
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The members with their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (EntryId, &str)> {
        let mut start = 0;
        self.members.iter().map(move |(member, end)| {
            let name = self.names.get(start..*end).unwrap_or_default();
            start = *end;
            (*member, name)
        })
    }

    /// The users among them.
    pub(crate) fn users(&self) -> impl Iterator<Item = (EntryId, &str)> {
        self.iter().take_while(|(member, _)| member.kind() == Kind::User)
    }
}
