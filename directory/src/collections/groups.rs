//! Groups of users and of other groups.

use std::collections::BTreeSet;

use storage::{Change, Id, Index, Partition, ReadError, Reading, Relation, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use super::users::Numbers;
use crate::access::{Grant, ManageIdentities, View};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{GroupId, RecordId, UserId};
use crate::limits;
use crate::records::{
    Group, GroupFields, NetworkRule, RadiusClient, ServiceAccount, Stamp, Trigger, User,
    Visibility, indices, relations,
};
use crate::references;
use crate::schema;
use crate::search::EntryId;
use crate::tools::KnownNames;

/// The groups of the grant's organization.
pub type Groups<'g, S> = Collection<'g, S, Group>;

/// So many members that came or went are told in one event, which has room for their names.
const TOLD_MEMBERS: usize = 256;

/// What can be in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// A user.
    User(UserId),
    /// A nested group.
    Group(GroupId),
}

/// Members that come and go in one change.
#[derive(Clone, Debug, Default)]
pub struct MembershipChange {
    /// Who comes; being there already is no error.
    pub add: Vec<Member>,
    /// Who goes; not being there is no error.
    pub remove: Vec<Member>,
}

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's groups, to be read.
    pub fn groups(&self) -> Groups<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageIdentities> {
    /// The organization's groups, to be changed.
    pub fn groups(&mut self) -> Groups<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl Groups<'_, &Snapshot> {
    /// The direct members behind `after`, users before groups, at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn members(
        &self,
        group: GroupId,
        after: Option<Member>,
        limit: usize,
    ) -> Result<Vec<Member>, Error> {
        let (partition, source, from) = (self.site.partition(), self.site.source, group.record());
        let (user, nested) = match after {
            None => (Some(None), None),
            Some(Member::User(user)) => (Some(Some(user.record())), None),
            Some(Member::Group(group)) => (None, Some(group.record())),
        };
        let users = user
            .into_iter()
            .flat_map(|after| source.linked_behind(partition, relations::GROUP_USER, from, after));
        let groups = source.linked_behind(partition, relations::GROUP_GROUP, from, nested);
        let members = users
            .map(|id| id.map(|id| UserId::from_record(id).map(Member::User)))
            .chain(groups.map(|id| id.map(|id| GroupId::from_record(id).map(Member::Group))));
        let found = members.filter_map(Result::transpose).take(limit);
        Ok(found.collect::<Result<_, _>>()?)
    }
}

impl Groups<'_, &mut Change<'_>> {
    /// Makes a group without members.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable.
    pub fn create(&mut self, fields: GroupFields) -> Result<(GroupId, Group), Error> {
        self.add(fields)
    }

