//! Accepting an invitation: whoever has the link chooses the first password of a user or an admin, or
//! goes on to the second factor of a user.

use storage::{Change, Reading, Snapshot};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::Directory;
use crate::access::{Context, home_answers, organization};
use crate::authentication::Password;
use crate::collections::{
    NewPassword, NewSeed, Site, first_password, judge_admin_password, parse_invitation,
    require_admin_invitable, require_enrollable, require_invitable, require_quality, settings,
    settings_of, show_to_owner, store_admin_password,
};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, EventActor, SubjectKind};
use crate::id::{AdminNumber, OrganizationId, Place, RecordId, UserId};
use crate::records::{Admin, Aim, Credential, Demand, Invitation, User, UserState};

/// What an invitation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationStep {
    /// A first password.
    FirstPassword,
    /// The password in use, before a second factor is enrolled.
    PasswordInUse,
}

/// Whom an invitation that counts is for.
struct Invited {
    home: Place,
    who: Invitee,
    aim: Aim,
}

/// Who goes on with an invitation.
enum Invitee {
    User(UserId, Box<User>),
    Admin(AdminNumber, Admin),
}

impl Invited {
    /// Reads whom an invitation is for; all that do not count are `Missing`, whatever the reason.
    fn read(source: &impl Reading, token: &str, context: &Context) -> Result<Self, Error> {
        let (home, number, hash) = parse_invitation(token).ok_or(Error::Missing)?;
        let partition = home.partition();
        let invitation = source.get::<Invitation>(partition, number)?;
        let aim = invitation.as_ref().map_or(Aim::Password, |invitation| invitation.aim);
        let counts = invitation.is_some_and(|invitation| {
            bool::from(invitation.hash.ct_eq(&hash)) && context.now < invitation.expires
        });
        let answers = home_answers(source, home)?;
        let user = source.get::<User>(partition, number)?.zip(UserId::from_record(number));
        let admin = source.get::<Admin>(partition, number)?.zip(AdminNumber::from_record(number));
        let credential = source.get::<Credential>(partition, number)?;
        let credential = credential.as_ref();
        let is_user_let_on = |user: &User| {
            let required = match aim {
                Aim::Password | Aim::PasswordAndSecondFactor => require_invitable(user, credential),
                Aim::SecondFactor => require_enrollable(user, credential),
            };
            required.is_ok() && !user.is_over(context.now)
        };
        let is_admin_let_on = |admin: &Admin| {
            let from_there = admin.fields.works_from(context.source);
            require_admin_invitable(admin, credential).is_ok() && from_there
        };
        let user = user.filter(|(user, _)| is_user_let_on(user));
        let admin = admin.filter(|(admin, _)| is_admin_let_on(admin));
        let user = user.map(|(user, id)| Invitee::User(id, Box::new(user)));
        let who = user.or_else(|| admin.map(|(admin, number)| Invitee::Admin(number, admin)));
        let who = who.filter(|_| counts && answers).ok_or(Error::Missing)?;
        Ok(Self { home, who, aim })
    }

    fn step(&self) -> InvitationStep {
        match self.aim {
            Aim::Password | Aim::PasswordAndSecondFactor => InvitationStep::FirstPassword,
            Aim::SecondFactor => InvitationStep::PasswordInUse,
        }
    }

    /// The same, where a first password is to be chosen.
    fn choosing_password(self) -> Result<Self, Error> {
        match self.step() {
            InvitationStep::FirstPassword => Ok(self),
            InvitationStep::PasswordInUse => Err(Error::Missing),
        }
    }

    fn judge(&self, source: &impl Reading, password: &Password) -> Result<(), Error> {
        let judged = match &self.who {
            Invitee::User(id, user) => {
                let place = self.home.organization().ok_or(Error::Missing)?;
                let home = organization(source, place)?.ok_or(Error::Missing)?;
                require_quality(password, (user, &home), &settings_of(source, place, *id)?)
            }
            Invitee::Admin(_, admin) => judge_admin_password(source, (self.home, admin), password)?,
        };
        Ok(judged.map_err(|unacceptable| Invalid::new("/password", unacceptable.to_string()))?)
    }
}

/// The user who goes on with an invitation to a second factor, and the organization.
///
/// # Errors
/// `Missing` for any other invitation.
pub(crate) fn enrolling(
    source: &impl Reading,
    token: &str,
    context: &Context,
) -> Result<(OrganizationId, UserId, User), Error> {
    let invited = Invited::read(source, token, context)?;
    let home = invited.home.organization().ok_or(Error::Missing)?;
    match (invited.step(), invited.who) {
        (InvitationStep::PasswordInUse, Invitee::User(id, user)) => Ok((home, id, *user)),
        (InvitationStep::PasswordInUse, Invitee::Admin(..))
        | (InvitationStep::FirstPassword, _) => Err(Error::Missing),
    }
}

