//! Service accounts: what applications bind with.

use storage::{Change, Id, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use super::passwords::{forget_credential, put_hash, raise_version};
use super::presentation::{check_names_differ, names_alike};
use crate::access::{Grant, ManageConfiguration, View};
use crate::authentication::{HashParameters, Password};
use crate::error::{Error, Invalid};
use crate::events::{Action, SubjectKind};
use crate::id::{RecordId, ServiceAccountId};
use crate::limits::{self, NAMED_GROUPS};
use crate::records::{Group, ServiceAccount, ServiceAccountFields, Stamp, Visibility, indices};
use crate::text::prepare;
use crate::tools::Tools;

/// The service accounts of the grant's organization.
pub type ServiceAccounts<'g, S> = Collection<'g, S, ServiceAccount>;

/// A generated password has this many letters and digits: 190 bits.
const PASSWORD_LENGTH: usize = 32;

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
        let account = self.edit(id, revision, edit)?;
        raise_version(&mut self.site, id.record())?;
        Ok(account)
    }

    /// Replaces the password; the old one ends at once.
    ///
    /// # Errors
    /// `Missing` when there is no such account.
    pub fn rotate_password(
        &mut self,
        id: ServiceAccountId,
        password: &GeneratedPassword,
    ) -> Result<(), Error> {
        let account = self.read(id)?;
        put_hash(&mut self.site, id.record(), Some(password.hash.clone()))?;
        let subject = (SubjectKind::ServiceAccount, account.uuid, account.fields.name.as_str());
        self.site.tell(Action::SecretRotated, subject, Vec::new())
    }

    /// Deletes a service account and its credentials.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn delete(&mut self, id: ServiceAccountId, revision: Option<u64>) -> Result<(), Error> {
        self.remove(id, revision)
    }
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

    fn check(fields: &ServiceAccountFields) -> Result<(), Invalid> {
        limits::name("/name", &fields.name)?;
        limits::optional_line("/description", fields.description.as_ref())?;
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
            return Err(Error::Taken { pointer: "/name" });
        }
        let Visibility::Groups(groups) = &fields.visibility else { return Ok(()) };
        for (position, group) in groups.iter().enumerate() {
            if !source.contains::<Group>(partition, group.record())? {
                let pointer = format!("/visibility/groups/{position}");
                return Err(Invalid::new(pointer, "there is no such group").into());
            }
        }
        Ok(())
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
