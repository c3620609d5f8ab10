//! Passwords, locks and second factors of users: what a help desk resets.

use std::time::Duration;

use storage::{Change, Id, Partition, Reading};
use uuid::Uuid;

use super::new_password::NewPassword;
use super::password_policies::{counting, settings_of};
use super::resets::{change_after, require_compared, require_leave};
use super::site::Site;
use super::users::Users;
use crate::access::{
    self, ChangeOwnPassword, Errand, Grant, Identity, ManageIdentities, Proven, RecoverAccounts,
};
use crate::authentication::{Kept, Names, NtHash, Password, Unacceptable, judge};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{RecordId, UserId};
use crate::records::{
    Credential, FormerPassword, GroupPasswordPolicy, Lock, Organization, OwnCertificates,
    PasswordHistory, RecoveryCodes, Settings, Trigger, User, kinds,
};
use crate::time::milliseconds;

/// The credentials of the grant's users.
pub struct Passwords<'g, S> {
    site: Site<'g, S>,
}

impl<'g, S> Passwords<'g, S> {
    pub(crate) const fn new(site: Site<'g, S>) -> Self {
        Self { site }
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, RecoverAccounts> {
    /// The credentials of the organization's users.
    pub fn passwords(&mut self) -> Passwords<'t, &mut Change<'c>> {
        Passwords { site: self.site_mut() }
    }
}

impl Grant<'_, &mut Change<'_>, RecoverAccounts> {
    /// Finds the user with an external id whose credentials are about to change, and raises their
    /// revision; with `revision`, only when nobody changed them in between.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn account(&mut self, user: Uuid, revision: Option<u64>) -> Result<UserId, Error> {
        let mut users = Users::new(self.site_mut());
        let id = users.id_of(user)?;
        users.touch(id, revision)?;
        Ok(id)
    }

    /// Finds the user with an external id whose credentials may change, which raises their revision
    /// then; with `revision`, only when nobody changed them in between.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn account_seen(&mut self, user: Uuid, revision: Option<u64>) -> Result<UserId, Error> {
        let users = Users::new(self.site_mut());
        let id = users.id_of(user)?;
        users.require_seen(id, revision)?;
        Ok(id)
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageIdentities> {
    /// The credentials of the organization's users.
    pub fn passwords(&mut self) -> Passwords<'t, &mut Change<'c>> {
        Passwords { site: self.site_mut() }
    }
}

impl Passwords<'_, &mut Change<'_>> {
    /// Sets a user's password; lifts a lock. The owner must change it before anything else when
    /// `must_change` says so, or else the organization's policy.
    ///
    /// # Errors
    /// `Missing`; `Refused` when `must_change` spares the owner what the policy demands, and the actor
    /// does not manage that; `Invalid` when the policy refuses the password; `Stale` when it was not
    /// compared with all passwords that it must differ from.
    pub fn set(
        &mut self,
        user: UserId,
        password: NewPassword,
        must_change: Option<bool>,
    ) -> Result<(), Error> {
        let organization = self.site.place.organization().ok_or(Error::Missing)?;
        let settings = settings_of(&*self.site.source, organization, user)?;
        let asked = (&settings, must_change);
        require_leave(&*self.site.source, self.site.context, organization, asked)?;
        require_compared(&self.site, user, &settings, &password)?;
        self.put(user, password, must_change)
    }

    /// Sets a password that a user has elsewhere already, for whoever has sent `errand`; lifts a lock.
    /// So it may be the one in use.
    ///
    /// # Errors
    /// `Missing`, or `Invalid` when the organization's policy refuses the password.
    pub(crate) fn take_over(
        &mut self,
        user: UserId,
        password: NewPassword,
        errand: Errand<'_>,
    ) -> Result<(), Error> {
        let must_change = match password.clear {
            Some(_) => None,
            None => {
                let place = self.site.place.organization().ok_or(Error::Missing)?;
                let hash = Some(password.hash.as_str());
                change_after(&*self.site.source, (place, user), hash, errand)?
            }
        };
        self.put(user, password, must_change)
    }

    fn put(
        &mut self,
        user: UserId,
        password: NewPassword,
        must_change: Option<bool>,
    ) -> Result<(), Error> {
        let record = self.user(user)?;
        store_user_password(&mut self.site, (user, &record), password, must_change)?;
        self.site.note_departure(Trigger::PasswordChanged, (&[user], &[]), &[])?;
        self.tell(Action::PasswordSet, &record, masked("password"))
    }

    /// Makes a user change their password before anything else; that they must already is no change.
    ///
    /// # Errors
    /// `Missing` when there is no such user; `Forbidden` when the user has no password.
    pub fn require_change(&mut self, user: UserId) -> Result<(), Error> {
        let mut record = self.user(user)?;
        let partition = self.site.partition();
        let found = self.site.source.get::<Credential>(partition, user.record())?;
        let Some(mut credential) = found.filter(|credential| credential.hash.is_some()) else {
            return Err(Error::Forbidden("the user has no password to change"));
        };
        if credential.must_change {
            return Ok(());
        }
        credential.must_change = true;
        self.site.source.put(partition, user.record(), &credential)?;
        self.touch(user, &mut record)?;
        self.tell(Action::PasswordChangeRequired, &record, Vec::new())
    }

    /// Lifts a lock, and the waiting time after many failures; being unlocked is no error. It is told
    /// each time: what was counted in memory ends with it, locked or not.
    ///
    /// # Errors
    /// `Missing` when there is no such user.
    pub fn unlock(&mut self, user: UserId) -> Result<(), Error> {
        let mut record = self.user(user)?;
        let partition = self.site.partition();
        let found = self.site.source.get::<Credential>(partition, user.record())?;
        if let Some(mut credential) = found {
            credential.lock = None;
            // Both end what was counted in memory: toward a lock, and toward a waiting time.
            credential.version = credential.version.saturating_add(1);
            credential.pardoned = self.site.now();
            self.site.source.put(partition, user.record(), &credential)?;
        }
        self.touch(user, &mut record)?;
        self.tell(Action::Unlocked, &record, Vec::new())
    }

    /// Locks a user out for a time, at every door.
    ///
    /// # Errors
    /// `Missing` when there is no such user.
    pub fn lock(&mut self, user: UserId, time: Duration) -> Result<(), Error> {
        let record = self.user(user)?;
        let (partition, since) = (self.site.partition(), self.site.now());
        let found = self.site.source.get::<Credential>(partition, user.record())?;
        let mut credential = found.unwrap_or_else(Credential::absent);
        let until = since.plus(milliseconds(time));
        credential.lock = Some(Lock::by_admin(since, until));
        // Nothing remembered counts any more.
        credential.version = credential.version.saturating_add(1);
        self.site.source.put(partition, user.record(), &credential)?;
        self.site.note_departure(Trigger::Locked, (&[user], &[]), &[])?;
        self.tell(Action::Locked, &record, Vec::new())
    }

    fn user(&self, user: UserId) -> Result<User, Error> {
        self.site.source.get(self.site.partition(), user.record())?.ok_or(Error::Missing)
    }

    /// Raises the revision of a user of whom something beside the record changed.
    fn touch(&mut self, user: UserId, record: &mut User) -> Result<(), Error> {
        record.stamp.touch(self.site.now());
        Ok(self.site.source.put(self.site.partition(), user.record(), record)?)
    }

    fn tell(&mut self, action: Action, user: &User, told: Vec<Difference>) -> Result<(), Error> {
        let subject = (SubjectKind::User, user.uuid, user.fields.login.as_str());
        self.site.tell(action, subject, told)
    }
}

/// A user's own password, as its owner changes it.
pub struct OwnPassword<'g, S> {
    site: Site<'g, S>,
    user: UserId,
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ChangeOwnPassword> {
    /// The actor's own password.
    ///
    /// # Errors
    /// `Missing` when the actor is no user.
    pub fn own_password(&mut self) -> Result<OwnPassword<'t, &mut Change<'c>>, Error> {
        match self.context.actor.identity() {
            Some(Identity::User(user)) => Ok(OwnPassword { site: self.site_mut(), user }),
            Some(Identity::ServiceAccount(_)) | None => Err(Error::Missing),
        }
    }
}

impl OwnPassword<'_, &mut Change<'_>> {
    /// Puts a password that was judged in the place of the one whose credential has that version;
    /// tells what proves its owner from now on.
    ///
    /// # Errors
    /// `Stale` when the credential was changed in between; `Missing` when the user is gone.
    pub(crate) fn replace(&mut self, version: u64, password: NewPassword) -> Result<Proven, Error> {
        let (partition, id) = (self.site.partition(), self.user.record());
        let record: User = self.site.source.get(partition, id)?.ok_or(Error::Missing)?;
        let found = self.site.source.get::<Credential>(partition, id)?;
        if found.is_none_or(|credential| credential.version != version) {
            return Err(Error::Stale);
        }
        let organization = self.site.place.organization().ok_or(Error::Missing)?;
        let settings = settings_of(&*self.site.source, organization, self.user)?;
        put_user_password(&mut self.site, self.user, password, &settings)?;
        self.site.note_departure(Trigger::PasswordChanged, (&[self.user], &[]), &[])?;
        let subject = (SubjectKind::User, record.uuid, record.fields.login.as_str());
        self.site.tell(Action::PasswordChanged, subject, masked("password"))?;
        let changed: Credential = self.site.source.get(partition, id)?.ok_or(Error::Missing)?;
        Ok(Proven::by(&changed))
    }
}

/// What an event tells of something secret: that it is another.
pub(crate) fn masked(field: &str) -> Vec<Difference> {
    let masked = || Some("\"(secret)\"".to_owned());
    vec![Difference { field: field.to_owned(), before: masked(), after: masked() }]
}

/// Writes a password that an admin chose for a user.
pub(crate) fn store_user_password(
    site: &mut Site<'_, &mut Change<'_>>,
    (id, user): (UserId, &User),
    password: NewPassword,
    must_change: Option<bool>,
) -> Result<(), Error> {
    let organization = site.place.organization().ok_or(Error::Missing)?;
    let settings = settings_of(&*site.source, organization, id)?;
    // A first hash is of a password that its owner chose.
    let chosen = password.clear.is_some();
    if let Some(clear) = &password.clear {
        let home = access::organization(&*site.source, organization)?.ok_or(Error::Missing)?;
        require_quality(clear, (user, &home), &settings)
            .map_err(|unacceptable| Invalid::new("/password", unacceptable.to_string()))?;
    }
    let reset = chosen && settings.password_policy.change_after_reset;
    put_user_password(site, id, password, &settings)?;
    if must_change.unwrap_or(reset) {
        let partition = site.partition();
        if let Some(mut credential) = site.source.get::<Credential>(partition, id.record())? {
            credential.must_change = true;
            site.source.put(partition, id.record(), &credential)?;
        }
    }
    Ok(())
}

/// Writes the first password that a user chose.
pub(crate) fn first_password(
    site: &mut Site<'_, &mut Change<'_>>,
    user: (UserId, &User),
    password: NewPassword,
) -> Result<(), Error> {
    store_user_password(site, user, password, Some(false))
}

/// Judges a password by what it is, who its owner is, and of which organization.
pub(crate) fn require_quality(
    password: &Password,
    (user, home): (&User, &Organization),
    settings: &Settings,
) -> Result<(), Unacceptable> {
    let fields = &user.fields;
    let given = fields.given_name.as_deref().unwrap_or_default();
    let owner = [fields.login.as_str(), &fields.display_name, &fields.surname, given];
    let organization = [home.fields.slug.as_str(), &home.fields.name];
    let names = Names { owner: &owner, organization: &organization };
    judge(password, &names, settings.password_minimum)
}

/// Writes a user's password with what goes with it: the former one into the history, and sealed
/// the copy in clear and the NT hash where the organization opted in to CHAP and MS-CHAPv2, with those
/// of former passwords. An NT hash that came from another system is dropped where it did not.
fn put_user_password(
    site: &mut Site<'_, &mut Change<'_>>,
    user: UserId,
    password: NewPassword,
    settings: &Settings,
) -> Result<(), Error> {
    remember_former(site, user.record(), settings)?;
    put_hash(site, user.record(), Some(password.hash))?;
    let (partition, id) = (site.partition(), user.record());
    for (kept, is_chosen) in [(Kept::Clear, settings.chap), (Kept::NtHash, settings.ms_chap)] {
        if is_chosen {
            kept.pass_on(site.source, partition, id)?;
        } else {
            erase_kept(site.source, (partition, id), kept)?;
        }
    }
    let clear = password.clear.as_ref();
    match clear.filter(|_| settings.chap) {
        Some(clear) => {
            site.source.put_secret(partition, kinds::CHAP_PASSWORD, id, clear.expose())?;
        }
        None => {
            site.source.delete_secret(partition, kinds::CHAP_PASSWORD, id)?;
        }
    }
    let nt_hash = clear.map_or(password.nt_hash, NtHash::of);
    match nt_hash.filter(|_| settings.ms_chap) {
        Some(hash) => site.source.put_secret(partition, kinds::NT_HASH, id, hash.expose())?,
        None => {
            site.source.delete_secret(partition, kinds::NT_HASH, id)?;
        }
    }
    Ok(())
}

/// Erases what is kept of an account's passwords, former ones among them.
pub(super) fn erase_kept(
    change: &mut Change<'_>,
    (partition, id): (Partition, Id),
    kept: Kept,
) -> Result<(), Error> {
    for kind in kept.kinds() {
        change.delete_secret(partition, kind, id)?;
    }
    Ok(())
}

/// Keeps the hash in use among the former ones; no more of them than the policy asks for.
fn remember_former(
    site: &mut Site<'_, &mut Change<'_>>,
    id: Id,
    settings: &Settings,
) -> Result<(), Error> {
    let partition = site.partition();
    // The password that takes its place is one of those that count.
    let kept = usize::from(settings.password_policy.history).saturating_sub(1);
    if kept == 0 {
        site.source.delete::<PasswordHistory>(partition, id)?;
        return Ok(());
    }
    let in_use = site.source.get::<Credential>(partition, id)?.and_then(|found| found.hash);
    let former = site.source.get::<PasswordHistory>(partition, id)?.unwrap_or_default();
    let hashes = in_use.into_iter().chain(former.hashes).take(kept).collect();
    site.source.put(partition, id, &PasswordHistory { hashes })?;
    Ok(())
}

/// Erases the former passwords of those users with whose nothing is compared any more.
pub(crate) fn erase_former(site: &mut Site<'_, &mut Change<'_>>) -> Result<(), Error> {
    let organization = site.place.organization().ok_or(Error::Missing)?;
    // Everybody waits for the writer: what is the same for all users is read once.
    let home = access::organization(&*site.source, organization)?.ok_or(Error::Missing)?;
    let partition = site.partition();
    let mut compares = vec![home.settings.password_policy.history > 1];
    for found in site.source.scan::<GroupPasswordPolicy>(partition, None) {
        compares.push(found?.1.fields.demands.password_policy.history > 1);
    }
    // Only where some compare and others do not it takes a look at everybody's groups.
    let (all, none) = (!compares.contains(&false), !compares.contains(&true));
    if all {
        return Ok(());
    }
    let kept = site.source.scan::<PasswordHistory>(partition, None);
    let ids: Vec<Id> = kept.map(|found| found.map(|(id, _)| id)).collect::<Result<_, _>>()?;
    for id in ids {
        let policy = match UserId::from_record(id).filter(|_| !none) {
            Some(user) => counting(&*site.source, (organization, &home), user)?,
            None => None,
        };
        let history = match &policy {
            Some(policy) => policy.fields.demands.password_policy.history,
            None => home.settings.password_policy.history,
        };
        if history <= 1 {
            site.source.delete::<PasswordHistory>(partition, id)?;
        }
    }
    Ok(())
}

/// Writes a hash; the credential's version rises and a lock ends.
pub(crate) fn put_hash(
    site: &mut Site<'_, &mut Change<'_>>,
    id: Id,
    hash: Option<String>,
) -> Result<(), Error> {
    let partition = site.partition();
    let now = site.now();
    let credential = match site.source.get::<Credential>(partition, id)? {
        Some(mut credential) => {
            credential.hash = hash;
            credential.version = credential.version.saturating_add(1);
            // Never the same twice: connections are told apart by it.
            credential.changed = now.max(credential.changed.plus(1));
            credential.lock = None;
            credential.must_change = false;
            credential.grace_used = 0;
            credential
        }
        None => Credential::new(hash, now),
    };
    site.source.put(partition, id, &credential)?;
    Ok(())
}

/// Raises the version of a credential, so that nothing remembered of it counts any more.
pub(crate) fn raise_version(site: &mut Site<'_, &mut Change<'_>>, id: Id) -> Result<(), Error> {
    let partition = site.partition();
    if let Some(mut credential) = site.source.get::<Credential>(partition, id)? {
        credential.version = credential.version.saturating_add(1);
        site.source.put(partition, id, &credential)?;
    }
    Ok(())
}

/// Removes everything that proves an identity.
pub(crate) fn forget_credential(
    change: &mut Change<'_>,
    partition: Partition,
    id: Id,
) -> Result<(), Error> {
    change.delete::<Credential>(partition, id)?;
    change.delete::<OwnCertificates>(partition, id)?;
    change.delete::<PasswordHistory>(partition, id)?;
    change.delete::<FormerPassword>(partition, id)?;
    change.delete::<RecoveryCodes>(partition, id)?;
    erase_kept(change, (partition, id), Kept::Clear)?;
    erase_kept(change, (partition, id), Kept::NtHash)?;
    change.delete_secret(partition, kinds::TOTP_SEED, id)?;
    Ok(())
}
