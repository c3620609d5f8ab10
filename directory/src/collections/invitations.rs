//! Invitations: a link with which a user, or an admin, chooses their first password, or with which a
//! user enrols a second factor.

use storage::{Change, Id, Reading, Snapshot};
use uuid::Uuid;

use super::oneself::hash_token;
use super::site::Site;
use super::users::Users;
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, EventActor, SubjectKind};
use crate::id::{OrganizationId, Place, RecordId, UserId};
use crate::records::{Aim, Credential, Invitation, User, UserState};
use crate::time::Time;

/// The longest life of an invitation, in milliseconds: 90 days.
const LIFE: u64 = 90 * 24 * 60 * 60 * 1_000;
/// The shortest: a minute.
const SHORTEST: u64 = 60 * 1_000;
/// The secret part of a link has this many letters and digits: 190 bits.
const SECRET: usize = 32;
/// What the text of an invitation begins with.
const PREFIX: &str = "tninv";

/// An invitation that was just made: the only time that its text is known.
pub struct IssuedInvitation {
    /// What the link has in it.
    pub token: String,
    /// When it ends.
    pub expires: Time,
}

impl Users<'_, &Snapshot> {
    /// The invitation of a user that has not ended.
    ///
    /// # Errors
    /// When the store fails.
    pub fn invitation(&self, id: UserId) -> Result<Option<Invitation>, Error> {
        let found = self.site.source.get::<Invitation>(self.site.partition(), id.record())?;
        Ok(found.filter(|found| self.site.now() < found.expires))
    }
}

impl Users<'_, &mut Change<'_>> {
    /// Invites a user to choose a first password within `life` milliseconds, or within what the
    /// organization's settings say, and then to enrol a second factor where `second_factor` says so
    /// or the organization demands one of everybody; an invitation from before counts no more.
    ///
    /// # Errors
    /// `Missing`; `Invalid` for a life out of bounds; `Forbidden` for who is suspended, or has a
    /// password and is let in with it.
    pub fn invite(
        &mut self,
        id: UserId,
        life: Option<u64>,
        second_factor: bool,
    ) -> Result<IssuedInvitation, Error> {
        let (user, partition) = (self.read(id)?, self.site.partition());
        require_invitable(&user, self.site.source.get(partition, id.record())?.as_ref())?;
        let aim = if second_factor { Aim::PasswordAndSecondFactor } else { Aim::Password };
        invite_user(&mut self.site, (id, &user), aim, life)
    }

    /// Ends the invitation of a user; that there is none is no error.
    ///
    /// # Errors
    /// `Missing` when there is no such user.
    pub fn revoke_invitation(&mut self, id: UserId) -> Result<(), Error> {
        let (user, actor) = (self.read(id)?, self.site.event_actor()?);
        end_user_invitation(&mut self.site, actor, id.record(), &user)
    }
}

/// Makes the invitation of a user, for `life` milliseconds or as the organization's settings say.
pub(super) fn invite_user(
    site: &mut Site<'_, &mut Change<'_>>,
    (id, user): (UserId, &User),
    aim: Aim,
    life: Option<u64>,
) -> Result<IssuedInvitation, Error> {
    let organization = site.place.organization().ok_or(Error::Missing)?;
    let usual = super::settings(&*site.source, organization)?.invitation_life;
    let subject = (SubjectKind::User, user.uuid, user.fields.login.as_str());
    issue_invitation(site, id.record(), subject, aim, life.unwrap_or(usual))
}

/// Ends the invitation of a user, if there is one; the event says by whom.
pub(crate) fn end_user_invitation(
    site: &mut Site<'_, &mut Change<'_>>,
    actor: EventActor,
    number: Id,
    user: &User,
) -> Result<(), Error> {
    let partition = site.partition();
    if !site.source.delete::<Invitation>(partition, number)? {
        return Ok(());
    }
    let subject = (SubjectKind::User, user.uuid, user.fields.login.as_str());
    site.tell_by(actor, Action::InvitationRevoked, subject, Vec::new())
}

