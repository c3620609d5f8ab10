//! What it takes to let another admin in or further, and what ends when one who is not in yet gains.

use ipnet::IpNet;
use storage::{Change, Reading};

use super::admin_invitations::end_invitation;
use super::admins::{Admins, end_tokens};
use super::passwords::put_hash;
use super::recovery::require_fresh;
use super::site::Site;
use crate::access::{Permission, Standing, Who, standing};
use crate::error::{Error, Invalid};
use crate::events::Difference;
use crate::id::{AdminNumber, RecordId};
use crate::records::{Admin, AdminFields, AdminState, Credential, Token, TokenPurpose};

const NOT_BY_KEY: &str = "an API key lets in nobody who manages admins: sign in, and do it with a \
                          session of the last 15 minutes";

impl Admins<'_, &mut Change<'_>> {
    /// Whoever lets somebody else in has just signed in, or has a key that was made for it.
    pub(super) fn require_leave_to_let_in(&self, fields: &AdminFields) -> Result<(), Error> {
        let Some(Standing { token, .. }) = self.standing()? else { return Ok(()) };
        if token.purpose != TokenPurpose::ApiKey || manages_admins(fields) {
            return self.require_session(&token);
        }
        self.require_networks_of_key(&fields.sources)
    }

    /// Whoever reaches further, gets keys or works from elsewhere by a change is let in by it.
    pub(super) fn require_leave_to_change(
        &self,
        before: &Admin,
        after: &Admin,
    ) -> Result<(), Error> {
        let gets_keys = after.fields.api_access && !before.fields.api_access;
        if gets_keys || reaches_further(before, after) {
            return self.require_leave_to_let_in(&after.fields);
        }
        let comes_back = before.state == AdminState::Suspended && after.state == AdminState::Active;
        if comes_back && manages_admins(&after.fields) {
            self.require_session_of_a_moment_ago()?;
        }
        if lie_within(&after.fields.sources, &before.fields.sources) {
            Ok(())
        } else {
            self.require_networks_of_key(&after.fields.sources)
        }
    }

    /// Whoever replaces what lets another admin in has just signed in, and replaces nothing of their
    /// own that way: there it takes what is in use. A key or a session that was found would become an
    /// admin for good otherwise.
    pub(super) fn require_leave_to_replace(
        &self,
        number: AdminNumber,
        own: &'static str,
    ) -> Result<(), Error> {
        if self.is_self(number) {
            return Err(Error::Forbidden(own));
        }
        match self.standing()? {
            Some(standing) => require_fresh(&standing.token, self.site.now()),
            None => Ok(()),
        }
    }

    fn require_session_of_a_moment_ago(&self) -> Result<(), Error> {
        match self.standing()? {
            Some(standing) => self.require_session(&standing.token),
            None => Ok(()),
        }
    }

    /// Who manages admins could stay by others: no key lets them in, which may have been found.
    fn require_session(&self, token: &Token) -> Result<(), Error> {
        match token.purpose {
            TokenPurpose::ApiKey => Err(Error::Forbidden(NOT_BY_KEY)),
            TokenPurpose::Session | TokenPurpose::Enrolment => {
                require_fresh(token, self.site.now())
            }
        }
    }

    /// A key that works from some networks lets nobody in from others.
    fn require_networks_of_key(&self, sources: &[IpNet]) -> Result<(), Error> {
        let Some(Standing { token, .. }) = self.standing()? else { return Ok(()) };
        let narrowed = token.narrowing.sources.as_deref().unwrap_or_default();
        if lie_within(sources, narrowed) {
            Ok(())
        } else {
            let detail = "must lie within the networks that the API key is narrowed to";
            Err(Invalid::new("/sources", detail).into())
        }
    }

    /// What the admin is who acts; nothing when none does.
    fn standing(&self) -> Result<Option<Standing>, Error> {
        let Who::Admin { admin, token } = self.site.context.actor.0 else { return Ok(None) };
        Ok(Some(standing(&*self.site.source, self.site.context, admin, token)??))
    }
}

/// Ends the invitation, or the password, of an admin who has enrolled no authenticator: whoever handed
/// it out may still have it, and is not to gain by what the admin gains. Tells what ended.
pub(super) fn end_first_credentials(
    site: &mut Site<'_, &mut Change<'_>>,
    number: AdminNumber,
    admin: &Admin,
) -> Result<Vec<Difference>, Error> {
    let partition = site.partition();
    let found = site.source.get::<Credential>(partition, number.record())?;
    let Some(credential) = found.filter(|credential| !credential.totp_enrolled) else {
        return Ok(Vec::new());
    };
    end_invitation(site, number, admin)?;
    // An enrolment may be under way.
    let mut ended = end_tokens(site, number)?;
    if credential.hash.is_some() {
        put_hash(site, number.record(), None)?;
        let before = Some("\"(secret)\"".to_owned());
        ended.push(Difference { field: "password".to_owned(), before, after: None });
    }
    Ok(ended)
}

/// Whether a change gives an admin a higher role, or an organization that was not in the scope.
pub(super) fn reaches_further(before: &Admin, after: &Admin) -> bool {
    after.fields.role.above(before.fields.role)
        || !after.fields.scope.lies_within(&before.fields.scope)
}

/// Whether an admin may let in others.
fn manages_admins(fields: &AdminFields) -> bool {
    fields.role.holds(Permission::ManageAdmins)
}

/// Whether every network lies within one of the others; none of either are all there are.
pub(super) fn lie_within(networks: &[IpNet], others: &[IpNet]) -> bool {
    let lies = |network: &IpNet| others.iter().any(|other| other.contains(network));
    others.is_empty() || !networks.is_empty() && networks.iter().all(lies)
}
