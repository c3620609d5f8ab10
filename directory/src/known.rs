//! What was read from the store a moment ago, kept as long as its partition stays as it was.
//!
//! Records that binds and searches read again and again (which organization has a base, who has a
//! login) are worth keeping decoded. What is kept counts only while no change of the same partition was acknowledged since
//! the snapshot that it was read from, so nobody has to remember to forget it.

use std::hash::Hash;
use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, UnitWeighter, Weighter};
use smallvec::SmallVec;
use storage::{Id, Index, Partition, ReadError, Reading, Snapshot, Store};

use crate::access::{Actor, Seen};
use crate::authentication::KnownAccounts;
use crate::authentication::Who as Claim;
use crate::collections::ShownCertificate;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{GroupId, OrganizationId, RecordId, UserId};
use crate::records::{
    Base, Organization, ServerCertificate, ServiceAccount, ServiceAccountFields, User, Visibility,
    indices, kinds,
};
use crate::search::EntryId;
use crate::search::kin::{self, KnownGroup, MemberNames, Memberships};
use crate::text::prepare;

/// An index that has a value once, and the value: most fit without a heap allocation.
type Spot = (OrganizationId, Index, SmallVec<[u8; 36]>);

/// What is looked up by each bind and each request.
pub(crate) struct Lookups {
    /// Active organizations by their bases.
    pub(crate) bases: Known<String, OrganizationId>,
    /// Active organizations by the domains that they go by, as they were written in lower case.
    pub(crate) domains: Known<String, OrganizationId>,
    /// Accounts by their names.
    pub(crate) accounts: KnownAccounts,
    organizations: Known<OrganizationId, Arc<Organization>>,
    numbers: Known<Spot, Id>,
    users: Known<(OrganizationId, UserId), Arc<User>, Room>,
    groups: Known<(OrganizationId, GroupId), Arc<KnownGroup>, Room>,
    /// The groups that entries are in.
    memberships: Known<(OrganizationId, EntryId), Memberships, Room>,
    /// What directory identities may do and see in their organizations.
    seen: Known<(Actor, OrganizationId), Arc<Seen>>,
    /// What organizations show in EAP in place of the daemon's certificate, or that it is nothing.
    shown: Known<OrganizationId, Option<Arc<ShownCertificate>>>,
    /// The applications that bind users from networks of their own.
    binders: Known<OrganizationId, Arc<[ServiceAccountFields]>>,
    /// The members of groups.
    members: Known<(OrganizationId, GroupId), Arc<MemberNames>, Room>,
}

/// What is kept decoded for searches at most.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Users, of all organizations.
    pub users: usize,
    /// Octets that these users take with the groups that they are in, about.
    pub size: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Self { users: 16_384, size: 128 << 20 }
    }
}

/// How much is kept at most.
pub(crate) struct Capacity {
    /// Organizations.
    pub(crate) organizations: usize,
    /// Accounts that authenticate.
    pub(crate) accounts: usize,
    /// What searches find.
    pub(crate) found: Keep,
}

/// Actors of whom it is kept what they may do and see.
const KNOWN_ACTORS: usize = 4_096;
/// Groups whose members are kept.
const KNOWN_MEMBERS: usize = 4_096;
/// The members of larger groups are not kept.
const FEW_MEMBERS: usize = 512;

impl Lookups {
    /// Keeps nothing yet.
    pub(crate) fn new(capacity: &Capacity) -> Self {
        let Keep { users, size } = capacity.found;
        Self {
            bases: Known::new(capacity.organizations),
            domains: Known::new(capacity.organizations),
            accounts: Known::new(capacity.accounts),
            organizations: Known::new(capacity.organizations),
            numbers: Known::new(users),
            users: Known::within(users, size / 4),
            groups: Known::within(users, size / 8),
            // Each may hold the groups as they were once.
            memberships: Known::within(users, size / 2),
            seen: Known::new(KNOWN_ACTORS),
            shown: Known::new(capacity.organizations),
            binders: Known::new(capacity.organizations),
            members: Known::within(KNOWN_MEMBERS, size / 8),
        }
    }