/// Makes the invitation of the user or the admin with a record number, for `life` milliseconds; one from
/// before counts no more.
pub(super) fn issue_invitation(
    site: &mut Site<'_, &mut Change<'_>>,
    number: Id,
    subject: (SubjectKind, Uuid, &str),
    aim: Aim,
    life: u64,
) -> Result<IssuedInvitation, Error> {
    if !(SHORTEST..=LIFE).contains(&life) {
        let message = "must be a minute at least, and 90 days at most";
        return Err(Invalid::new("/seconds", message).into());
    }
    let secret = site.tools.password(SECRET);
    let (created, expires) = (site.now(), site.now().plus(life));
    let (partition, hash) = (site.partition(), hash_token(&secret));
    site.source.put(partition, number, &Invitation { hash, created, expires, aim })?;
    let told = match aim {
        Aim::Password => Vec::new(),
        Aim::PasswordAndSecondFactor | Aim::SecondFactor => {
            let (field, after) = ("second_factor".to_owned(), Some("true".to_owned()));
            vec![Difference { field, before: None, after }]
        }
    };
    site.tell(Action::Invited, subject, told)?;
    let home = partition.number();
    Ok(IssuedInvitation { token: format!("{PREFIX}_{home}_{number}_{secret}"), expires })
}

/// Lets nobody on who has a first password already, or is kept out for a reason.
pub(crate) fn require_invitable(user: &User, credential: Option<&Credential>) -> Result<(), Error> {
    let has_password = credential.is_some_and(|credential| credential.hash.is_some());
    match user.state {
        UserState::Suspended => Err(Error::Forbidden("the user is suspended; activate it first")),
        UserState::Active if has_password => {
            Err(Error::Forbidden("the user has a password already; set another one instead"))
        }
        UserState::Active | UserState::Staged => Ok(()),
    }
}

/// Lets nobody on to a second factor who has one, or no password to prove themselves with, or is kept
/// out for a reason.
pub(crate) fn require_enrollable(
    user: &User,
    credential: Option<&Credential>,
) -> Result<(), Error> {
    if credential.is_some_and(|credential| credential.totp_enrolled) {
        return Err(Error::Forbidden("a second factor is enrolled; reset it first"));
    }
    let has_password = credential.is_some_and(|credential| credential.hash.is_some());
    match user.state {
        UserState::Suspended => Err(Error::Forbidden("the user is suspended; activate it first")),
        UserState::Staged => Err(Error::Forbidden("the user is not active yet; activate it first")),
        UserState::Active if !has_password => Err(Error::Forbidden(
            "the user has no password; invite the user to choose one, and a second factor with it",
        )),
        UserState::Active => Ok(()),
    }
}

/// Reads whose invitation a text is, by place and record number, and the hash that it must have.
pub(crate) fn parse_invitation(text: &str) -> Option<(Place, Id, [u8; 32])> {
    let mut parts = text.splitn(4, '_');
    parts.next().filter(|prefix| *prefix == PREFIX)?;
    let home: u32 = parts.next()?.parse().ok()?;
    let home = OrganizationId::from_record(Id::from(home));
    let number: Id = parts.next()?.parse().ok()?;
    let secret = parts.next().filter(|secret| secret.len() == SECRET)?;
    Some((home.map_or(Place::Provider, Place::Organization), number, hash_token(secret)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_text_of_an_invitation_is_read() {
        let secret = "a".repeat(SECRET);
        for home in [0, 3] {
            let text = format!("tninv_{home}_14_{secret}");
            let (place, number, hash) = parse_invitation(&text).unwrap();
            assert_eq!((place.partition().number(), number), (home, 14));
            assert_eq!(hash, hash_token(&secret));
        }
        for text in [
            String::new(),
            format!("tnkey_3_14_{secret}"),
            format!("tninv_-1_14_{secret}"),
            format!("tninv_3_x_{secret}"),
            format!("tninv_3_14_{secret}a"),
            format!("tninv_3_{secret}"),
        ] {
            assert!(parse_invitation(&text).is_none(), "{text}");
        }
    }
}
