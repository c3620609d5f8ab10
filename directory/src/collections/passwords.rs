//! Passwords, locks and second factors of users: what a help desk resets.

use storage::{Change, Id, Partition, Reading};

use super::site::Site;
use crate::access::{Grant, ManageIdentities, RecoverAccounts};
use crate::authentication::{HashParameters, HashingFailed, Password, StoredHash};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{RecordId, UserId};
use crate::records::{Credential, User, kinds};
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
        store_password(&mut self.site, user.record(), password)?;
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

/// Writes a password, and the sealed copy in clear where the organization opted in to CHAP.
pub(crate) fn store_password(
    site: &mut Site<'_, &mut Change<'_>>,
    id: Id,
    password: NewPassword,
) -> Result<(), Error> {
    let partition = site.partition();
    let settings = super::organizations::settings(&*site.source, site.place)?;
    if let Some(characters) = password.characters
        && characters < usize::from(settings.password_minimum)
    {
        let least = settings.password_minimum;
        return Err(
            Invalid::new("/password", format!("must have at least {least} characters")).into()
        );
    }
    put_hash(site, id, Some(password.hash))?;
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
    change.delete_secret(partition, kinds::CHAP_PASSWORD, id)?;
    change.delete_secret(partition, kinds::TOTP_SEED, id)?;
    Ok(())
}