    /// Changes a group; with `revision`, only when nobody changed it in between.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: GroupId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut Group) -> Result<(), Error>,
    ) -> Result<Group, Error> {
        self.edit(id, revision, edit)
    }

    /// Deletes a group and its memberships; its members stay.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `InUse` while a service account, a RADIUS client, a security policy or a device
    /// names it.
    pub fn delete(&mut self, id: GroupId, revision: Option<u64>) -> Result<(), Error> {
        let gone = self.direct_members(id)?;
        self.note_moved(Trigger::LeftGroup, id, &gone)?;
        let (partition, now) = (self.site.partition(), self.site.now());
        references::drop_all(self.site.source, partition, EntryId::Group(id), now)?;
        self.remove(id, revision)
    }

    /// Lets members come and go, all or none.
    ///
    /// # Errors
    /// `Missing`, `Stale`; `Invalid` for a member that does not exist or a group that would
    /// contain itself.
    pub fn change_members(
        &mut self,
        group: GroupId,
        revision: Option<u64>,
        members: &MembershipChange,
    ) -> Result<Group, Error> {
        let mut record = self.read_at(group, revision)?;
        let (mut told, mut gone) = (Vec::new(), Moved::default());
        for member in &members.remove {
            if self.take_out(group, *member, &mut told)? {
                gone.add(*member);
            }
        }
        self.note_moved(Trigger::LeftGroup, group, &gone)?;
        let mut came = Moved::default();
        for (position, member) in members.add.iter().enumerate() {
            if self.put_in(group, *member, &format!("/add/{position}"), &mut told)? {
                came.add(*member);
            }
        }
        self.note_moved(Trigger::JoinedGroup, group, &came)?;
        self.touched(group, &mut record, &told)?;
        Ok(record)
    }

    /// Keeps that a group's members changed, and tells of it.
    pub(super) fn touched(
        &mut self,
        group: GroupId,
        record: &mut Group,
        told: &[Difference],
    ) -> Result<(), Error> {
        if told.is_empty() {
            return Ok(());
        }
        record.stamp.touch(self.site.now());
        let partition = self.site.partition();
        self.site.source.put(partition, group.record(), record)?;
        let subject = (SubjectKind::Group, record.uuid, record.fields.name.as_str());
        for told in told.chunks(TOLD_MEMBERS) {
            self.site.tell(Action::MembersChanged, subject, told.to_vec())?;
        }
        Ok(())
    }

    fn put_in(
        &mut self,
        group: GroupId,
        member: Member,
        pointer: &str,
        told: &mut Vec<Difference>,
    ) -> Result<bool, Error> {
        let partition = self.site.partition();
        let (relation, id) = member.link();
        if self.site.source.is_linked(partition, relation, group.record(), id)? {
            return Ok(false);
        }
        let Some(name) = self.name_of(member)? else {
            return Err(Invalid::new(pointer, "there is no such member").into());
        };
        if let Member::Group(nested) = member
            && descendants(&*self.site.source, partition, nested)?.contains(&group)
        {
            return Err(Invalid::new(pointer, "the group would contain itself").into());
        }
        self.site.source.link(partition, relation, group.record(), id)?;
        told.push(Difference { field: "member".into(), before: None, after: Some(name) });
        Ok(true)
    }

    fn take_out(
        &mut self,
        group: GroupId,
        member: Member,
        told: &mut Vec<Difference>,
    ) -> Result<bool, Error> {
        let partition = self.site.partition();
        let (relation, id) = member.link();
        if !self.site.source.is_linked(partition, relation, group.record(), id)? {
            return Ok(false);
        }
        self.site.source.unlink(partition, relation, group.record(), id)?;
        let before = self.name_of(member)?;
        told.push(Difference { field: "member".into(), before, after: None });
        Ok(true)
    }

    /// Notes who is not in a group any more, or who is since now.
    pub(super) fn note_moved(
        &mut self,
        trigger: Trigger,
        group: GroupId,
        moved: &Moved,
    ) -> Result<(), Error> {
        if moved.users.is_empty() && moved.groups.is_empty() || !self.site.asks_for(trigger)? {
            return Ok(());
        }
        let partition = self.site.partition();
        let mut groups = ancestors_of_group(&*self.site.source, partition, group)?;
        groups.push(group);
        self.site.note_departure(trigger, (&moved.users, &moved.groups), &groups)
    }

    /// Those who are in a group directly, if anybody asks who leaves it.
    fn direct_members(&self, group: GroupId) -> Result<Moved, Error> {
        let mut gone = Moved::default();
        if self.site.asks_for(Trigger::LeftGroup)? {
            let (partition, number) = (self.site.partition(), group.record());
            for user in self.site.source.linked(partition, relations::GROUP_USER, number) {
                gone.users.extend(UserId::from_record(user?));
            }
            for nested in self.site.source.linked(partition, relations::GROUP_GROUP, number) {
                gone.groups.extend(GroupId::from_record(nested?));
            }
        }
        Ok(gone)
    }

    pub(super) fn name_of(&self, member: Member) -> Result<Option<String>, Error> {
        let partition = self.site.partition();
        Ok(match member {
            Member::User(id) => {
                self.site.source.get::<User>(partition, id.record())?.map(|user| user.fields.login)
            }
            Member::Group(id) => self
                .site
                .source
                .get::<Group>(partition, id.record())?
                .map(|group| group.fields.name),
        })
    }
}

