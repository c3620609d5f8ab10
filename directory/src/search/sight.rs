//! Which entries a caller sees.

use storage::{Id, ReadError, Reading, Snapshot};

use super::attribute::Kind;
use super::entry::{Entry, EntryId};
use super::plan::Candidates;
use super::run::SearchGrant;
use crate::access::Who;
use crate::collections::descendants;
use crate::error::Error;
use crate::id::{GroupId, OrganizationId, RecordId, ServiceAccountId, UserId};
use crate::records::{Visibility, indices, relations};

/// Which entries a caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Everything of the organization.
    Everything,
    /// The people and groups, but neither service accounts nor devices.
    People,
    /// Only themselves.
    Oneself(UserId),
    /// These groups and users (in the order of ids), the devices that are in these groups, and the
    /// caller's own entry.
    Chosen { own: ServiceAccountId, groups: Vec<GroupId>, users: Vec<UserId> },
}

impl Sight {
    /// What the actor of a search sees.
    pub(crate) fn of(grant: &SearchGrant<'_, '_>) -> Result<Self, Error> {
        match grant.context.actor.0 {
            Who::ServiceAccount { organization, account, .. } => {
                let record = grant.seen.account.as_ref().ok_or(Error::Missing)?;
                match &record.fields.visibility {
                    Visibility::Everything => Ok(Self::Everything),
                    Visibility::Groups(chosen) => {
                        Self::chosen(grant.source, organization, account, chosen)
                    }
                }
            }
            Who::User { user, .. } => {
                let record = grant.own_organization()?;
                let people = record.settings.users_see_people;
                Ok(if people { Self::People } else { Self::Oneself(user) })
            }
            Who::Nobody
            | Who::Operator
            | Who::UserToChangePassword { .. }
            | Who::Device { .. }
            | Who::Admin { .. } => Err(Error::Missing),
        }
    }

    fn chosen(
        source: &Snapshot,
        id: OrganizationId,
        own: ServiceAccountId,
        chosen: &[GroupId],
    ) -> Result<Self, Error> {
        let partition = id.partition();
        let (mut groups, mut users) = (Vec::new(), Vec::new());
        for group in chosen {
            groups.extend(descendants(source, partition, *group)?);
        }
        groups.sort_unstable();
        groups.dedup();
        for group in &groups {
            for user in source.linked(partition, relations::GROUP_USER, group.record()) {
                users.extend(UserId::from_record(user?));
            }
        }
        users.sort_unstable();
        users.dedup();
        Ok(Self::Chosen { own, groups, users })
    }

    /// Whether the caller is told that an entry is in a group: of groups they see, and people of
    /// their own.
    pub(crate) fn tells(&self, entry: EntryId, group: GroupId) -> bool {
        let own =
            matches!((self, entry), (Self::Oneself(own), EntryId::User(user)) if *own == user);
        own || self.sees(EntryId::Group(group))
    }

    /// Whether everything of some kinds is seen, whoever is in which group, and nothing of others.
    pub(crate) const fn is_by_kind(&self) -> bool {
        matches!(self, Self::Everything | Self::People)
    }

    /// The entries of a kind that may be seen; none but these are.
    pub(crate) fn candidates(
        &self,
        kind: Kind,
        (source, organization): (&Snapshot, OrganizationId),
    ) -> Result<Candidates, ReadError> {
        let these = |ids: Vec<Id>| Candidates::These(ids);
        Ok(match (self, kind) {
            (Self::People, Kind::Device) => these(Vec::new()),
            (Self::Everything | Self::People, _) => Candidates::All,
            (Self::Oneself(own), Kind::User) => these(vec![own.record()]),
            (Self::Chosen { users, .. }, Kind::User) => {
                these(users.iter().map(|user| user.record()).collect())
            }
            (Self::Chosen { groups, .. }, Kind::Group) => {
                these(groups.iter().map(|group| group.record()).collect())
            }
            (Self::Chosen { own, .. }, Kind::ServiceAccount) => these(vec![own.record()]),
            (Self::Chosen { groups, .. }, Kind::Device) => {
                let mut devices = Vec::new();
                for group in groups {
                    devices.extend(devices_in(*group, source, organization)?);
                }
                Candidates::of(devices)
            }
            (Self::Oneself(_) | Self::Chosen { .. }, _) => these(Vec::new()),
        })
    }

    /// Whether an entry is seen that was read: of a device, its record says in which groups it is.
    pub(crate) fn shows(&self, entry: &Entry) -> bool {
        if let (Self::Chosen { groups, .. }, Entry::Device(_, device)) = (self, entry) {
            let mut own = device.fields.groups.iter();
            return own.any(|group| groups.binary_search(group).is_ok());
        }
        self.sees(entry.id())
    }

    /// Whether an entry is seen, as far as its id says: of devices that are in chosen groups,
    /// [`shows`](Self::shows) does.
    pub(crate) fn sees(&self, entry: EntryId) -> bool {
        match (self, entry) {
            (Self::Everything, _) => true,
            (Self::People, _) => matches!(entry.kind(), Kind::User | Kind::Group),
            (Self::Oneself(own), EntryId::User(user)) => *own == user,
            (
                Self::Oneself(_),
                EntryId::Group(_) | EntryId::ServiceAccount(_) | EntryId::Device(_),
            )
            | (Self::Chosen { .. }, EntryId::Device(_)) => false,
            (Self::Chosen { users, .. }, EntryId::User(user)) => users.binary_search(&user).is_ok(),
            (Self::Chosen { groups, .. }, EntryId::Group(group)) => {
                groups.binary_search(&group).is_ok()
            }
            (Self::Chosen { own, .. }, EntryId::ServiceAccount(account)) => *own == account,
        }
    }
}

/// The devices that are in a group themselves, in the order of ids.
pub(super) fn devices_in(
    group: GroupId,
    source: &Snapshot,
    organization: OrganizationId,
) -> Result<Vec<Id>, ReadError> {
    let number = group.record().to_be_bytes();
    source.find(organization.partition(), indices::DEVICE_GROUP, &number).collect()
}
