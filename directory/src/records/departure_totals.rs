//! How many notes of what happened to users wait in an organization.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;

/// The number of an organization's notes; there is one such record in its partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DepartureTotals {
    /// Those that are not over.
    pub(crate) waiting: u32,
}

impl Record for DepartureTotals {
    const KIND: Kind = kinds::DEPARTURE_TOTALS;
    const VERSION: u8 = 1;
    /// Nobody remembers it.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}