/// Who left a group, or came into it.
#[derive(Default)]
pub(super) struct Moved {
    users: Vec<UserId>,
    groups: Vec<GroupId>,
}

impl Moved {
    pub(super) fn add(&mut self, member: Member) {
        match member {
            Member::User(user) => self.users.push(user),
            Member::Group(group) => self.groups.push(group),
        }
    }
}

impl Member {
    pub(super) fn link(self) -> (Relation, Id) {
        match self {
            Self::User(user) => (relations::GROUP_USER, user.record()),
            Self::Group(group) => (relations::GROUP_GROUP, group.record()),
        }
    }
}

impl Entity for Group {
    type Id = GroupId;
    type Fields = GroupFields;

    const SUBJECT: SubjectKind = SubjectKind::Group;
    const UUIDS: Index = indices::GROUP_UUID;
    const NAMES: Index = indices::GROUP_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: GroupFields) -> Self {
        Self { uuid, stamp, fields }
    }

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn stamp(&mut self) -> &mut Stamp {
        &mut self.stamp
    }

    fn revision(&self) -> u64 {
        self.stamp.revision
    }

    fn fields(&self) -> &GroupFields {
        &self.fields
    }

    fn settle<R: Reading>(
        &mut self,
        before: Option<&Self>,
        known: KnownNames,
        at: (&R, Partition),
    ) -> Result<(), Error> {
        let before = before.map(|before| &before.fields.custom);
        schema::settle((&mut self.fields.custom, before), known, at)
    }

    fn named_values<R: Reading>(
        &self,
        source: &R,
        partition: Partition,
    ) -> Result<Vec<(String, serde_json::Value)>, Error> {
        schema::named(&self.fields.custom, source, partition)
    }

    fn name(fields: &GroupFields) -> &str {
        &fields.name
    }

    fn complete<R: Reading>(
        fields: &mut GroupFields,
        id: Id,
        source: &R,
        partition: Partition,
    ) -> Result<(), Error> {
        if fields.gid_number.is_none() {
            let numbers = Numbers { source, partition, index: indices::GROUP_GID_NUMBER };
            fields.gid_number = Some(numbers.free("/gid_number", id)?);
        }
        Ok(())
    }

    fn check_references<R: Reading>(
        fields: &GroupFields,
        id: Id,
        source: &R,
        partition: Partition,
    ) -> Result<(), Error> {
        let numbers = Numbers { source, partition, index: indices::GROUP_GID_NUMBER };
        numbers.check("/gid_number", fields.gid_number, id)
    }

    fn check(fields: &GroupFields) -> Result<(), Invalid> {
        limits::posix_number("/gid_number", fields.gid_number)?;
        limits::name("/name", &fields.name)?;
        limits::optional_line("/description", fields.description.as_ref())
    }

    fn check_new(fields: &GroupFields, before: Option<&GroupFields>) -> Result<(), Invalid> {
        let nothing = GroupFields::default();
        let had = before.unwrap_or(&nothing);
        limits::new_label(Self::NAME_POINTER, &fields.name, &had.name)?;
        limits::new_posix_number("/gid_number", fields.gid_number, had.gid_number)
    }

    fn let_go(
        &self,
        change: &mut Change<'_>,
        partition: Partition,
        id: GroupId,
    ) -> Result<(), Error> {
        for client in change.scan::<RadiusClient>(partition, None) {
            let fields = client?.1.fields;
            if fields.allowed_groups.contains(&id) {
                return Err(Error::InUse("a RADIUS client allows this group"));
            }
            let names = |rule: &NetworkRule| {
                rule.when.groups.contains(&id) || rule.when.with_device_groups.contains(&id)
            };
            if fields.rules.iter().any(names) {
                return Err(Error::InUse("a rule of a RADIUS client names this group"));
            }
        }
        for account in change.scan::<ServiceAccount>(partition, None) {
            if matches!(account?.1.fields.visibility, Visibility::Groups(groups) if groups.contains(&id))
            {
                return Err(Error::InUse("a service account sees this group"));
            }
        }
        let number = id.record().to_be_bytes();
        if change.find_first(partition, indices::DEVICE_GROUP, &number)?.is_some() {
            return Err(Error::InUse("a device is in this group"));
        }
        if change.find_first(partition, indices::SECURITY_POLICY_GROUP, &number)?.is_some() {
            return Err(Error::InUse("a security policy is for this group"));
        }
        if change.find_first(partition, indices::PASSWORD_POLICY_GROUP, &number)?.is_some() {
            return Err(Error::InUse("a password policy is for this group"));
        }
        unlink_all(change, partition, id.record())
    }
}

