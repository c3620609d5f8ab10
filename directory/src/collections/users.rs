//! Users: people of the organization.

use std::collections::HashSet;

use storage::{Change, Id, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::cap_use;
use super::collection::Collection;
use super::entity::Entity;
use super::groups::groups_of_user;
use super::invitations::end_user_invitation;
use super::issuing::revoke_all;
use super::new_password::NewPassword;
use super::passwords::{forget_credential, store_user_password};
use super::presentation::names_alike;
use crate::access::{Grant, ManageIdentities, RecoverAccounts, View};
use crate::error::{Error, Invalid};
use crate::events::{Action, SubjectKind};
use crate::id::{GroupId, RecordId, UserId};
use crate::limits::{self, LINE, VALUES};
use crate::records::{
    Capped, Invitation, Stamp, Trigger, User, UserFields, UserState, indices, relations,
};
use crate::references;
use crate::schema;
use crate::search::EntryId;
use crate::ssh_key;
use crate::text::prepare;
use crate::time::Time;
use crate::tools::KnownNames;

/// The users of the grant's organization.
pub type Users<'g, S> = Collection<'g, S, User>;

/// POSIX numbers start here, above those of a machine's own users and groups.
pub(crate) const FIRST_POSIX_NUMBER: u64 = 10_000;

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's users, to be read.
    pub fn users(&self) -> Users<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageIdentities> {
    /// The organization's users, to be changed.
    pub fn users(&mut self) -> Users<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl<'t, 's> Grant<'t, &'s Snapshot, RecoverAccounts> {
    /// The organization's users, to be found before they are helped.
    pub fn users(&self) -> Users<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl Users<'_, &Snapshot> {
    /// The groups that the user is in, by way of nested groups as well.
    ///
    /// # Errors
    /// When the store fails.
    pub fn groups(&self, user: UserId) -> Result<Vec<GroupId>, Error> {
        Ok(groups_of_user(self.site.source, self.site.partition(), user)?)
    }
}

impl Users<'_, &mut Change<'_>> {
    /// Makes a user who may sign in, with a password when one is given.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable; `Full` beyond a hard cap.
    pub fn create(
        &mut self,
        fields: UserFields,
        password: Option<NewPassword>,
    ) -> Result<(UserId, User), Error> {
        self.create_as(UserState::Active, fields, password)
    }

    /// Makes a user in a state.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_as(
        &mut self,
        state: UserState,
        fields: UserFields,
        password: Option<NewPassword>,
    ) -> Result<(UserId, User), Error> {
        check_expiry(fields.expires, self.site.now())?;
        self.take_in(state, fields, password)
    }

    /// Makes a user in a state, whose time may be over.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub(crate) fn take_in(
        &mut self,
        state: UserState,
        fields: UserFields,
        password: Option<NewPassword>,
    ) -> Result<(UserId, User), Error> {
        cap_use::take_place(&mut self.site, Capped::Users)?;
        let (id, user) = self.add_as(fields, |user| user.state = state)?;
        if let Some(password) = password {
            store_user_password(&mut self.site, (id, &user), password, None)?;
        }
        Ok((id, user))
    }

    /// Changes a user; with `revision`, only when nobody changed it in between. Whoever is suspended
    /// has no invitation any more, and gets none back by being activated.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: UserId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut User) -> Result<(), Error>,
    ) -> Result<User, Error> {
        self.update_if(id, revision, check_renewal, edit)
    }

    /// Changes a user, if what is changed is all right by the state before, that after and the time.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub(crate) fn update_if(
        &mut self,
        id: UserId,
        revision: Option<u64>,
        check: fn(&User, &User, Time) -> Result<(), Error>,
        edit: impl FnOnce(&mut User) -> Result<(), Error>,
    ) -> Result<User, Error> {
        let (before, now) = (self.read(id)?, self.site.now());
        let user = self.edit(id, revision, |user| {
            edit(user)?;
            if user.state == UserState::Active && before.state != UserState::Active {
                user.activated = Some(now);
            }
            check(&before, user, now)
        })?;
        if user.state != before.state {
            super::passwords::raise_version(&mut self.site, id.record())?;
            if user.state == UserState::Suspended {
                self.site.note_departure(Trigger::Suspended, (&[id], &[]), &[])?;
            }
            // Of whom was suspended when that still left it them, it ends with the activation.
            if [before.state, user.state].contains(&UserState::Suspended) {
                let actor = self.site.event_actor()?;
                end_user_invitation(&mut self.site, actor, id.record(), &user)?;
            }
        }
        Ok(user)
    }

    /// Deletes a user, who can be restored as long as the organization's settings say; certificates
    /// are revoked, and an invitation ends.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn delete(&mut self, id: UserId, revision: Option<u64>) -> Result<(), Error> {
        let user = self.read_at(id, revision)?;
        // First: where only one more note has room, this one tells of all sessions.
        self.site.note_departure(Trigger::Deleted, (&[id], &[]), &[])?;
        revoke_all(&mut self.site, id.record())?;
        let (partition, now) = (self.site.partition(), self.site.now());
        references::drop_all(self.site.source, partition, EntryId::User(id), now)?;
        self.site.source.delete::<Invitation>(partition, id.record())?;
        if !self.set_aside(id, &user)? {
            forget_credential(self.site.source, partition, id.record())?;
        }
        leave_groups(self.site.source, partition, id)?;
        self.site.source.delete::<User>(partition, id.record())?;
        cap_use::give_place_back(&mut self.site, Capped::Users)?;
        let told = self.told_gone(&user)?;
        let subject = (SubjectKind::User, user.uuid, user.fields.login.as_str());
        self.site.tell(Action::Deleted, subject, told)
    }
}

