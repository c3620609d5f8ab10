//! What of a search's result may have changed since a commit, as the change log tells.
//!
//! An entry shows its own record, the names of the groups that it is in (by way of nested groups as
//! well), and, if it is a group, the names of those that are in it. So a changed record touches its
//! own entry, and under a new name those above and below it; a changed membership touches the group
//! and those above it, and the member and those below it. Those above and below as they are now are
//! enough: where somebody is not above any more, the membership that ended is in the log itself.
//! References show names too: under a new name those that refer to an entry are touched, and who
//! sees some groups alone may see or not see whoever is named, so then all are that refer to what is
//! touched. Who is deleted is taken out of them, which is in the log. Devices name their owners, and are
//! touched likewise; of who is deleted they stay as they were, and show nobody. A certificate touches
//! whom it was issued to.

use std::collections::{BTreeSet, HashMap};

use storage::{Changed, Id, Partition, ReadError, Reading, Snapshot, What};
use uuid::Uuid;

use super::attribute::Kind;
use super::entry::EntryId;
use super::entry_set::EntrySet;
use super::found::entry_id;
use super::kinds_shown::UNSHOWN;
use super::own_commits::Stretch;
use super::sight::devices_in;
use crate::access::{Grant, Search, Who};
use crate::error::Error;
use crate::id::{GroupId, OrganizationId, RecordId, UserId};
use crate::records::{
    CertificateOwner, Device, Group, IssuedCertificate, ServiceAccount, User, indices, kinds,
    relations,
};
use crate::references;
use crate::schema::Schema;

/// So many commits are looked through at most: an organization's own, or of all organizations together
/// where it is not noted whose they are, as before the last start.
pub(crate) const COMMITS: u64 = 25_000;

/// What of an organization may look different since a commit.
#[derive(Debug)]
pub enum Since {
    /// These entries at most, if any.
    Entries(Touched),
    /// Everything, as something changed on which all entries rest; those that are gone were known
    /// by these ids.
    Everything(HashMap<EntryId, Uuid>),
    /// The log does not tell.
    Unknown,
}

/// Entries that may look different since a commit.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// All of them: those that came, those that changed, those that are gone.
    pub entries: EntrySet,
    /// The ids by which those that are gone were known.
    pub gone: HashMap<EntryId, Uuid>,
    /// Users who had been deleted by then, and were restored, or forgotten for good.
    pub restored: EntrySet,
}

/// What one change in the log is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Nothing that entries show.
    Nothing,
    /// An entry; what others show of it stays.
    Entry(EntryId),
    /// An entry, and what others show of it.
    Named(EntryId),
    /// An entry that was deleted, as it was known.
    Gone(EntryId, Uuid),
    /// A membership: the group, and who is in it or not any more.
    Membership(GroupId, EntryId),
    /// A certificate that was issued or revoked, by its record's number.
    Certificate(Id),
    /// Something on which all entries rest, or perhaps rest.
    Everything,
}

impl Subject {
    /// What a change is about, for an organization.
    pub(crate) fn of(change: &Changed, organization: OrganizationId) -> Self {
        match change.partition {
            Partition::Provider => {
                let own = (kinds::ORGANIZATION, organization.record());
                if (change.kind, change.id) == own { Self::Everything } else { Self::Nothing }
            }
            own if own == organization.partition() => Self::inside(change),
            Partition::Organization(_) => Self::Nothing,
        }
    }

    /// What a change of certificates that are issued, or of who issues them, is about.
    fn of_certificates(change: &Changed) -> Option<Self> {
        let gone = matches!(change.what, What::Deleted | What::Removed { .. });
        match change.kind {
            kinds::ISSUED_CERTIFICATE if !gone => Some(Self::Certificate(change.id)),
            // Nobody's certificates count any more that it had issued.
            kinds::CERTIFICATE_AUTHORITY if gone => Some(Self::Everything),
            // One that is forgotten has ended long before.
            kinds::ISSUED_CERTIFICATE | kinds::CERTIFICATE_AUTHORITY => Some(Self::Nothing),
            _ => None,
        }
    }

