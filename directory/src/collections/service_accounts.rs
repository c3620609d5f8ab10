//! Service accounts: what applications bind with.

use std::time::Duration;

use serde_json::json;
use storage::{Change, Id, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use super::of_groups::check_there;
use super::passwords::{forget_credential, put_hash, raise_version};
use super::presentation::{check_names_differ, names_alike};
use super::told;
use crate::access::{Grant, ManageConfiguration, View, organization};
use crate::authentication::{HashParameters, Password};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind, told_time};
use crate::id::{OrganizationId, RecordId, ServiceAccountId};
use crate::limits::{self, NAMED_GROUPS};
use crate::records::{
    Credential, FormerPassword, Group, ServiceAccount, ServiceAccountFields, Stamp, Visibility,
    indices,
};
use crate::text::prepare;
use crate::time::{Time, milliseconds};
use crate::tools::Tools;

/// The service accounts of the grant's organization.
pub type ServiceAccounts<'g, S> = Collection<'g, S, ServiceAccount>;

/// A generated password has this many letters and digits: 190 bits.
const PASSWORD_LENGTH: usize = 32;

/// The longest that a former password counts: 30 days.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A generated password and its hash, made before the transaction starts.
pub struct GeneratedPassword {
    clear: String,
    hash: String,
}

impl GeneratedPassword {
    /// Makes a password and hashes it.
    ///
    /// # Errors
    /// `Invalid` when the machine has no memory to hash it.
    pub fn generate(parameters: &HashParameters, tools: &Tools) -> Result<Self, Invalid> {
        let clear = tools.password(PASSWORD_LENGTH);
        let password = Password::new(clear.as_bytes())
            .map_err(|error| Invalid::new("/password", error.to_string()))?;
        let hash = crate::authentication::hash(&password, parameters, tools.random())
            .map_err(|error| Invalid::new("/password", error.to_string()))?;
        Ok(Self { clear, hash })
    }

    /// The password in clear, to be shown once.
    pub fn expose(&self) -> &str {
        &self.clear
    }
}

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's service accounts, to be read.
    pub fn service_accounts(&self) -> ServiceAccounts<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl ServiceAccounts<'_, &Snapshot> {
    /// Until when the password counts that an account had before; nothing where it does not.
    ///
    /// # Errors
    /// When the store fails.
    pub fn former_password_until(&self, id: ServiceAccountId) -> Result<Option<Time>, Error> {
        let partition = self.site.partition();
        let former = self.site.source.get::<FormerPassword>(partition, id.record())?;
        let former = former.filter(|former| former.counts(self.site.now()));
        Ok(former.map(|former| former.until))
    }
}

/// What an event tells of the time of a former password.
fn until_told(before: Option<Time>, after: Option<Time>) -> Difference {
    let json =
        |time: Option<Time>| time.map(|time| serde_json::Value::from(told_time(time)).to_string());
    let field = "previous_password_until".to_owned();
    Difference { field, before: json(before), after: json(after) }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageConfiguration> {
    /// The organization's service accounts, to be changed.
    pub fn service_accounts(&mut self) -> ServiceAccounts<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl ServiceAccounts<'_, &mut Change<'_>> {
    /// Makes a service account with a generated password.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable.
    pub fn create(
        &mut self,
        fields: ServiceAccountFields,
        password: &GeneratedPassword,
    ) -> Result<(ServiceAccountId, ServiceAccount), Error> {
        let (id, account) = self.add(fields)?;
        put_hash(&mut self.site, id.record(), Some(password.hash.clone()))?;
        Ok((id, account))
    }

    /// Changes a service account; with `revision`, only when nobody changed it in between.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: ServiceAccountId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut ServiceAccount) -> Result<(), Error>,
    ) -> Result<ServiceAccount, Error> {
        let before = self.read(id)?.revision();
        let account = self.edit(id, revision, edit)?;
        if account.revision() != before {
            raise_version(&mut self.site, id.record())?;
        }
        Ok(account)
    }

    /// Replaces the password; the old one counts beside it for so long, one before it no more.
    ///
    /// # Errors
    /// `Missing` when there is no such account; `Invalid` for a time that is too long.
    pub fn rotate_password(
        &mut self,
        id: ServiceAccountId,
        password: &GeneratedPassword,
        keep: Duration,
    ) -> Result<(), Error> {
        let account = self.read(id)?;
        if keep > KEPT {
            return Err(Invalid::new("/keep_previous_seconds", "must be at most 30 days").into());
        }
        let (partition, number) = (self.site.partition(), id.record());
        let old = self.site.source.get::<Credential>(partition, number)?;
        let old = old.and_then(|credential| Some((credential.hash?, credential.changed)));
        let mut told = Vec::new();
        match old.filter(|_| !keep.is_zero()) {
            Some((hash, set)) => {
                let until = self.site.now().plus(milliseconds(keep));
                self.site.source.put(partition, number, &FormerPassword { hash, set, until })?;
                told.push(until_told(None, Some(until)));
            }
            None => {
                self.site.source.delete::<FormerPassword>(partition, number)?;
            }
        }
        self.settle_former()?;
        put_hash(&mut self.site, number, Some(password.hash.clone()))?;
        let subject = (SubjectKind::ServiceAccount, account.uuid, account.fields.name.as_str());
        self.site.tell(Action::SecretRotated, subject, told)
    }

    /// Ends the password that an account had before its last rotation; having none is no error, and no
    /// change.
    ///
    /// # Errors
    /// `Missing` when there is no such account.
    pub fn end_former_password(&mut self, id: ServiceAccountId) -> Result<(), Error> {
        let account = self.read(id)?;
        let (partition, number) = (self.site.partition(), id.record());
        let Some(former) = self.site.source.get::<FormerPassword>(partition, number)? else {
            return Ok(());
        };
        self.site.source.delete::<FormerPassword>(partition, number)?;
        self.settle_former()?;
        raise_version(&mut self.site, number)?;
        self.touch(id, None)?;
        let told = vec![until_told(Some(former.until), None)];
        let subject = (SubjectKind::ServiceAccount, account.uuid, account.fields.name.as_str());
        self.site.tell(Action::Changed, subject, told)
    }

    fn settle_former(&mut self) -> Result<(), Error> {
        let id = self.site.place.organization().ok_or(Error::Missing)?;
        settle_former(self.site.source, id)
    }

    /// Deletes a service account and its credentials.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn delete(&mut self, id: ServiceAccountId, revision: Option<u64>) -> Result<(), Error> {
        let (partition, number) = (self.site.partition(), id.record());
        let had_former = self.site.source.contains::<FormerPassword>(partition, number)?;
        self.remove(id, revision)?;
        if had_former { self.settle_former() } else { Ok(()) }
    }
}

