//! What an admin signs in with beside the password, or in its place.

use storage::Snapshot;

use super::admins::{Admins, has_second_factor};
use super::passkeys::passkeys_of;
use super::recovery::left;
use crate::error::Error;
use crate::id::{AdminNumber, RecordId};

/// What an admin signs in with beside the password, or in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminFactors {
    /// Whether an authenticator is enrolled; nothing works before.
    pub is_enrolled: bool,
    /// How many passkeys there are, suspended ones included.
    pub passkeys: usize,
    /// How many recovery codes are left.
    pub recovery_codes_left: usize,
}

impl Admins<'_, &Snapshot> {
    /// What an admin has enrolled.
    ///
    /// # Errors
    /// When the store fails.
    pub fn factors(&self, admin: AdminNumber) -> Result<AdminFactors, Error> {
        let (source, home) = (self.site.source, self.site.place);
        Ok(AdminFactors {
            is_enrolled: has_second_factor(source, home, admin)?,
            passkeys: passkeys_of(source, home.partition(), admin)?.len(),
            recovery_codes_left: left(source, home.partition(), admin.record())?,
        })
    }
}
