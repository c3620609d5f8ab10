//! The second factors of users: how they are enrolled, and reset.

use storage::{Change, Reading, Snapshot};
use zeroize::Zeroizing;

use super::site::Site;
use crate::access::{Grant, RecoverAccounts, View};
use crate::authentication::{Seed, verify_code};
use crate::error::{Error, Invalid};
use crate::events::{Action, SubjectKind};
use crate::id::{RecordId, UserId};
use crate::records::{Credential, User, kinds};

/// The second factors of the grant's users.
pub struct SecondFactors<'g, S> {
    site: Site<'g, S>,
}

/// A seed that was just made: the only time that it is shown.
pub struct NewSeed {
    /// The seed as people type it into an authenticator: base32.
    pub secret: Zeroizing<String>,
    /// The seed as an authenticator scans it: an `otpauth` URI.
    pub uri: Zeroizing<String>,
}

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The second factors of the organization's users, to be read.
    pub fn second_factors(&self) -> SecondFactors<'t, &'s Snapshot> {
        SecondFactors { site: self.site() }
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, RecoverAccounts> {
    /// The second factors of the organization's users.
    pub fn second_factors(&mut self) -> SecondFactors<'t, &mut Change<'c>> {
        SecondFactors { site: self.site_mut() }
    }
}

impl SecondFactors<'_, &Snapshot> {
    /// Whether a user has one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn is_enrolled(&self, user: UserId) -> Result<bool, Error> {
        let found = self.site.source.get::<Credential>(self.site.partition(), user.record())?;
        Ok(found.is_some_and(|credential| credential.totp_enrolled))
    }
}

impl SecondFactors<'_, &mut Change<'_>> {
    /// Makes a seed, which counts once a code of it was confirmed; one that was begun before ends.
    ///
    /// # Errors
    /// `Missing`, or `Forbidden` while another is enrolled.
    pub fn begin(&mut self, user: UserId) -> Result<NewSeed, Error> {
        let (record, credential) = self.read(user)?;
        if credential.totp_enrolled {
            return Err(Error::Forbidden("a second factor is enrolled; reset it first"));
        }
        let organization = self.site.place.organization().ok_or(Error::Missing)?;
        let found = crate::access::organization(&*self.site.source, organization)?;
        let issuer = found.ok_or(Error::Missing)?.fields.name;
        let seed = Seed::new(self.site.tools.random());
        let (partition, id) = (self.site.partition(), user.record());
        self.site.source.put_secret(partition, kinds::TOTP_SEED, id, seed.octets())?;
        self.tell(Action::SecretRevealed, &record)?;
        let uri = seed.to_uri(&issuer, &record.fields.login);
        Ok(NewSeed { secret: seed.to_base32(), uri })
    }

    /// Confirms what was begun with a code, which is used up by it.
    ///
    /// # Errors
    /// `Missing`; `Forbidden` when nothing was begun; `Invalid` for a wrong code.
    pub fn confirm(&mut self, user: UserId, code: &str) -> Result<(), Error> {
        let (record, mut credential) = self.read(user)?;
        let (partition, id) = (self.site.partition(), user.record());
        let sealed = self.site.source.secret(partition, kinds::TOTP_SEED, id)?;
        let begun = sealed.filter(|_| !credential.totp_enrolled);
        let seed = begun.and_then(|sealed| sealed.expose().try_into().ok().map(Seed::new));
        let seed = seed.ok_or(Error::Forbidden("no enrolment was begun"))?;
        let step = verify_code(&seed, code, self.site.now().seconds(), None)
            .ok_or_else(|| Invalid::new("/code", "is not the code of this moment"))?;
        credential.totp_enrolled = true;
        credential.totp_step = Some(step);
        credential.version = credential.version.saturating_add(1);
        self.site.source.put(partition, id, &credential)?;
        self.tell(Action::MfaEnrolled, &record)
    }

    /// Removes a user's second factor, or what was begun of one; having neither is no error, and no
    /// change.
    ///
    /// # Errors
    /// `Missing` when there is no such user.
    pub fn reset(&mut self, user: UserId) -> Result<(), Error> {
        let (mut record, mut credential) = self.read(user)?;
        let (partition, id) = (self.site.partition(), user.record());
        let was_there = self.site.source.delete_secret(partition, kinds::TOTP_SEED, id)?;
        if !was_there && !credential.totp_enrolled {
            return Ok(());
        }
        credential.totp_enrolled = false;
        credential.totp_step = None;
        credential.version = credential.version.saturating_add(1);
        self.site.source.put(partition, id, &credential)?;
        record.stamp.touch(self.site.now());
        self.site.source.put(partition, id, &record)?;
        self.tell(Action::MfaReset, &record)
    }

    fn read(&self, user: UserId) -> Result<(User, Credential), Error> {
        let (partition, id) = (self.site.partition(), user.record());
        let record = self.site.source.get::<User>(partition, id)?.ok_or(Error::Missing)?;
        let credential = self.site.source.get::<Credential>(partition, id)?;
        Ok((record, credential.unwrap_or_else(Credential::absent)))
    }

    fn tell(&mut self, action: Action, user: &User) -> Result<(), Error> {
        let subject = (SubjectKind::User, user.uuid, user.fields.login.as_str());
        self.site.tell(action, subject, Vec::new())
    }
}
