//! Users: people of the organization.

use storage::{Change, Id, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use super::groups::groups_of_user;
use super::passwords::{NewPassword, forget_credential, store_password};
use crate::access::{Grant, ManageIdentities, RecoverAccounts, View};
use crate::error::{Error, Invalid};
use crate::events::SubjectKind;
use crate::id::{GroupId, RecordId, UserId};
use crate::limits::{self, LINE, SSH_KEY, VALUES};
use crate::records::{Stamp, User, UserFields, UserState, indices, relations};

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
    /// Makes a user, with a password when one is given.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable.
    pub fn create(
        &mut self,
        fields: UserFields,
        password: Option<NewPassword>,
    ) -> Result<(UserId, User), Error> {
        let (id, user) = self.add(fields)?;
        if let Some(password) = password {
            store_password(&mut self.site, id.record(), password)?;
        }
        Ok((id, user))
    }

    /// Changes a user; with `revision`, only when nobody changed it in between.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: UserId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut User) -> Result<(), Error>,
    ) -> Result<User, Error> {
        let before = self.read(id)?;
        let user = self.edit(id, revision, edit)?;
        if user.state != before.state {
            super::passwords::raise_version(&mut self.site, id.record())?;
        }
        Ok(user)
    }

    /// Deletes a user, with memberships and credentials.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn delete(&mut self, id: UserId, revision: Option<u64>) -> Result<(), Error> {
        self.remove(id, revision)
    }
}

impl Entity for User {
    type Id = UserId;
    type Fields = UserFields;

    const SUBJECT: SubjectKind = SubjectKind::User;
    const UUIDS: Index = indices::USER_UUID;
    const NAMES: Index = indices::USER_LOGIN;
    const NAME_POINTER: &'static str = "/login";

    fn new(uuid: Uuid, stamp: Stamp, fields: UserFields) -> Self {
        Self { uuid, state: UserState::Active, stamp, fields }
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

    fn fields(&self) -> &UserFields {
        &self.fields
    }

    fn fields_mut(&mut self) -> &mut UserFields {
        &mut self.fields
    }

    fn name(fields: &UserFields) -> &str {
        &fields.login
    }

    fn complete(fields: &mut UserFields, id: Id) -> Result<(), Invalid> {
        let chosen = posix_number("/uid_number", id)?;
        let uid = *fields.uid_number.get_or_insert(chosen);
        fields.gid_number.get_or_insert(uid);
        fields.home_directory.get_or_insert_with(|| format!("/home/{}", fields.login));
        fields.login_shell.get_or_insert_with(|| "/bin/bash".to_owned());
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
        limits::count("/mail", fields.mail.len(), VALUES)?;
        for (position, mail) in fields.mail.iter().enumerate() {
            check_mail(&format!("/mail/{position}"), mail)?;
        }
        limits::count("/ssh_keys", fields.ssh_keys.len(), VALUES)?;
        for (position, key) in fields.ssh_keys.iter().enumerate() {
            limits::line_of(&format!("/ssh_keys/{position}"), key, SSH_KEY)?;
        }
        Ok(())
    }

    fn let_go(
        &self,
        change: &mut Change<'_>,
        partition: Partition,
        id: UserId,
    ) -> Result<(), Error> {
        let groups: Vec<Id> = change
            .linking(partition, relations::GROUP_USER, id.record())
            .collect::<Result<_, _>>()?;
        for group in groups {
            change.unlink(partition, relations::GROUP_USER, group, id.record())?;
        }
        forget_credential(change, partition, id.record())
    }
}

/// The POSIX number for the record with that number.
pub(crate) fn posix_number(pointer: &str, id: Id) -> Result<u32, Invalid> {
    u32::try_from(id.saturating_add(FIRST_POSIX_NUMBER))
        .map_err(|_| Invalid::new(pointer, "no POSIX number is left; give one"))
}

fn check_mail(pointer: &str, mail: &str) -> Result<(), Invalid> {
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
