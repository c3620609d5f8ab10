//! How many sessions an organization has.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;

/// The numbers of an organization's sessions; there is one such record in its partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionTotals {
    /// Those that are open.
    pub(crate) open: u64,
    /// Those that are kept, open or not.
    pub(crate) kept: u64,
}

impl Record for SessionTotals {
    const KIND: Kind = kinds::SESSION_TOTALS;
    const VERSION: u8 = 1;
    /// As sessions.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}
