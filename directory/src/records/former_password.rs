//! The password that a service account had before, while it still counts.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;
use crate::time::Time;

/// The former password of the service account with the same record number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerPassword {
    /// Its hash.
    pub hash: String,
    /// When it was set: connections on which it has proven somebody are told apart by it.
    pub set: Time,
    /// From when on it counts no more.
    pub until: Time,
}

impl FormerPassword {
    /// Whether it counts at `now`.
    pub(crate) fn counts(&self, now: Time) -> bool {
        now < self.until
    }
}

impl Record for FormerPassword {
    const KIND: Kind = kinds::FORMER_PASSWORD;
    const VERSION: u8 = 1;

    fn index(&self, _: &mut Entries) {}
}
