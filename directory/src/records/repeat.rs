//! Changes that may be asked for again without being made again.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::{indices, kinds};
use crate::time::Time;

/// A change that was made under a key of its caller's choice. What was asked for, as a hash, and what
/// was answered are a sealed secret under the same number: passwords may be in both.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Repeat {
    /// A hash of who asked and of the key.
    pub(crate) key: [u8; 32],
    /// A hash of who asked.
    pub(crate) caller: [u8; 16],
    /// The number of the token that asked.
    pub(crate) token: u64,
    /// The revision of the caller's own record: rights that changed since see no answer.
    pub(crate) revision: u64,
    /// When.
    pub(crate) at: Time,
}

impl Record for Repeat {
    const KIND: Kind = kinds::REPEAT;
    const VERSION: u8 = 1;
    const LOGGED: bool = false;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::REPEAT_KEY, &self.key);
        entries.add(indices::REPEAT_CALLER, &self.caller);
    }
}
