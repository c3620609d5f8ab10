//! Accepting an invitation: whoever has the link chooses the first password of a user or an admin.

use storage::{Change, Reading, Snapshot};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::Directory;
use crate::access::{Context, home_answers, organization};
use crate::authentication::{Names, Password, judge};
use crate::collections::{
    ADMIN_MINIMUM, NewPassword, Site, first_password, parse_invitation, require_admin_invitable,
    require_invitable, require_quality, settings_of, store_admin_password,
};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, EventActor, SubjectKind};
use crate::id::{AdminNumber, Place, RecordId, UserId};
use crate::records::{Admin, Credential, Invitation, User, UserState};

/// Whom an invitation that counts is for.
struct Invited {
    home: Place,
    who: Invitee,
}

/// Who chooses a first password.
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
        let counts = invitation.is_some_and(|invitation| {
            bool::from(invitation.hash.ct_eq(&hash)) && context.now < invitation.expires
        });
        let answers = home_answers(source, home)?;
        let user = source.get::<User>(partition, number)?.zip(UserId::from_record(number));
        let admin = source.get::<Admin>(partition, number)?.zip(AdminNumber::from_record(number));
        let credential = source.get::<Credential>(partition, number)?;
        let credential = credential.as_ref();
        let is_user_let_on =
            |user: &User| require_invitable(user, credential).is_ok() && !user.is_over(context.now);
        let is_admin_let_on = |admin: &Admin| {
            let from_there = admin.fields.works_from(context.source);
            require_admin_invitable(admin, credential).is_ok() && from_there
        };
        let user = user.filter(|(user, _)| is_user_let_on(user));
        let admin = admin.filter(|(admin, _)| is_admin_let_on(admin));
        let user = user.map(|(user, id)| Invitee::User(id, Box::new(user)));
        let who = user.or_else(|| admin.map(|(admin, number)| Invitee::Admin(number, admin)));
        let who = who.filter(|_| counts && answers).ok_or(Error::Missing)?;
        Ok(Self { home, who })
    }

    fn judge(&self, source: &impl Reading, password: &Password) -> Result<(), Error> {
        let judged = match &self.who {
            Invitee::User(id, user) => {
                let place = self.home.organization().ok_or(Error::Missing)?;
                let home = organization(source, place)?.ok_or(Error::Missing)?;
                require_quality(password, (user, &home), &settings_of(source, place, *id)?)
            }
            Invitee::Admin(_, admin) => {
                let fields = &admin.fields;
                let names = [fields.login.as_str(), fields.display_name.as_str()];
                judge(password, &Names::of_owner(&names), ADMIN_MINIMUM)
            }
        };
        Ok(judged.map_err(|unacceptable| Invalid::new("/password", unacceptable.to_string()))?)
    }
}

impl Directory {
    /// Looks whether an invitation counts.
    ///
    /// # Errors
    /// `Missing` for any that does not.
    pub fn require_invitation(&self, token: &str, context: &Context) -> Result<(), Error> {
        Invited::read(&self.inner.store.read()?, token, context).map(drop)
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
        let invited = Invited::read(&snapshot, token, context)?;
        invited.judge(&snapshot, password)?;
        let Place::Organization(home) = invited.home else { return Ok(None) };
        Ok(organization(&snapshot, home)?.map(|record| record.uuid))
    }

    /// Uses an invitation up: its user or admin has that password from then on, and may sign in.
    ///
    /// # Errors
    /// As [`judge_first_password`](Self::judge_first_password).
    pub fn accept_invitation(
        &self,
        token: &str,
        password: NewPassword,
        context: Context,
    ) -> Result<(), Error> {
        let (token, tools) = (token.to_owned(), self.inner.tools.clone());
        let done = self.inner.store.write(move |change| {
            let Invited { home: place, who } = Invited::read(&*change, &token, &context)?;
            let mut site = Site { source: change, place, context: &context, tools: &tools };
            match who {
                Invitee::User(id, user) => accept_as_user(&mut site, id, *user, password),
                Invitee::Admin(number, admin) => {
                    accept_as_admin(&mut site, number, &admin, password)
                }
            }
        });
        done.map_err(Error::from)
    }
}

fn accept_as_user(
    site: &mut Site<'_, &mut Change<'_>>,
    id: UserId,
    mut user: User,
    password: NewPassword,
) -> Result<(), Error> {
    let (partition, number) = (site.partition(), id.record());
    first_password(site, (id, &user), password)?;
    site.source.delete::<Invitation>(partition, number)?;
    let mut told = vec![masked()];
    if user.state == UserState::Staged {
        user.state = UserState::Active;
        user.activated = Some(site.now());
        user.stamp.touch(site.now());
        site.source.put(partition, number, &user)?;
        told.push(said("state", "staged", "active"));
    }
    let login = user.fields.login.clone();
    let actor = EventActor::User { id: Some(user.uuid), login: login.clone() };
    let subject = (SubjectKind::User, user.uuid, login.as_str());
    site.tell_by(actor, Action::InvitationAccepted, subject, told)
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