/// Refuses an end that is over.
pub(crate) fn check_expiry(expires: Option<Time>, now: Time) -> Result<(), Error> {
    match expires {
        Some(expires) if expires <= now => {
            Err(Invalid::new("/expires", "must lie in the future; null for no end").into())
        }
        Some(_) | None => Ok(()),
    }
}

/// Refuses to let somebody in again, or to give them another end, whose time is over.
fn check_renewal(before: &User, after: &User, now: Time) -> Result<(), Error> {
    let is_renewed = after.fields.expires != before.fields.expires
        || after.state == UserState::Active && before.state != UserState::Active;
    if is_renewed { check_expiry(after.fields.expires, now) } else { Ok(()) }
}

/// Likewise of whom another system tells: who is suspended may have an end that is over.
pub(crate) fn check_told(before: &User, after: &User, now: Time) -> Result<(), Error> {
    match after.state {
        UserState::Suspended => Ok(()),
        UserState::Active | UserState::Staged => check_renewal(before, after, now),
    }
}

/// The groups that a user is in directly.
pub(super) fn direct_groups<R: Reading>(
    source: &R,
    partition: Partition,
    user: UserId,
) -> Result<Vec<Id>, Error> {
    let groups = source.linking(partition, relations::GROUP_USER, user.record());
    Ok(groups.collect::<Result<_, _>>()?)
}

fn leave_groups(change: &mut Change<'_>, partition: Partition, user: UserId) -> Result<(), Error> {
    for group in direct_groups(change, partition, user)? {
        change.unlink(partition, relations::GROUP_USER, group, user.record())?;
    }
    Ok(())
}

impl Entity for User {
    type Id = UserId;
    type Fields = UserFields;

    const SUBJECT: SubjectKind = SubjectKind::User;
    const UUIDS: Index = indices::USER_UUID;
    const NAMES: Index = indices::USER_LOGIN;
    const NAME_POINTER: &'static str = "/login";

    fn new(uuid: Uuid, stamp: Stamp, fields: UserFields) -> Self {
        Self { uuid, state: UserState::Active, stamp, fields, activated: None }
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

    fn state(&self) -> Option<&'static str> {
        Some(match self.state {
            UserState::Active => "active",
            UserState::Suspended => "suspended",
            UserState::Staged => "staged",
        })
    }

