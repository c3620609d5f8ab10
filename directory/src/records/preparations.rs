//! How far a store has what this version counts on.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;

/// Which preparations were made; there is one such record in the provider's partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Preparations {
    /// All up to this one.
    pub(crate) made: u32,
}

impl Record for Preparations {
    const KIND: Kind = kinds::PREPARATIONS;
    const VERSION: u8 = 1;
    /// Nobody remembers it.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}
