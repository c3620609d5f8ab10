//! What an admin signs in with when the authenticator is lost.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;
use crate::time::Time;

/// The recovery codes of the admin with the same record number, hashed; a used one is gone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// When they were made.
    pub made: Time,
    /// Those that are left.
    pub hashes: Vec<[u8; 32]>,
}

impl Record for RecoveryCodes {
    const KIND: Kind = kinds::RECOVERY_CODES;
    const VERSION: u8 = 1;

    fn index(&self, _: &mut Entries) {}
}