    fn fields(&self) -> &UserFields {
        &self.fields
    }

    fn settle<R: Reading>(
        &mut self,
        before: Option<&Self>,
        known: KnownNames,
        at: (&R, Partition),
    ) -> Result<(), Error> {
        let keys = before.map(|before| before.fields.ssh_keys.as_slice());
        ssh_key::check_new(&self.fields.ssh_keys, keys.unwrap_or_default())?;
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

    fn name(fields: &UserFields) -> &str {
        &fields.login
    }

    fn index_for(member: &str) -> Option<Index> {
        match member {
            "login" => Some(indices::USER_LOGIN),
            "display_name" => Some(indices::USER_DISPLAY_NAME),
            "surname" => Some(indices::USER_SURNAME),
            "given_name" => Some(indices::USER_GIVEN_NAME),
            "mail" => Some(indices::USER_MAIL),
            "employee_number" => Some(indices::USER_EMPLOYEE_NUMBER),
            _ => None,
        }
    }

    fn complete<R: Reading>(
        fields: &mut UserFields,
        id: Id,
        source: &R,
        partition: Partition,
    ) -> Result<(), Error> {
        if fields.uid_number.is_none() {
            let numbers = Numbers { source, partition, index: indices::USER_UID_NUMBER };
            fields.uid_number = Some(numbers.free("/uid_number", id)?);
        }
        fields.gid_number = fields.gid_number.or(fields.uid_number);
        fields.home_directory.get_or_insert_with(|| limits::home_of(&fields.login));
        fields.login_shell.get_or_insert_with(|| "/bin/bash".to_owned());
        Ok(())
    }

    fn check_references<R: Reading>(
        fields: &UserFields,
        id: Id,
        source: &R,
        partition: Partition,
    ) -> Result<(), Error> {
        let numbers = Numbers { source, partition, index: indices::USER_UID_NUMBER };
        numbers.check("/uid_number", fields.uid_number, id)?;
        let name = prepare(&fields.login);
        let account =
            source.find_first(partition, indices::SERVICE_ACCOUNT_NAME, name.as_bytes())?;
        if account.is_some() && names_alike(source, partition)? {
            return Err(Error::Taken { pointer: "/login".into() });
        }
        Ok(())
    }

    fn check(fields: &UserFields) -> Result<(), Invalid> {
        limits::name("/login", &fields.login)?;
        limits::line("/display_name", &fields.display_name)?;
        limits::line("/surname", &fields.surname)?;
        let optional = [
            ("/given_name", &fields.given_name),
            ("/phone", &fields.phone),
            ("/mobile", &fields.mobile),
            ("/title", &fields.title),
            ("/description", &fields.description),
            ("/employee_number", &fields.employee_number),
            ("/home_directory", &fields.home_directory),
            ("/login_shell", &fields.login_shell),
        ];
        for (pointer, value) in optional {
            limits::optional_line(pointer, value.as_ref())?;
        }
        limits::posix_number("/uid_number", fields.uid_number)?;
        limits::posix_number("/gid_number", fields.gid_number)?;
        limits::count("/mail", fields.mail.len(), VALUES)?;
        for (position, mail) in fields.mail.iter().enumerate() {
            check_mail(&format!("/mail/{position}"), mail)?;
        }
        limits::count("/ssh_keys", fields.ssh_keys.len(), VALUES)?;
        for (position, key) in fields.ssh_keys.iter().enumerate() {
            ssh_key::check_line(&format!("/ssh_keys/{position}"), key)?;
        }
        Ok(())
    }

    fn check_new(fields: &UserFields, before: Option<&UserFields>) -> Result<(), Invalid> {
        let nothing = UserFields::default();
        let had = before.unwrap_or(&nothing);
        limits::new_login(&fields.login, &had.login)?;
        limits::new_label("/display_name", &fields.display_name, &had.display_name)?;
        for (pointer, path, had) in [
            ("/home_directory", &fields.home_directory, &had.home_directory),
            ("/login_shell", &fields.login_shell, &had.login_shell),
        ] {
            limits::new_path(pointer, path.as_ref(), had.as_ref())?;
        }
        if fields.mail != had.mail {
            check_once("/mail", &fields.mail)?;
        }
        limits::new_posix_number("/uid_number", fields.uid_number, had.uid_number)?;
        limits::new_posix_number("/gid_number", fields.gid_number, had.gid_number)
    }

    fn let_go(
        &self,
        change: &mut Change<'_>,
        partition: Partition,
        id: UserId,
    ) -> Result<(), Error> {
        leave_groups(change, partition, id)?;
        forget_credential(change, partition, id.record())
    }
}

/// The POSIX numbers of users or of groups: files belong to a number, so no two share one.
pub(crate) struct Numbers<'a, R> {
    pub(crate) source: &'a R,
    pub(crate) partition: Partition,
    pub(crate) index: Index,
}

