//! Deleted users: gone for everybody, and restorable for a while.

use storage::{Change, Id, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::browse::{Batch, Browse, Records};
use super::cap_use::take_place;
use super::entity::Entity;
use super::issued_certificates::of_owner;
use super::passwords::{forget_credential, raise_version};
use super::site::Site;
use super::users::{Users, direct_groups};
use crate::error::Error;
use crate::events::{Action, Difference, EventActor, SubjectKind};
use crate::id::{GroupId, RecordId, UserId};
use crate::records::{
    Capped, DeletedUser, Group, IssuedCertificate, OwnCertificates, User, indices, relations,
};
use crate::references;
use crate::schema::Schema;
use crate::text::prepare;

/// The most deleted users of one name that are looked at.
const NAMESAKES: usize = 1_000;

/// A page of the list of deleted users.
pub struct DeletedUserPage {
    /// The users, in the order in which they were made, each with its groups that there are.
    pub records: Vec<(UserId, DeletedUser, Vec<Uuid>)>,
    /// Where the next page starts; absent on the last.
    pub next: Option<UserId>,
}

/// What a user is restored with in place of what another has by now.
#[derive(Clone, Debug, Default)]
pub struct RestoredAs {
    /// Another login.
    pub login: Option<String>,
    /// Another POSIX number.
    pub uid_number: Option<u32>,
}

/// The deleted users, to be browsed.
pub struct DeletedUsers<'g>(Users<'g, &'g Snapshot>);

impl<'g> Users<'g, &'g Snapshot> {
    /// The deleted ones, to be browsed.
    pub fn into_deleted(self) -> DeletedUsers<'g> {
        DeletedUsers(self)
    }
}

impl Browse for DeletedUsers<'_> {
    type Id = UserId;
    type Record = (DeletedUser, Vec<Uuid>);

    fn batch(
        &self,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<Batch<UserId, Self::Record>, Error> {
        let page = self.0.deleted(None, after, limit)?;
        let is_more = page.next.is_some();
        let records = page.records.into_iter().map(|(id, record, groups)| (id, (record, groups)));
        Ok((records.collect(), is_more))
    }

    fn called(&self, name: &str) -> Result<Records<UserId, Self::Record>, Error> {
        let page = self.0.deleted(Some(name), None, NAMESAKES)?;
        let records = page.records.into_iter().map(|(id, record, groups)| (id, (record, groups)));
        Ok(records.collect())
    }

    fn candidate(&self, _: UserId) -> Result<Option<Self::Record>, Error> {
        // No index serves.
        Ok(None)
    }
}

impl Users<'_, &Snapshot> {
    /// Reads at most `limit` deleted users behind `after`, or of those only the ones that had a
    /// login, compared without case.
    ///
    /// # Errors
    /// When the store fails.
    pub fn deleted(
        &self,
        login: Option<&str>,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<DeletedUserPage, Error> {
        let (source, partition) = (self.site.source, self.site.partition());
        let behind = after.map(RecordId::record);
        let ids: Vec<Id> = match login {
            Some(login) => {
                let (index, login) = (indices::DELETED_USER_LOGIN, prepare(login));
                let found = source.find_behind(partition, index, login.as_bytes(), behind);
                found.take(limit.saturating_add(1)).collect::<Result<_, _>>()?
            }
            None => {
                let found = source.scan::<DeletedUser>(partition, behind);
                let ids = found.map(|found| found.map(|(id, _)| id));
                ids.take(limit.saturating_add(1)).collect::<Result<_, _>>()?
            }
        };
        let mut page = DeletedUserPage { records: Vec::new(), next: None };
        for (id, user) in ids.iter().filter_map(|id| Some((*id, UserId::from_record(*id)?))) {
            if page.records.len() == limit {
                page.next = page.records.last().map(|(id, ..)| *id);
                break;
            }
            if let Some(record) = source.get::<DeletedUser>(partition, id)? {
                let groups = self.groups_there(&record)?;
                page.records.push((user, record, groups));
            }
        }
        Ok(page)
    }

    /// Reads the deleted user with an external id, with its groups that there are.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub fn deleted_one(&self, uuid: Uuid) -> Result<(DeletedUser, Vec<Uuid>), Error> {
        let (_, record) = find(self.site.source, self.site.partition(), uuid)?;
        let groups = self.groups_there(&record)?;
        Ok((record, groups))
    }

    fn groups_there(&self, record: &DeletedUser) -> Result<Vec<Uuid>, Error> {
        let mut there = Vec::new();
        for group in &record.groups {
            let found = self.site.source.get::<Group>(self.site.partition(), group.record())?;
            there.extend(found.map(|group| group.uuid));
        }
        Ok(there)
    }
}