    fn inside(change: &Changed) -> Self {
        if let Some(subject) = Self::of_certificates(change) {
            return subject;
        }
        let entry = match change.kind {
            kinds::USER => entry_id(Kind::User, change.id),
            kinds::GROUP => entry_id(Kind::Group, change.id),
            kinds::SERVICE_ACCOUNT => entry_id(Kind::ServiceAccount, change.id),
            kinds::DEVICE => entry_id(Kind::Device, change.id),
            _ => None,
        };
        match change.what {
            What::SecretPut | What::SecretDeleted => Self::Nothing,
            What::Linked { relation, to } | What::Unlinked { relation, to } => {
                let member = match relation {
                    relations::GROUP_USER => entry_id(Kind::User, to),
                    relations::GROUP_GROUP => entry_id(Kind::Group, to),
                    _ => None,
                };
                let group = GroupId::from_record(change.id);
                let both = group.zip(member);
                both.map_or(Self::Everything, |(group, member)| Self::Membership(group, member))
            }
            _ if UNSHOWN.contains(&change.kind) => Self::Nothing,
            What::Put => entry.map_or(Self::Everything, Self::Named),
            What::Rewritten => entry.map_or(Self::Everything, Self::Entry),
            What::Removed { known_as } => entry
                .map_or(Self::Everything, |entry| Self::Gone(entry, Uuid::from_bytes(known_as))),
            What::Deleted | What::PartitionCreated | What::PartitionDestroyed => Self::Everything,
        }
    }
}

/// The number of no commit, so that no tag of one is a mask.
const NO_COMMIT: u64 = u64::MAX;

