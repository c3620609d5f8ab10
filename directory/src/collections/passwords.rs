//! Passwords, locks and second factors of users: what a help desk resets.

use storage::{Change, Id, Partition, Reading};

use super::site::Site;
use crate::access::{Grant, ManageIdentities, RecoverAccounts};
use crate::authentication::{HashParameters, HashingFailed, Password, StoredHash};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{AdminNumber, RecordId, UserId};
use crate::records::{Credential, OwnCertificates, User, kinds};
use crate::tools::Tools;

/// A password on its way into the store, hashed before the transaction starts.
pub struct NewPassword {
    hash: String,
    clear: Option<Password>,
    characters: Option<usize>,
}

impl NewPassword {
    /// Hashes a password: takes about as long as a sign-in.
    ///
    /// # Errors
    /// When the machine has no memory for it.
    pub fn hashed(
        password: Password,
        parameters: &HashParameters,
        tools: &Tools,
    ) -> Result<Self, HashingFailed> {
        let hash = crate::authentication::hash(&password, parameters, tools.random())?;
        let text = String::from_utf8_lossy(password.expose());
        let characters = Some(text.chars().count());
        Ok(Self { hash, clear: Some(password), characters })
    }

    /// Takes over a hash that another system made.
    ///
    /// # Errors
    /// `Invalid` when the form is not known or its cost is out of bounds.
    pub fn imported(hash: String) -> Result<Self, Invalid> {
        match StoredHash::parse(&hash) {
            Ok(_) => Ok(Self { hash, clear: None, characters: None }),
            Err(error) => Err(Invalid::new("/password_hash", error.to_string())),
        }
    }
}

/// The credentials of the grant's users.
pub struct Passwords<'g, S> {
    site: Site<'g, S>,
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, RecoverAccounts> {
    /// The credentials of the organization's users.
    pub fn passwords(&mut self) -> Passwords<'t, &mut Change<'c>> {
        Passwords { site: self.site_mut() }
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageIdentities> {
    /// The credentials of the organization's users.
    pub fn passwords(&mut self) -> Passwords<'t, &mut Change<'c>> {
        Passwords { site: self.site_mut() }
    }
}

impl Passwords<'_, &mut Change<'_>> {
    /// Sets a user's password; lifts a lock.
    ///
    /// # Errors
    /// `Missing`, or `Invalid` when the organization's policy refuses the password.
    pub fn set(&mut self, user: UserId, password: NewPassword) -> Result<(), Error> {
        let record = self.user(user)?;
        store_user_password(&mut self.site, user, password)?;
        let masked = || Some("\"(secret)\"".to_owned());
        let told = Difference { field: "password".into(), before: masked(), after: masked() };
        self.tell(Action::PasswordSet, &record, vec![told])
    }

    /// Lifts a lock; being unlocked is no error.
    ///
    /// # Errors
    /// `Missing` when there is no such user.
    pub fn unlock(&mut self, user: UserId) -> Result<(), Error> {
        let record = self.user(user)?;
        let partition = self.site.partition();
        let found = self.site.source.get::<Credential>(partition, user.record())?;
        if let Some(mut credential) = found {
            credential.lock = None;
            // Ends what was counted in memory as well.
            credential.version = credential.version.saturating_add(1);
            self.site.source.put(partition, user.record(), &credential)?;
        }
        self.tell(Action::Unlocked, &record, Vec::new())
    }

    fn user(&self, user: UserId) -> Result<User, Error> {
        self.site.source.get(self.site.partition(), user.record())?.ok_or(Error::Missing)
    }

    fn tell(&mut self, action: Action, user: &User, told: Vec<Difference>) -> Result<(), Error> {
        let subject = (SubjectKind::User, user.uuid, user.fields.login.as_str());
        self.site.tell(action, subject, told)
    }
}

/// The fewest characters of an admin's password.
const ADMIN_MINIMUM: u16 = 12;

/// Writes a user's password, and the sealed copy in clear where the organization opted in to CHAP.
pub(crate) fn store_user_password(
    site: &mut Site<'_, &mut Change<'_>>,
    user: UserId,
    password: NewPassword,
) -> Result<(), Error> {
    let organization = site.place.organization().ok_or(Error::Missing)?;
    let settings = super::organizations::settings(&*site.source, organization)?;
    require_length(&password, settings.password_minimum)?;
    put_hash(site, user.record(), Some(password.hash))?;
    let (partition, id) = (site.partition(), user.record());
    match password.clear.filter(|_| settings.chap) {
        Some(clear) => {
            site.source.put_secret(partition, kinds::CHAP_PASSWORD, id, clear.expose())?;
        }
        None => {
            site.source.delete_secret(partition, kinds::CHAP_PASSWORD, id)?;
        }
    }
    Ok(())
}

/// Writes an admin's password, of which nothing in clear is ever kept.
pub(crate) fn store_admin_password(
    site: &mut Site<'_, &mut Change<'_>>,
    admin: AdminNumber,
    password: NewPassword,
) -> Result<(), Error> {
    require_length(&password, ADMIN_MINIMUM)?;
    put_hash(site, admin.record(), Some(password.hash))
}

fn require_length(password: &NewPassword, least: u16) -> Result<(), Invalid> {
    match password.characters {
        Some(characters) if characters < usize::from(least) => {
            Err(Invalid::new("/password", format!("must have at least {least} characters")))
        }
        Some(_) | None => Ok(()),
    }
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
            credential.changed = now;
            credential.lock = None;
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
    change.delete_secret(partition, kinds::CHAP_PASSWORD, id)?;
    change.delete_secret(partition, kinds::TOTP_SEED, id)?;
    Ok(())
}
