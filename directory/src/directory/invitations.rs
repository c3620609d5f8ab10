//! Accepting an invitation: whoever has the link chooses the user's first password.

use storage::{Reading, Snapshot};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::Directory;
use crate::access::{Context, organization};
use crate::authentication::Password;
use crate::collections::{
    NewPassword, Site, first_password, parse_invitation, require_invitable, require_quality,
    settings_of,
};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, EventActor, SubjectKind};
use crate::id::{OrganizationId, RecordId, UserId};
use crate::records::{Credential, Invitation, OrganizationState, User, UserState};
use crate::time::Time;

/// Whom an invitation that counts is for.
struct Invited {
    home: OrganizationId,
    /// The external id of that organization.
    organization: Uuid,
    user: (UserId, User),
}

impl Invited {
    /// Reads whom an invitation is for; all that do not count are `Missing`, whatever the reason.
    fn read(source: &impl Reading, token: &str, now: Time) -> Result<Self, Error> {
        let (home, user, hash) = parse_invitation(token).ok_or(Error::Missing)?;
        let (partition, number) = (home.partition(), user.record());
        let invitation = source.get::<Invitation>(partition, number)?;
        let counts = invitation.is_some_and(|invitation| {
            bool::from(invitation.hash.ct_eq(&hash)) && now < invitation.expires
        });
        let record = organization(source, home)?
            .filter(|record| counts && record.state == OrganizationState::Active);
        let (record, found) =
            record.zip(source.get::<User>(partition, number)?).ok_or(Error::Missing)?;
        let credential = source.get::<Credential>(partition, number)?;
        let is_invitable = require_invitable(&found, credential.as_ref()).is_ok();
        if !is_invitable || found.is_over(now) {
            return Err(Error::Missing);
        }
        Ok(Self { home, organization: record.uuid, user: (user, found) })
    }

    fn judge(&self, source: &impl Reading, password: &Password) -> Result<(), Error> {
        let (home, (id, user)) = (self.home, &self.user);
        let settings = settings_of(source, home, *id)?;
        Ok(require_quality(password, user, &settings)
            .map_err(|unacceptable| Invalid::new("/password", unacceptable.to_string()))?)
    }
}

impl Directory {
    /// Looks whether an invitation counts.
    ///
    /// # Errors
    /// `Missing` for any that does not.
    pub fn require_invitation(&self, token: &str, now: Time) -> Result<(), Error> {
        Invited::read(&self.inner.store.read()?, token, now).map(drop)
    }

    /// Judges a first password before it is hashed; tells the organization that it is for.
    ///
    /// # Errors
    /// `Missing` for any invitation that does not count; `Invalid` when the organization's policy
    /// refuses the password.
    pub fn judge_first_password(
        &self,
        token: &str,
        password: &Password,
        now: Time,
    ) -> Result<Uuid, Error> {
        let snapshot: Snapshot = self.inner.store.read()?;
        let invited = Invited::read(&snapshot, token, now)?;
        invited.judge(&snapshot, password)?;
        Ok(invited.organization)
    }

    /// Uses an invitation up: its user has that password from then on, and may sign in.
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
        let now = context.now;
        let done = self.inner.store.write(move |change| {
            let invited = Invited::read(&*change, &token, now)?;
            let Invited { home, user: (id, mut user), .. } = invited;
            let mut site =
                Site { source: change, place: home.into(), context: &context, tools: &tools };
            let (partition, number) = (site.partition(), id.record());
            first_password(&mut site, (id, &user), password)?;
            site.source.delete::<Invitation>(partition, number)?;
            let mut told = vec![masked()];
            if user.state == UserState::Staged {
                user.state = UserState::Active;
                user.activated = Some(now);
                user.stamp.touch(now);
                site.source.put(partition, number, &user)?;
                told.push(said("state", "staged", "active"));
            }
            let login = user.fields.login.clone();
            let actor = EventActor::User { id: Some(user.uuid), login: login.clone() };
            let subject = (SubjectKind::User, user.uuid, login.as_str());
            site.tell_by(actor, Action::InvitationAccepted, subject, told)
        });
        done.map_err(Error::from)
    }
}

fn masked() -> Difference {
    let after = Some("\"(secret)\"".to_owned());
    Difference { field: "password".into(), before: None, after }
}

fn said(field: &str, before: &str, after: &str) -> Difference {
    let json = |text: &str| Some(serde_json::Value::from(text).to_string());
    Difference { field: field.to_owned(), before: json(before), after: json(after) }
}