impl Grant<'_, &Snapshot, Search> {
    /// The commit whose state the grant reads.
    pub fn sequence(&self) -> u64 {
        self.source.sequence()
    }

    /// What may look different to the caller since a commit.
    ///
    /// # Errors
    /// When the store fails.
    pub fn since(&self, sequence: u64) -> Result<Since, Error> {
        let organization = self.organization()?;
        let own = match self.context.actor.0 {
            Who::ServiceAccount { account, .. } => Some(EntryId::ServiceAccount(account)),
            Who::User { .. }
            | Who::Nobody
            | Who::Operator
            | Who::UserToChangePassword { .. }
            | Who::Device { .. }
            | Who::Admin { .. } => None,
        };
        let mut spread = Spread::default();
        let told = self.own_changes((organization, sequence), &mut |change| {
            spread.add(Subject::of(change, organization), own);
            spread.note_restored(change, organization);
        })?;
        if !told {
            return Ok(Since::Unknown);
        }
        if spread.everything {
            return Ok(Since::Everything(spread.touched.gone));
        }
        let partition = organization.partition();
        let named = std::mem::take(&mut spread.renamed);
        let mut touched = spread.settle(self.source, partition)?;
        let by_kind = self.sees_by_kind()?;
        let named = if by_kind { named } else { touched.entries.iter().collect() };
        self.touch_devices(&mut touched, &named)?;
        if self.seen.schema.has_references() {
            refer(&mut touched, named, &self.seen.schema, (self.source, partition))?;
        }
        Ok(Since::Entries(touched))
    }

    /// Touches the devices of users who are called otherwise, or are gone, or may be seen or not; and
    /// those of groups that may.
    fn touch_devices(&self, touched: &mut Touched, named: &[EntryId]) -> Result<(), Error> {
        let (source, organization) = (self.source, self.organization()?);
        let partition = organization.partition();
        if source.prefix(partition, indices::DEVICE_NAME, b"").ids().next().is_none() {
            return Ok(());
        }
        let by_kind = self.sees_by_kind()?;
        let mut devices: Vec<Id> = Vec::new();
        for entry in named.iter().chain(touched.gone.keys()) {
            match entry {
                EntryId::User(user) => {
                    let owner = user.record().to_be_bytes();
                    for device in source.find(partition, indices::DEVICE_OWNER, &owner) {
                        devices.push(device?);
                    }
                }
                EntryId::Group(group) if !by_kind => {
                    devices.extend(devices_in(*group, source, organization)?);
                }
                EntryId::Group(_) | EntryId::ServiceAccount(_) | EntryId::Device(_) => {}
            }
        }
        let devices = devices.into_iter().filter_map(|device| entry_id(Kind::Device, device));
        touched.entries.extend(devices);
        Ok(())
    }

    /// Shows what changed since a commit to `visit`, without what is other organizations' alone where
    /// that is noted. Says no, and perhaps shows some of it, when there is too much, or the log does not
    /// tell it all.
    fn own_changes(
        &self,
        (organization, sequence): (OrganizationId, u64),
        visit: &mut dyn FnMut(&Changed),
    ) -> Result<bool, Error> {
        let last = self.source.sequence();
        let own = self.tools.own_commits().between(organization, sequence, last);
        let Some(Stretch { commits, until }) = own.filter(|_| sequence <= last) else {
            return Ok(self.source.changes_since(sequence, COMMITS, visit)?);
        };
        let is_told = commits.len() as u64 <= COMMITS && self.source.changes_at(&commits, visit)?;
        // The writer may not have told of the snapshot's last commits yet.
        Ok(is_told && self.source.changes_since(until, COMMITS, visit)?)
    }

    /// Whether the caller sees all entries of some kinds and none of others. Then who does not see
    /// an entry has never seen it.
    ///
    /// # Errors
    /// When the caller is gone.
    pub fn sees_by_kind(&self) -> Result<bool, Error> {
        Ok(self.sight()?.is_by_kind())
    }

    /// Whether the caller sees an entry, or saw it while it was there; only of who
    /// [sees by kind](Self::sees_by_kind) is that told of entries that are gone.
    ///
    /// # Errors
    /// When the caller is gone.
    pub fn sees(&self, entry: EntryId) -> Result<bool, Error> {
        Ok(self.sight()?.sees(entry))
    }

    /// A tag of a commit for what the caller asks; nobody can make it, and it tells nothing.
    ///
    /// # Errors
    /// When there is no such caller.
    pub fn tag(&self, sequence: u64, asked: &[&[u8]]) -> Result<[u8; 32], Error> {
        self.with_caller(sequence, asked, |parts| self.tools.epochs().tag(parts))
    }

    /// The tags of a commit that the same caller who asks the same was given, before the last start
    /// as well.
    ///
    /// # Errors
    /// When there is no such caller.
    pub fn tags(&self, sequence: u64, asked: &[&[u8]]) -> Result<Vec<[u8; 32]>, Error> {
        self.with_caller(sequence, asked, |parts| self.tools.epochs().tags(sequence, parts))
    }

    /// What hides the number of a commit from a client, as it is told beside what was asked: the first
    /// one does, and the others did in the epochs before.
    ///
    /// # Errors
    /// When there is no such caller.
    pub fn masks(&self, asked: &[&[u8]]) -> Result<Vec<[u8; 32]>, Error> {
        self.with_caller(NO_COMMIT, asked, |parts| self.tools.epochs().masks(parts))
    }

    /// Hands over a commit with who asks what.
    fn with_caller<T>(
        &self,
        sequence: u64,
        asked: &[&[u8]],
        take: impl FnOnce(&[&[u8]]) -> T,
    ) -> Result<T, Error> {
        let (kind, caller) = match self.context.actor.0 {
            Who::User { user, .. } => (1_u64, user.record()),
            Who::ServiceAccount { account, .. } => (2, account.record()),
            Who::Nobody
            | Who::Operator
            | Who::UserToChangePassword { .. }
            | Who::Device { .. }
            | Who::Admin { .. } => return Err(Error::Missing),
        };
        let numbers = [self.organization()?.record(), kind, caller, sequence];
        let numbers = numbers.map(u64::to_be_bytes);
        let mut parts: Vec<&[u8]> = numbers.iter().map(<[u8; 8]>::as_slice).collect();
        parts.extend_from_slice(asked);
        Ok(take(&parts))
    }

    /// The id by which an entry is known, whether the caller sees it or not; `None` when there is
    /// no such entry.
    ///
    /// # Errors
    /// When the store fails.
    pub fn known_as(&self, entry: EntryId) -> Result<Option<Uuid>, Error> {
        let (partition, number) = (self.organization()?.partition(), entry.record());
        Ok(match entry {
            EntryId::User(_) => self.source.get::<User>(partition, number)?.map(|user| user.uuid),
            EntryId::Group(_) => self.source.get::<Group>(partition, number)?.map(|it| it.uuid),
            EntryId::ServiceAccount(_) => {
                self.source.get::<ServiceAccount>(partition, number)?.map(|it| it.uuid)
            }
            EntryId::Device(_) => self.source.get::<Device>(partition, number)?.map(|it| it.uuid),
        })
    }
}

