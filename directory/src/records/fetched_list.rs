//! How it went when a list of revoked certificates was fetched.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;
use crate::time::Time;

/// How fetching an authority's list went the last time; kept under the authority's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FetchedList {
    /// When it is fetched again.
    pub(crate) next: Time,
    /// Whether there was none that counts.
    pub(crate) has_failed: bool,
}

impl Record for FetchedList {
    const KIND: Kind = kinds::FETCHED_LIST;
    const VERSION: u8 = 1;
    /// Nobody remembers it.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}