impl Users<'_, &mut Change<'_>> {
    /// Keeps what is needed to restore a user that is about to be deleted; false where the
    /// organization keeps none.
    pub(super) fn set_aside(&mut self, id: UserId, user: &User) -> Result<bool, Error> {
        let organization = self.site.place.organization().ok_or(Error::Missing)?;
        let settings = super::settings(&*self.site.source, organization)?;
        if settings.deleted_users_kept == 0 {
            return Ok(false);
        }
        let (partition, number) = (self.site.partition(), id.record());
        let groups = direct_groups(&*self.site.source, partition, id)?;
        let certificates = self.site.source.get::<OwnCertificates>(partition, number)?;
        let attributes = match user.fields.custom.is_empty() {
            true => Vec::new(),
            false => {
                let schema = Schema::read(&*self.site.source, partition)?;
                schema.shown(&user.fields.custom).map(|(it, _)| (it.number, it.uuid)).collect()
            }
        };
        let deleted = DeletedUser {
            user: user.clone(),
            at: self.site.now(),
            groups: groups.into_iter().filter_map(GroupId::from_record).collect(),
            certificates: certificates.unwrap_or_default(),
            attributes,
        };
        // What was remembered of the password counts no more, nor does what was counted against it.
        raise_version(&mut self.site, number)?;
        self.site.source.delete::<OwnCertificates>(partition, number)?;
        self.site.source.put(partition, number, &deleted)?;
        Ok(true)
    }

    /// Brings a deleted user back with what it had: state, attributes, password and second factor,
    /// and the groups that there are. Issued certificates stay revoked, and certificates that were
    /// registered for somebody else meanwhile stay theirs.
    ///
    /// # Errors
    /// `Missing` when there is no such deleted user; `Taken` when somebody else has its login or its
    /// POSIX number by now; `Full` beyond a hard cap.
    pub fn restore(&mut self, uuid: Uuid, with: RestoredAs) -> Result<(UserId, User), Error> {
        let partition = self.site.partition();
        let (id, deleted) = find(&*self.site.source, partition, uuid)?;
        let DeletedUser { mut user, groups, certificates, attributes, .. } = deleted;
        let had = user.fields.clone();
        if let Some(login) = with.login {
            user.fields.login = login;
        }
        user.fields.uid_number = with.uid_number.or(user.fields.uid_number);
        User::check_new(&user.fields, Some(&had))?;
        let schema = Schema::read(&*self.site.source, partition)?;
        user.fields.custom.retain(|value| {
            let now = schema.numbered(value.number).map(|it| (it.number, it.uuid));
            now.is_some_and(|now| attributes.contains(&now))
        });
        references::forget_gone(&mut user.fields.custom, &*self.site.source, partition)?;
        User::check(&user.fields)?;
        User::check_references(&user.fields, id.record(), &*self.site.source, partition)?;
        self.check_name_is_free(&user.fields, Some(id))?;
        let before = user.clone();
        let at = (&*self.site.source, partition);
        user.settle(Some(&before), self.site.tools.known_names(), at)?;
        user.stamp().touch(self.site.now());
        user.activated = Some(self.site.now());
        take_place(&mut self.site, Capped::Users)?;
        self.site.source.delete::<DeletedUser>(partition, id.record())?;
        self.site.source.put(partition, id.record(), &user)?;
        let told = self.rejoin(id, &groups)?;
        self.register_again(id, certificates)?;
        raise_version(&mut self.site, id.record())?;
        let subject = (SubjectKind::User, user.uuid, user.fields.login.as_str());
        self.site.tell(Action::Restored, subject, told)?;
        Ok((id, user))
    }

