//! Which reports of the journal the sessions have.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;

/// How far the journal went into the sessions; there is one such record in the provider's partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SettledReports {
    /// The number of the last entry, all before which are in as well.
    pub(crate) until: u64,
}

impl Record for SettledReports {
    const KIND: Kind = kinds::SETTLED_REPORTS;
    const VERSION: u8 = 1;
    /// As sessions.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}
