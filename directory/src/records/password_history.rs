//! What a user's passwords were: read only when one is changed.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;

/// The hashes of former passwords of the user with the same record number, the latest first.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHistory {
    /// Hashes in the forms that a credential's has.
    pub hashes: Vec<String>,
}

impl Record for PasswordHistory {
    const KIND: Kind = kinds::PASSWORD_HISTORY;
    const VERSION: u8 = 1;

    fn index(&self, _: &mut Entries) {}
}
