//! Which searches of an organization are told as events.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;

/// Which searches of an organization are told as events, beside those that fail; the only one of its
/// kind there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchTelling {
    /// One in so many; 0 for none, 1 for all.
    pub one_in: u32,
    /// Whether what was looked for is told, or only by which attributes.
    pub values: bool,
}

impl SearchTelling {
    /// By what a change says which of these it saw: what is said again has the same.
    pub fn revision(self) -> u64 {
        (u64::from(self.one_in) << 1 | u64::from(self.values)).saturating_add(1)
    }
}

impl Record for SearchTelling {
    const KIND: Kind = kinds::SEARCH_TELLING;
    const VERSION: u8 = 1;

    fn index(&self, _: &mut Entries) {}
}