    /// The number of the record that has a value in an index in which no two have the same.
    pub(crate) fn number(
        &self,
        snapshot: &Snapshot,
        organization: OrganizationId,
        index: Index,
        value: &[u8],
    ) -> Result<Option<Id>, ReadError> {
        let (partition, spot) = (organization.partition(), SmallVec::from_slice(value));
        let spot = (organization, index, spot);
        if let Some(known) = self.numbers.get(snapshot, partition, &spot) {
            return Ok(Some(known));
        }
        let found = snapshot.find_first(partition, index, value)?;
        if let Some(number) = found {
            self.numbers.keep(snapshot, spot, number);
        }
        Ok(found)
    }

    /// Reads a user's record, or knows it.
    pub(crate) fn user(
        &self,
        snapshot: &Snapshot,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<Arc<User>>, ReadError> {
        let (partition, name) = (organization.partition(), (organization, id));
        if let Some(known) = self.users.get(snapshot, partition, &name) {
            return Ok(Some(known));
        }
        let Some(record) = snapshot.get::<User>(partition, id.record())? else { return Ok(None) };
        let record = Arc::new(record);
        self.users.keep(snapshot, name, Arc::clone(&record));
        Ok(Some(record))
    }

    /// Reads a group with the groups that it is in directly, or knows it.
    fn group(
        &self,
        snapshot: &Snapshot,
        organization: OrganizationId,
        id: GroupId,
    ) -> Result<Option<Arc<KnownGroup>>, ReadError> {
        let (partition, name) = (organization.partition(), (organization, id));
        if let Some(known) = self.groups.get(snapshot, partition, &name) {
            return Ok(Some(known));
        }
        let read = KnownGroup::read(snapshot, organization, id)?;
        if let Some(group) = &read {
            self.groups.keep(snapshot, name, Arc::clone(group));
        }
        Ok(read)
    }

    /// Reads which groups an entry is in, by way of nested groups as well, or knows it.
    pub(crate) fn memberships(
        &self,
        snapshot: &Snapshot,
        organization: OrganizationId,
        entry: EntryId,
    ) -> Result<Memberships, ReadError> {
        let (partition, name) = (organization.partition(), (organization, entry));
        if let Some(known) = self.memberships.get(snapshot, partition, &name) {
            return Ok(known);
        }
        let read = kin::memberships(snapshot, organization, entry, |group| {
            self.group(snapshot, organization, group)
        })?;
        self.memberships.keep(snapshot, name, Arc::clone(&read));
        Ok(read)
    }

    /// Reads the direct members of a group, or knows them.
    pub(crate) fn members(
        &self,
        snapshot: &Snapshot,
        organization: OrganizationId,
        group: GroupId,
    ) -> Result<Arc<MemberNames>, ReadError> {
        let (partition, name) = (organization.partition(), (organization, group));
        if let Some(known) = self.members.get(snapshot, partition, &name) {
            return Ok(known);
        }
        let read = Arc::new(MemberNames::read(snapshot, organization, group, Some(self))?);
        if read.len() <= FEW_MEMBERS {
            self.members.keep(snapshot, name, Arc::clone(&read));
        }
        Ok(read)
    }

    /// What was read when an actor was authorized to search an organization, if it is kept and
    /// still holds.
    pub(crate) fn seen(
        &self,
        snapshot: &Snapshot,
        actor: Actor,
        organization: OrganizationId,
    ) -> Option<Arc<Seen>> {
        self.seen.get_unless(&(actor, organization), |sequence| {
            let parts = [organization.partition(), Partition::Provider];
            parts.iter().any(|partition| !snapshot.agrees_with(*partition, sequence))
        })
    }

    /// Keeps what was read when an actor was authorized to search an organization, but for accounts
    /// that see some groups alone: what these see may be large, and stays with their connections.
    pub(crate) fn keep_seen(
        &self,
        snapshot: &Snapshot,
        actor: Actor,
        organization: OrganizationId,
        seen: &Arc<Seen>,
    ) {
        let chooses =
            |account: &ServiceAccount| account.fields.visibility != Visibility::Everything;
        if !seen.account.as_ref().is_some_and(chooses) {
            self.seen.keep(snapshot, (actor, organization), Arc::clone(seen));
        }
    }

    /// Reads what an organization shows in EAP in place of the daemon's certificate, or knows it.
    pub(crate) fn shown_certificate(
        &self,
        snapshot: &Snapshot,
        organization: OrganizationId,
    ) -> Result<Option<Arc<ShownCertificate>>, ReadError> {
        let (partition, number) = (organization.partition(), ServerCertificate::ID);
        if let Some(known) = self.shown.get(snapshot, partition, &organization) {
            return Ok(known);
        }
        let read = match snapshot.get(partition, number)? {
            Some(record) => {
                let key = snapshot.secret(partition, kinds::SERVER_KEY, number)?;
                Some(Arc::new(ShownCertificate { record, key: key.ok_or(ReadError::Sealed)? }))
            }
            None => None,
        };
        self.shown.keep(snapshot, organization, read.clone());
        Ok(read)
    }

    /// Reads which applications of an organization bind users from networks of their own, or knows it.
    pub(crate) fn binders(
        &self,
        snapshot: &Snapshot,
        organization: OrganizationId,
    ) -> Result<Arc<[ServiceAccountFields]>, ReadError> {
        let partition = organization.partition();
        if let Some(known) = self.binders.get(snapshot, partition, &organization) {
            return Ok(known);
        }
        let mut read = Vec::new();
        for found in snapshot.find(partition, indices::SERVICE_ACCOUNT_SOURCES, b"") {
            let account = snapshot.get::<ServiceAccount>(partition, found?)?;
            read.extend(account.map(|account| account.fields));
        }
        let read = Arc::<[ServiceAccountFields]>::from(read);
        self.binders.keep(snapshot, organization, Arc::clone(&read));
        Ok(read)
    }

    /// Reads an organization's record, or knows it.
    pub(crate) fn organization(
        &self,
        snapshot: &Snapshot,
        id: OrganizationId,
    ) -> Result<Option<Arc<Organization>>, ReadError> {
        if let Some(known) = self.organizations.get(snapshot, Partition::Provider, &id) {
            return Ok(Some(known));
        }
        let Some(record) = snapshot.get::<Organization>(Partition::Provider, id.record())? else {
            return Ok(None);
        };
        let record = Arc::new(record);
        self.organizations.keep(snapshot, id, Arc::clone(&record));
        Ok(Some(record))
    }
}

impl Directory {
    /// Forgets what was opened of secrets (the NT hashes of accounts, the keys of certificates) where
    /// anything of the organization was changed since. It counts no more, but nobody may ask for it again:
    /// what was erased would stay in memory.
    pub fn forget_opened(&self) {
        let Lookups { accounts, shown, .. } = &*self.inner.lookups;
        accounts.forget_outdated(&self.inner.store, |(organization, ..)| organization.partition());
        shown.forget_outdated(&self.inner.store, |organization| organization.partition());
    }