impl<R: Reading> Numbers<'_, R> {
    /// The first number that is nobody's, from the one that goes with a record's.
    pub(crate) fn free(&self, pointer: &str, id: Id) -> Result<u32, Error> {
        let mut number = u32::try_from(id.saturating_add(FIRST_POSIX_NUMBER));
        while let Ok(chosen) = number {
            if limits::is_somebodys(chosen) && self.holder(chosen)?.is_none() {
                return Ok(chosen);
            }
            number = u32::try_from(u64::from(chosen).saturating_add(1));
        }
        Err(Invalid::new(pointer, "no POSIX number is left; give one").into())
    }

    /// Refuses a number that is another's.
    pub(crate) fn check(
        &self,
        pointer: &'static str,
        number: Option<u32>,
        own: Id,
    ) -> Result<(), Error> {
        let Some(number) = number else { return Ok(()) };
        match self.holder(number)? {
            Some(holder) if holder != own => Err(Error::Taken { pointer: pointer.into() }),
            Some(_) | None => Ok(()),
        }
    }

    fn holder(&self, number: u32) -> Result<Option<Id>, Error> {
        let value = u64::from(number).to_be_bytes();
        Ok(self.source.find_first(self.partition, self.index, &value)?)
    }
}

/// Checks that nothing is in a list twice, compared without case.
fn check_once(pointer: &str, values: &[String]) -> Result<(), Invalid> {
    let mut seen = HashSet::new();
    for (position, value) in values.iter().enumerate() {
        if !seen.insert(prepare(value)) {
            return Err(Invalid::new(format!("{pointer}/{position}"), "is there twice"));
        }
    }
    Ok(())
}

/// Checks a mail address.
pub(super) fn check_mail(pointer: &str, mail: &str) -> Result<(), Invalid> {
    limits::line_of(pointer, mail, LINE)?;
    let plain = mail.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    });
    if plain && !mail.contains(char::is_whitespace) {
        Ok(())
    } else {
        Err(Invalid::new(pointer, "must be an address such as ada@example.org"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_address_is_there_once_and_what_is_stored_twice_stays() {
        let of = |mail: &[&str]| UserFields {
            login: "ada".to_owned(),
            display_name: "Ada".to_owned(),
            mail: mail.iter().map(|it| (*it).to_owned()).collect(),
            ..UserFields::default()
        };
        for mail in [["a@x", "b@x", "a@x"], ["a@x", "b@x", "A@X"]] {
            let refused = User::check_new(&of(&mail), None).unwrap_err();
            assert_eq!(refused, Invalid::new("/mail/2", "is there twice"));
            assert!(User::check_new(&of(&mail), Some(&of(&["a@x"]))).is_err());
            assert!(User::check_new(&of(&mail), Some(&of(&mail))).is_ok());
        }
        assert!(User::check_new(&of(&["a@x", "b@x"]), None).is_ok());
    }
}