fn unlink_all(change: &mut Change<'_>, partition: Partition, group: Id) -> Result<(), Error> {
    for relation in [relations::GROUP_USER, relations::GROUP_GROUP] {
        let members: Vec<Id> =
            change.linked(partition, relation, group).collect::<Result<_, _>>()?;
        for member in members {
            change.unlink(partition, relation, group, member)?;
        }
    }
    let parents: Vec<Id> =
        change.linking(partition, relations::GROUP_GROUP, group).collect::<Result<_, _>>()?;
    for parent in parents {
        change.unlink(partition, relations::GROUP_GROUP, parent, group)?;
    }
    Ok(())
}

/// The groups that `user` is in, by way of nested groups as well, in the order of ids.
pub(crate) fn groups_of_user(
    source: &impl Reading,
    partition: Partition,
    user: UserId,
) -> Result<Vec<GroupId>, ReadError> {
    let direct = source.linking(partition, relations::GROUP_USER, user.record());
    let direct: Vec<Id> = direct.collect::<Result<_, _>>()?;
    closure(direct, |group| source.linking(partition, relations::GROUP_GROUP, group).collect())
}

/// The groups that `group` is in, directly or not, in the order of ids.
pub(crate) fn ancestors_of_group(
    source: &impl Reading,
    partition: Partition,
    group: GroupId,
) -> Result<Vec<GroupId>, ReadError> {
    let direct = source.linking(partition, relations::GROUP_GROUP, group.record());
    let direct: Vec<Id> = direct.collect::<Result<_, _>>()?;
    closure(direct, |group| source.linking(partition, relations::GROUP_GROUP, group).collect())
}

/// The groups that a device in `own` is in, by way of nested groups as well, in the order of ids.
pub(crate) fn groups_of_device(
    source: &impl Reading,
    partition: Partition,
    own: &[GroupId],
) -> Result<Vec<GroupId>, ReadError> {
    let direct = own.iter().map(|group| group.record()).collect();
    closure(direct, |group| source.linking(partition, relations::GROUP_GROUP, group).collect())
}

/// The group itself and all groups nested in it, in the order of ids.
pub(crate) fn descendants(
    source: &impl Reading,
    partition: Partition,
    group: GroupId,
) -> Result<Vec<GroupId>, ReadError> {
    closure(vec![group.record()], |group| {
        source.linked(partition, relations::GROUP_GROUP, group).collect()
    })
}

fn closure(
    mut open: Vec<Id>,
    next: impl Fn(Id) -> Result<Vec<Id>, ReadError>,
) -> Result<Vec<GroupId>, ReadError> {
    let mut seen = BTreeSet::new();
    while let Some(group) = open.pop() {
        if seen.insert(group) {
            open.extend(next(group)?);
        }
    }
    Ok(seen.into_iter().filter_map(GroupId::from_record).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::bounded;

    #[test]
    fn the_members_that_one_event_tells_have_room_in_it() {
        let name = "x".repeat(limits::NAME);
        let member = Difference { field: "member".into(), before: None, after: Some(name) };
        let all = vec![member; TOLD_MEMBERS];
        assert_eq!(bounded(all.clone()), all);
    }
}
