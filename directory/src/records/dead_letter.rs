//! Events that a destination would not take.

use serde::{Deserialize, Serialize};
use storage::{Entries, Id, Kind, Record};
use uuid::Uuid;

use super::{indices, kinds};
use crate::time::Time;

/// Events that were tried as often as may be, so that those behind them had their turn. They stay in
/// the log, as long as events are kept; this says which they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The stable external id.
    pub uuid: Uuid,
    /// The number of the destination.
    pub(crate) destination: Id,
    /// When it was given up.
    pub at: Time,
    /// The number of the first event.
    pub first: u64,
    /// The number of the last event.
    pub last: u64,
    /// So many were to be sent.
    pub events: u32,
    /// So often they were tried.
    pub attempts: u32,
    /// Why they were not taken, the last time.
    pub reason: String,
    /// Whether they are to be sent again.
    pub wanted: bool,
}

impl Record for DeadLetter {
    const KIND: Kind = kinds::DEAD_LETTER;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::DEAD_LETTER_UUID, self.uuid.as_bytes());
        entries.add(indices::DEAD_LETTER_OF, &self.destination.to_be_bytes());
        if self.wanted {
            entries.add(indices::DEAD_LETTER_WANTED, &self.destination.to_be_bytes());
        }
    }
}
