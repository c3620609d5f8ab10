//! Invitations of admins: a link with which a new admin chooses a first password that nobody else
//! knows.

use storage::{Change, Reading};

use super::admins::Admins;
use super::invitations::{IssuedInvitation, issue_invitation};
use super::passwords::put_hash;
use super::site::Site;
use crate::error::Error;
use crate::events::{Action, SubjectKind};
use crate::id::{AdminNumber, RecordId};
use crate::records::{Admin, AdminFields, AdminState, Aim, Credential, Invitation};

/// How long an invitation of the provider's admins counts unless it says otherwise, in milliseconds:
/// a week.
const USUAL_LIFE: u64 = 7 * 24 * 60 * 60 * 1_000;

impl Admins<'_, &mut Change<'_>> {
    /// Makes an admin who is invited to choose the first password.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable; `Forbidden` for a scope that is wider than
    /// one's own, with a session that was not begun a moment ago, and with an API key for who manages
    /// admins.
    pub fn create_invited(
        &mut self,
        fields: AdminFields,
    ) -> Result<(AdminNumber, Admin, IssuedInvitation), Error> {
        let (number, admin) = self.add_without_password(fields)?;
        // It says that there is an admin, whom a wrong password is told of.
        put_hash(&mut self.site, number.record(), None)?;
        let issued = self.invite_anew(number, &admin, None)?;
        Ok((number, admin, issued))
    }

    /// Invites an admin who has no password yet, within `life` milliseconds; an invitation from before
    /// counts no more.
    ///
    /// # Errors
    /// `Missing`; `Invalid` for a life out of bounds; `Forbidden` for who is suspended or has a
    /// password, for a scope wider than one's own, with a session that was not begun a moment ago, and
    /// with an API key for who manages admins.
    pub fn invite(
        &mut self,
        number: AdminNumber,
        life: Option<u64>,
    ) -> Result<IssuedInvitation, Error> {
        let admin = self.read_within_reach(number)?;
        self.require_leave_to_let_in(&admin.fields)?;
        self.invite_anew(number, &admin, life)
    }

    fn invite_anew(
        &mut self,
        number: AdminNumber,
        admin: &Admin,
        life: Option<u64>,
    ) -> Result<IssuedInvitation, Error> {
        let partition = self.site.partition();
        let credential = self.site.source.get::<Credential>(partition, number.record())?;
        require_admin_invitable(admin, credential.as_ref())?;
        let usual = match self.site.place.organization() {
            Some(organization) => {
                super::settings(&*self.site.source, organization)?.invitation_life
            }
            None => USUAL_LIFE,
        };
        let subject = (SubjectKind::Admin, admin.uuid, admin.fields.login.as_str());
        let life = life.unwrap_or(usual);
        issue_invitation(&mut self.site, number.record(), subject, Aim::Password, life)
    }
}

/// Ends the invitation of an admin, if there is one.
pub(super) fn end_invitation(
    site: &mut Site<'_, &mut Change<'_>>,
    number: AdminNumber,
    admin: &Admin,
) -> Result<(), Error> {
    let partition = site.partition();
    if !site.source.delete::<Invitation>(partition, number.record())? {
        return Ok(());
    }
    let subject = (SubjectKind::Admin, admin.uuid, admin.fields.login.as_str());
    site.tell(Action::InvitationRevoked, subject, Vec::new())
}

/// Lets nobody on who has a password already, or is kept out.
pub(crate) fn require_admin_invitable(
    admin: &Admin,
    credential: Option<&Credential>,
) -> Result<(), Error> {
    if admin.state == AdminState::Suspended {
        return Err(Error::Forbidden("the admin is suspended; activate it first"));
    }
    if credential.is_some_and(|credential| credential.hash.is_some()) {
        return Err(Error::Forbidden("the admin has a password already; set another one instead"));
    }
    Ok(())
}
