//! How long an organization's events are kept, where it says so itself.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;

/// How long an organization's events are kept; the only one of its kind there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventKeeping {
    /// In milliseconds; none for as long as the provider keeps its own.
    pub(crate) retention: Option<u64>,
}

impl Record for EventKeeping {
    const KIND: Kind = kinds::EVENT_KEEPING;
    const VERSION: u8 = 1;

    fn index(&self, _: &mut Entries) {}
}