/// Says in an organization's record until when former passwords count, by those that there are: no
/// longer than that a wrong password takes as long as two.
pub(crate) fn settle_former(change: &mut Change<'_>, id: OrganizationId) -> Result<(), Error> {
    let mut until = Time::default();
    for found in change.scan::<FormerPassword>(id.partition(), None) {
        until = until.max(found?.1.until);
    }
    let mut home = organization(&*change, id)?.ok_or(Error::Missing)?;
    if home.marks.former_passwords != until {
        home.marks.former_passwords = until;
        change.put(Partition::Provider, id.record(), &home)?;
    }
    Ok(())
}

impl Entity for ServiceAccount {
    type Id = ServiceAccountId;
    type Fields = ServiceAccountFields;

    const SUBJECT: SubjectKind = SubjectKind::ServiceAccount;
    const UUIDS: Index = indices::SERVICE_ACCOUNT_UUID;
    const NAMES: Index = indices::SERVICE_ACCOUNT_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: ServiceAccountFields) -> Self {
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

    fn fields(&self) -> &ServiceAccountFields {
        &self.fields
    }

    fn name(fields: &ServiceAccountFields) -> &str {
        &fields.name
    }

    fn named_values<R: Reading>(
        &self,
        source: &R,
        partition: Partition,
    ) -> Result<Vec<(String, serde_json::Value)>, Error> {
        let Visibility::Groups(groups) = &self.fields.visibility else { return Ok(Vec::new()) };
        let groups = told::all::<Group>(groups, source, partition)?;
        Ok(vec![("visibility".to_owned(), json!({"groups": groups}))])
    }

    fn check(fields: &ServiceAccountFields) -> Result<(), Invalid> {
        limits::name("/name", &fields.name)?;
        limits::optional_line("/description", fields.description.as_ref())?;
        limits::networks("/sources", &fields.sources)?;
        match &fields.visibility {
            Visibility::Everything => Ok(()),
            Visibility::Groups(groups) => {
                limits::count("/visibility/groups", groups.len(), NAMED_GROUPS)
            }
        }
    }

    fn check_references<R: Reading>(
        fields: &ServiceAccountFields,
        _id: Id,
        source: &R,
        partition: Partition,
    ) -> Result<(), Error> {
        if fields.profile.names_alike() {
            check_names_differ(source, partition, "/profile")?;
        }
        let login = prepare(&fields.name);
        let user = source.find_first(partition, indices::USER_LOGIN, login.as_bytes())?;
        if user.is_some() && (fields.profile.names_alike() || names_alike(source, partition)?) {
            return Err(Error::Taken { pointer: "/name".into() });
        }
        match &fields.visibility {
            Visibility::Everything => Ok(()),
            Visibility::Groups(groups) => {
                check_there("/visibility/groups", groups, source, partition)
            }
        }
    }

    fn let_go(
        &self,
        change: &mut Change<'_>,
        partition: Partition,
        id: ServiceAccountId,
    ) -> Result<(), Error> {
        forget_credential(change, partition, id.record())
    }
}
