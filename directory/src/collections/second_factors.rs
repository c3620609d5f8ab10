//! The second factors of users: how they are enrolled, and reset.

use storage::{Change, Id, Partition, Reading, Snapshot};
use zeroize::Zeroizing;

use super::invitations::{IssuedInvitation, end_user_invitation, invite_user, require_enrollable};
use super::site::Site;
use crate::access::{Grant, RecoverAccounts, View};
use crate::authentication::{Seed, verify_code};
use crate::error::{Error, Invalid};
use crate::events::{Action, EventActor, SubjectKind};
use crate::id::{RecordId, UserId};
use crate::records::{Aim, Credential, Invitation, User, kinds};
use crate::time::Time;

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
        let seed = make_seed(&mut self.site, user, &record)?;
        self.tell(Action::SecretRevealed, &record)?;
        Ok(seed)
    }

    /// Confirms what was begun with a code, which is used up by it; an invitation to enrol ends.
    ///
    /// # Errors
    /// `Missing`; `Forbidden` when nothing was begun; `Invalid` for a wrong code.
    pub fn confirm(&mut self, user: UserId, code: &str) -> Result<(), Error> {
        let (record, _) = self.read(user)?;
        if !enrol(&mut self.site, user, code)? {
            return Err(Invalid::new("/code", "is not the code of this moment").into());
        }
        self.tell(Action::MfaEnrolled, &record)?;
        self.end_invitation(user, &record)
    }

    /// Invites a user to enrol a second factor with the password in use, within `life` milliseconds or
    /// within what the organization's settings say; an invitation from before counts no more.
    ///
    /// # Errors
    /// `Missing`; `Invalid` for a life out of bounds; `Forbidden` for who has a second factor or no
    /// password, or may not sign in.
    pub fn invite(&mut self, user: UserId, life: Option<u64>) -> Result<IssuedInvitation, Error> {
        let (record, credential) = self.read(user)?;
        require_enrollable(&record, Some(&credential))?;
        invite_user(&mut self.site, (user, &record), Aim::SecondFactor, life)
    }

    /// Removes a user's second factor, or what was begun of one, an invitation to enrol it among that;
    /// having none of it is no error, and no change.
    ///
    /// # Errors
    /// `Missing` when there is no such user.
    pub fn reset(&mut self, user: UserId) -> Result<(), Error> {
        let (mut record, mut credential) = self.read(user)?;
        self.end_invitation(user, &record)?;
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

    /// Ends the invitation of a user that has come to the second factor, if there is one.
    fn end_invitation(&mut self, user: UserId, record: &User) -> Result<(), Error> {
        let found = self.site.source.get::<Invitation>(self.site.partition(), user.record())?;
        if found.is_none_or(|invitation| invitation.aim != Aim::SecondFactor) {
            return Ok(());
        }
        let actor = self.site.event_actor()?;
        end_user_invitation(&mut self.site, actor, user.record(), record)
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

/// Makes a seed that its owner is shown, who enrols alone.
pub(crate) fn show_to_owner(
    site: &mut Site<'_, &mut Change<'_>>,
    id: UserId,
    user: &User,
) -> Result<NewSeed, Error> {
    let seed = make_seed(site, id, user)?;
    tell_by_owner(site, Action::SecretRevealed, user)?;
    Ok(seed)
}

/// Has the second factor of a user count who enrols alone, if that is a code of it; the invitation is
/// used up by it.
pub(crate) fn confirm_by_owner(
    site: &mut Site<'_, &mut Change<'_>>,
    id: UserId,
    mut user: User,
    code: &str,
) -> Result<bool, Error> {
    if !enrol(site, id, code)? {
        return Ok(false);
    }
    let (partition, number) = (site.partition(), id.record());
    site.source.delete::<Invitation>(partition, number)?;
    user.stamp.touch(site.now());
    site.source.put(partition, number, &user)?;
    tell_by_owner(site, Action::MfaEnrolled, &user)?;
    Ok(true)
}

/// The step of a code of the seed that was begun; nothing for a wrong code.
///
/// # Errors
/// `Forbidden` when nothing was begun.
pub(crate) fn first_step(
    source: &impl Reading,
    (partition, id): (Partition, Id),
    (credential, code): (&Credential, &str),
    now: Time,
) -> Result<Option<u64>, Error> {
    let sealed = source.secret(partition, kinds::TOTP_SEED, id)?;
    let begun = sealed.filter(|_| !credential.totp_enrolled);
    let seed = begun.and_then(|sealed| sealed.expose().try_into().ok().map(Seed::new));
    let seed = seed.ok_or(Error::Forbidden("no enrolment was begun"))?;
    Ok(verify_code(&seed, code, now.seconds(), None))
}

/// Makes the seed of a user's second factor, and keeps it sealed.
fn make_seed(
    site: &mut Site<'_, &mut Change<'_>>,
    id: UserId,
    user: &User,
) -> Result<NewSeed, Error> {
    let organization = site.place.organization().ok_or(Error::Missing)?;
    let found = crate::access::organization(&*site.source, organization)?;
    let issuer = found.ok_or(Error::Missing)?.fields.name;
    let (seed, partition) = (Seed::new(site.tools.random()), site.partition());
    site.source.put_secret(partition, kinds::TOTP_SEED, id.record(), seed.octets())?;
    let uri = seed.to_uri(&issuer, &user.fields.login);
    Ok(NewSeed { secret: seed.to_base32(), uri })
}

/// Has the seed that was begun count, if that is a code of it, which is used up by it.
fn enrol(site: &mut Site<'_, &mut Change<'_>>, id: UserId, code: &str) -> Result<bool, Error> {
    let (partition, number, now) = (site.partition(), id.record(), site.now());
    let found = site.source.get::<Credential>(partition, number)?;
    let mut credential = found.unwrap_or_else(Credential::absent);
    let step = first_step(&*site.source, (partition, number), (&credential, code), now)?;
    let Some(step) = step else { return Ok(false) };
    credential.totp_enrolled = true;
    credential.totp_step = Some(step);
    credential.version = credential.version.saturating_add(1);
    site.source.put(partition, number, &credential)?;
    Ok(true)
}

/// Tells what a user did who is nobody's actor: the link and the password proved who it is.
fn tell_by_owner(
    site: &mut Site<'_, &mut Change<'_>>,
    action: Action,
    user: &User,
) -> Result<(), Error> {
    let (id, login) = (user.uuid, user.fields.login.as_str());
    let actor = EventActor::User { id: Some(id), login: login.to_owned() };
    site.tell_by(actor, action, (SubjectKind::User, id, login), Vec::new())
}