    /// How many certificates of a user would count if they were not revoked.
    ///
    /// # Errors
    /// When the store fails.
    pub fn revoked_certificates(&self, user: UserId) -> Result<usize, Error> {
        let now = self.site.now();
        let all = of_owner(&*self.site.source, self.site.partition(), user.record())?;
        let counts = |it: &IssuedCertificate| it.revoked.is_some() && now <= it.not_after;
        Ok(all.iter().filter(|(_, certificate)| counts(certificate)).count())
    }

    /// Destroys what is left of a deleted user before its time; with `revision`, only that of one that
    /// was seen so.
    ///
    /// # Errors
    /// `Missing` when there is no such deleted user, or `Stale`.
    pub fn purge_deleted(&mut self, uuid: Uuid, revision: Option<u64>) -> Result<(), Error> {
        let (id, deleted) = find(&*self.site.source, self.site.partition(), uuid)?;
        if revision.is_some_and(|seen| seen != deleted.user.stamp.revision) {
            return Err(Error::Stale);
        }
        let actor = self.site.event_actor()?;
        purge(&mut self.site, actor, id.record(), &deleted)
    }

    /// Puts a user into those groups that there are; tells which.
    fn rejoin(&mut self, id: UserId, groups: &[GroupId]) -> Result<Vec<Difference>, Error> {
        let partition = self.site.partition();
        let mut told = Vec::new();
        for group in groups {
            if let Some(record) = self.site.source.get::<Group>(partition, group.record())? {
                let relation = relations::GROUP_USER;
                self.site.source.link(partition, relation, group.record(), id.record())?;
                let name = serde_json::Value::from(record.fields.name).to_string();
                told.push(Difference { field: "group".into(), before: None, after: Some(name) });
            }
        }
        Ok(told)
    }

    fn register_again(&mut self, id: UserId, mut had: OwnCertificates) -> Result<(), Error> {
        let (partition, index) = (self.site.partition(), indices::CERTIFICATE_FINGERPRINT);
        let mut free = Vec::new();
        for fingerprint in had.fingerprints.drain(..) {
            if self.site.source.find_first(partition, index, &fingerprint)?.is_none() {
                free.push(fingerprint);
            }
        }
        had.fingerprints = free;
        if !had.fingerprints.is_empty() {
            self.site.source.put(partition, id.record(), &had)?;
        }
        Ok(())
    }
}

/// Finds a deleted user.
fn find(
    source: &impl Reading,
    partition: Partition,
    uuid: Uuid,
) -> Result<(UserId, DeletedUser), Error> {
    let number = source.find_first(partition, indices::DELETED_USER_UUID, uuid.as_bytes())?;
    let number = number.ok_or(Error::Missing)?;
    let record = source.get(partition, number)?.ok_or(Error::Missing)?;
    Ok((UserId::from_record(number).ok_or(Error::Missing)?, record))
}

/// Destroys what is left of a deleted user.
///
/// # Errors
/// When the store fails.
pub(crate) fn purge(
    site: &mut Site<'_, &mut Change<'_>>,
    actor: EventActor,
    number: Id,
    deleted: &DeletedUser,
) -> Result<(), Error> {
    let partition = site.partition();
    forget_credential(site.source, partition, number)?;
    site.source.delete::<DeletedUser>(partition, number)?;
    let user = &deleted.user;
    let subject = (SubjectKind::User, user.uuid, user.fields.login.as_str());
    site.tell_by(actor, Action::Purged, subject, Vec::new())
}