    /// The base of the active organization with a slug.
    ///
    /// # Errors
    /// When the store fails.
    pub fn base_by_slug(&self, slug: &str) -> Result<Option<Base>, Error> {
        self.organization_by_slug(slug)?.map_or(Ok(None), |id| self.base_of(id))
    }

    /// Whom the name of an account claims to be: the user whose login is all of it, or who has the
    /// login or is the service account of the name within it. Each is looked for, whoever is there.
    ///
    /// # Errors
    /// When the store fails.
    pub fn called(
        &self,
        organization: OrganizationId,
        whole: Option<String>,
        name: Option<String>,
    ) -> Result<Claim, Error> {
        let (snapshot, partition) = (self.inner.store.read()?, organization.partition());
        let has = |index, name: Option<&String>| {
            let name = prepare(name.map(String::as_str).unwrap_or_default());
            snapshot.find_first(partition, index, name.as_bytes()).map(|found| found.is_some())
        };
        let by_whole = has(indices::USER_LOGIN, whole.as_ref())?;
        let user = has(indices::USER_LOGIN, name.as_ref())?;
        let account = has(indices::SERVICE_ACCOUNT_NAME, name.as_ref())?;
        Ok(match (whole, name) {
            (Some(whole), _) if by_whole => Claim::User(whole),
            (_, Some(name)) if account && !user => Claim::ServiceAccount(name),
            (_, Some(name)) | (Some(name), None) => Claim::User(name),
            (None, None) => Claim::User(String::new()),
        })
    }