impl Directory {
    /// What an invitation asks for that counts.
    ///
    /// # Errors
    /// `Missing` for any that does not.
    pub fn invitation_step(&self, token: &str, context: &Context) -> Result<InvitationStep, Error> {
        Ok(Invited::read(&self.inner.store.read()?, token, context)?.step())
    }

    /// Judges a first password before it is hashed; tells the organization that it is for, if it is for one.
    ///
    /// # Errors
    /// `Missing` for any invitation that does not count; `Invalid` when the organization's policy, or
    /// what is asked of admins, refuses the password.
    pub fn judge_first_password(
        &self,
        token: &str,
        password: &Password,
        context: &Context,
    ) -> Result<Option<Uuid>, Error> {
        let snapshot: Snapshot = self.inner.store.read()?;
        let invited = Invited::read(&snapshot, token, context)?.choosing_password()?;
        invited.judge(&snapshot, password)?;
        let Place::Organization(home) = invited.home else { return Ok(None) };
        Ok(organization(&snapshot, home)?.map(|record| record.uuid))
    }

    /// Uses an invitation up: its user or admin has that password from then on, and may sign in. Of a
    /// user it goes on to a second factor where the organization demands one of everybody, or whoever
    /// invited said so: then it is used up by a code of the seed that this tells.
    ///
    /// # Errors
    /// As [`judge_first_password`](Self::judge_first_password).
    pub fn accept_invitation(
        &self,
        token: &str,
        password: NewPassword,
        context: Context,
    ) -> Result<Option<NewSeed>, Error> {
        let (token, tools) = (token.to_owned(), self.inner.tools.clone());
        let done = self.inner.store.write(move |change| {
            let invited = Invited::read(&*change, &token, &context)?.choosing_password()?;
            let Invited { home: place, who, aim } = invited;
            let mut site = Site { source: change, place, context: &context, tools: &tools };
            match who {
                Invitee::User(id, user) => accept_as_user(&mut site, (id, *user), aim, password),
                Invitee::Admin(number, admin) => {
                    accept_as_admin(&mut site, number, &admin, password).map(|()| None)
                }
            }
        });
        done.map_err(Error::from)
    }
}

fn accept_as_user(
    site: &mut Site<'_, &mut Change<'_>>,
    (id, mut user): (UserId, User),
    aim: Aim,
    password: NewPassword,
) -> Result<Option<NewSeed>, Error> {
    let (partition, number) = (site.partition(), id.record());
    first_password(site, (id, &user), password)?;
    let goes_on = goes_on_to_second_factor(site, id, aim)?;
    let (mut told, is_staged) = (vec![masked()], user.state == UserState::Staged);
    if is_staged {
        user.state = UserState::Active;
        user.activated = Some(site.now());
        told.push(said("state", "staged", "active"));
    }
    if is_staged || goes_on {
        user.stamp.touch(site.now());
        site.source.put(partition, number, &user)?;
    }
    let login = user.fields.login.clone();
    let actor = EventActor::User { id: Some(user.uuid), login: login.clone() };
    let subject = (SubjectKind::User, user.uuid, login.as_str());
    site.tell_by(actor, Action::InvitationAccepted, subject, told)?;
    let found = site.source.get::<Invitation>(partition, number)?.filter(|_| goes_on);
    let Some(invitation) = found else {
        site.source.delete::<Invitation>(partition, number)?;
        return Ok(None);
    };
    let invitation = Invitation { aim: Aim::SecondFactor, ..invitation };
    site.source.put(partition, number, &invitation)?;
    show_to_owner(site, id, &user).map(Some)
}

/// Whether a user who has chosen a first password goes on to a second factor.
fn goes_on_to_second_factor(
    site: &Site<'_, &mut Change<'_>>,
    id: UserId,
    aim: Aim,
) -> Result<bool, Error> {
    let organization = site.place.organization().ok_or(Error::Missing)?;
    let demand = settings(&*site.source, organization)?.second_factor.demand;
    let credential = site.source.get::<Credential>(site.partition(), id.record())?;
    let is_enrolled = credential.is_some_and(|credential| credential.totp_enrolled);
    let is_wanted = aim == Aim::PasswordAndSecondFactor || demand == Demand::Required;
    Ok(is_wanted && !is_enrolled)
}

fn accept_as_admin(
    site: &mut Site<'_, &mut Change<'_>>,
    number: AdminNumber,
    admin: &Admin,
    password: NewPassword,
) -> Result<(), Error> {
    store_admin_password(site, number, password)?;
    site.source.delete::<Invitation>(site.place.partition(), number.record())?;
    site.tell_as(admin, Action::InvitationAccepted, vec![masked()])
}

fn masked() -> Difference {
    let after = Some("\"(secret)\"".to_owned());
    Difference { field: "password".into(), before: None, after }
}

fn said(field: &str, before: &str, after: &str) -> Difference {
    let json = |text: &str| Some(serde_json::Value::from(text).to_string());
    Difference { field: field.to_owned(), before: json(before), after: json(after) }
}
