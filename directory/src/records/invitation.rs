//! An invitation: with what a user chooses their first password.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::{indices, kinds};
use crate::time::Time;

/// The invitation of the user with the same record number; the link has its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// SHA-256 of the secret part of the link, which has 190 random bits.
    pub hash: [u8; 32],
    /// When it was made.
    pub created: Time,
    /// When it ends.
    pub expires: Time,
}

impl Record for Invitation {
    const KIND: Kind = kinds::INVITATION;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::INVITATION_EXPIRY, &self.expires.0.to_be_bytes());
    }
}