/// From what changes are about to the entries that they touch.
#[derive(Default)]
struct Spread {
    touched: Touched,
    /// Those above these groups are touched, and these themselves.
    above: BTreeSet<Id>,
    /// Those below these groups are touched, and these themselves.
    below: BTreeSet<Id>,
    /// Users whose groups are touched.
    named: Vec<UserId>,
    /// Entries whose names others show.
    renamed: Vec<EntryId>,
    /// Certificates whose owners are touched.
    certificates: Vec<Id>,
    everything: bool,
}

impl Spread {
    /// Takes in what a change is about; `own` is the caller's account.
    fn add(&mut self, subject: Subject, own: Option<EntryId>) {
        match subject {
            Subject::Nothing => {}
            Subject::Everything => self.everything = true,
            Subject::Certificate(number) => self.certificates.push(number),
            Subject::Entry(entry) | Subject::Named(entry) if Some(entry) == own => {
                // It says what its owner sees.
                self.everything = true;
            }
            Subject::Entry(entry) => drop(self.touched.entries.insert(entry)),
            Subject::Gone(entry, known_as) => {
                self.touched.entries.insert(entry);
                self.touched.gone.insert(entry, known_as);
            }
            Subject::Named(entry) => {
                self.touched.entries.insert(entry);
                self.renamed.push(entry);
                match entry {
                    EntryId::User(user) => self.named.push(user),
                    EntryId::Group(group) => {
                        self.above.insert(group.record());
                        self.below.insert(group.record());
                    }
                    EntryId::ServiceAccount(_) | EntryId::Device(_) => {}
                }
            }
            Subject::Membership(group, member) => {
                self.above.insert(group.record());
                self.touched.entries.insert(member);
                if let EntryId::Group(nested) = member {
                    self.below.insert(nested.record());
                }
            }
        }
    }

    /// Takes note of a user who is not among the deleted ones any more, and was so before.
    fn note_restored(&mut self, change: &Changed, organization: OrganizationId) {
        let is_it = change.partition == organization.partition()
            && change.kind == kinds::DELETED_USER
            && change.what == What::Deleted;
        if let Some(user) = entry_id(Kind::User, change.id).filter(|_| is_it)
            && !self.touched.gone.contains_key(&user)
        {
            self.touched.restored.insert(user);
        }
    }

    /// Finds those above and below.
    fn settle(mut self, source: &Snapshot, partition: Partition) -> Result<Touched, ReadError> {
        for user in self.named {
            for group in source.linking(partition, relations::GROUP_USER, user.record()) {
                self.above.insert(group?);
            }
        }
        let entries = &mut self.touched.entries;
        for number in self.certificates {
            let issued = source.get::<IssuedCertificate>(partition, number)?;
            entries.extend(issued.map(|issued| match issued.owner {
                CertificateOwner::User(user) => EntryId::User(user),
                CertificateOwner::Device(device) => EntryId::Device(device),
            }));
        }
        let mut open: Vec<Id> = self.above.iter().copied().collect();
        while let Some(group) = open.pop() {
            entries.extend(entry_id(Kind::Group, group));
            for parent in source.linking(partition, relations::GROUP_GROUP, group) {
                let parent = parent?;
                if self.above.insert(parent) {
                    open.push(parent);
                }
            }
        }
        let mut open: Vec<Id> = self.below.iter().copied().collect();
        while let Some(group) = open.pop() {
            entries.extend(entry_id(Kind::Group, group));
            for user in source.linked(partition, relations::GROUP_USER, group) {
                entries.extend(entry_id(Kind::User, user?));
            }
            for nested in source.linked(partition, relations::GROUP_GROUP, group) {
                let nested = nested?;
                if self.below.insert(nested) {
                    open.push(nested);
                }
            }
        }
        Ok(self.touched)
    }
}

/// Touches those that name these entries by references.
fn refer(
    touched: &mut Touched,
    named: Vec<EntryId>,
    schema: &Schema,
    (source, partition): (&Snapshot, Partition),
) -> Result<(), ReadError> {
    for entry in named {
        let referring = references::referring(schema, source, partition, entry)?;
        touched.entries.extend(referring.into_iter().map(|(_, entry)| entry));
    }
    Ok(())
}