    /// The base of an organization.
    ///
    /// # Errors
    /// When the store fails.
    pub fn base_of(&self, id: OrganizationId) -> Result<Option<Base>, Error> {
        let snapshot = self.inner.store.read()?;
        let found = self.inner.lookups.organization(&snapshot, id)?;
        Ok(found.map(|record| record.fields.base.clone()))
    }
}

/// A bounded number of values read from the store.
pub(crate) struct Known<K, V, W = UnitWeighter> {
    kept: Cache<K, Kept<V>, W>,
}

#[derive(Clone)]
pub(crate) struct Kept<V> {
    /// The snapshot that it was read from.
    sequence: u64,
    value: V,
}

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    /// Keeps at most about `capacity` values.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { kept: Cache::new(capacity) }
    }
}

/// What takes more room the more there is in it.
pub(crate) trait Size {
    /// The octets that it takes in memory, about.
    fn size(&self) -> usize;
}

impl Size for Arc<User> {
    fn size(&self) -> usize {
        User::size(self)
    }
}

/// Weighs values by their sizes, so that neither too many are kept nor too large ones.
#[derive(Clone)]
pub(crate) struct Room {
    /// What the smallest one counts.
    least: usize,
}

impl<K, V: Size> Weighter<K, Kept<V>> for Room {
    fn weight(&self, _: &K, kept: &Kept<V>) -> u64 {
        kept.value.size().max(self.least) as u64
    }
}

impl<K: Eq + Hash, V: Clone + Size> Known<K, V, Room> {
    /// Keeps at most about `capacity` values that take at most about `size` octets.
    fn within(capacity: usize, size: usize) -> Self {
        let room = Room { least: size.div_ceil(capacity.max(1)) };
        Self { kept: Cache::with_weighter(capacity, size as u64, room) }
    }
}

impl<K: Eq + Hash, V: Clone, W: Weighter<K, Kept<V>> + Clone> Known<K, V, W> {
    /// The value of a key in a partition, if it is kept and still holds.
    pub(crate) fn get<Q>(&self, snapshot: &Snapshot, partition: Partition, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get_unless(key, |sequence| !snapshot.agrees_with(partition, sequence))
    }

    /// The value of a key, if it is kept and was not read from a snapshot that is `outdated`.
    fn get_unless<Q>(&self, key: &Q, outdated: impl FnOnce(u64) -> bool) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let kept = self.kept.get(key)?;
        (!outdated(kept.sequence)).then_some(kept.value)
    }

    /// Forgets what was read from a partition, which is said of each key, before its last change.
    fn forget_outdated(&self, store: &Store, partition: impl Fn(&K) -> Partition) {
        self.kept.retain(|key, kept| store.is_unchanged(partition(key), kept.sequence));
    }

    /// Keeps a value that was read from a snapshot.
    pub(crate) fn keep(&self, snapshot: &Snapshot, key: K, value: V) {
        self.kept.insert(key, Kept { sequence: snapshot.sequence(), value });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::records::{Stamp, UserFields, UserState};
    use crate::time::Time;

    fn user(description: usize) -> Kept<Arc<User>> {
        let fields =
            UserFields { description: Some("x".repeat(description)), ..UserFields::default() };
        let stamp = Stamp { created: Time(0), modified: Time(0), revision: 1 };
        let (uuid, state) = (Uuid::nil(), UserState::Active);
        let user = User { uuid, state, stamp, fields, activated: None };
        Kept { sequence: 0, value: Arc::new(user) }
    }

    #[test]
    fn users_are_kept_as_long_as_neither_their_number_nor_their_size_is_reached() {
        let kept = |description| {
            let known = Known::<u32, Arc<User>, Room>::within(1_000, 4 << 20);
            (0..5_000).for_each(|id| known.kept.insert(id, user(description)));
            known.kept.len()
        };
        assert!((900..=1_000).contains(&kept(10)), "{}", kept(10));
        let large = kept(64 << 10);
        assert!((1..=64).contains(&large), "{large}");
    }
}
