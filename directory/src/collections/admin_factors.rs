//! What an admin signs in with beside the password, or in its place.

use storage::{ReadError, Reading, Snapshot};

use super::admins::Admins;
use super::passkeys::passkeys_of;
use super::recovery::left;
use crate::error::Error;
use crate::id::{AdminNumber, Place, RecordId};
use crate::records::{Credential, Invitation};
use crate::time::Time;

/// What an admin signs in with beside the password, or in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminFactors {
    /// Whether an authenticator is enrolled; nothing works before.
    pub is_enrolled: bool,
    /// How many passkeys there are, suspended ones included.
    pub passkeys: usize,
    /// How many recovery codes are left.
    pub recovery_codes_left: usize,
    /// Until when the admin, who has no password yet, is invited to choose one.
    pub invited_until: Option<Time>,
}

impl Admins<'_, &Snapshot> {
    /// What an admin has enrolled.
    ///
    /// # Errors
    /// When the store fails.
    pub fn factors(&self, admin: AdminNumber) -> Result<AdminFactors, Error> {
        let (source, home) = (self.site.source, self.site.place);
        let credential = source.get::<Credential>(home.partition(), admin.record())?;
        let is_new = credential.as_ref().is_some_and(|credential| credential.hash.is_none());
        let invitation = match is_new {
            true => source.get::<Invitation>(home.partition(), admin.record())?,
            false => None,
        };
        let invited_until = invitation.map(|invitation| invitation.expires);
        Ok(AdminFactors {
            is_enrolled: credential.is_some_and(|credential| credential.totp_enrolled),
            passkeys: passkeys_of(source, home.partition(), admin)?.len(),
            recovery_codes_left: left(source, home.partition(), admin.record())?,
            invited_until: invited_until.filter(|until| self.site.now() < *until),
        })
    }
}

/// Whether an admin has enrolled what nothing works without.
pub(crate) fn has_second_factor(
    source: &impl Reading,
    home: Place,
    admin: AdminNumber,
) -> Result<bool, ReadError> {
    let credential = source.get::<Credential>(home.partition(), admin.record())?;
    Ok(credential.is_some_and(|credential| credential.totp_enrolled))
}
