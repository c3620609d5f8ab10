//! How far a destination of events is.

use serde::{Deserialize, Serialize};
use storage::{Entries, Id, Kind, Record};

use super::{indices, kinds};
use crate::time::Time;

/// How far a destination is, under the destination's number.
///
/// It is written behind: what was sent since the last durable change is sent again after a crash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryProgress {
    /// Up to which event nothing is left to be sent.
    pub(crate) mark: DeliveryMark,
    /// The number of the event that was delivered last, and when it was.
    pub(crate) delivered: Option<(u64, Time)>,
    /// How often what comes next was tried in vain.
    pub(crate) attempts: u32,
    /// Before when it is not tried again.
    pub(crate) retry: Option<Time>,
    /// Why the last attempt was in vain, and when it was; absent once one was not.
    pub(crate) error: Option<(String, Time)>,
    /// Whether an event told that nothing gets there, and none yet that something does again. Of a
    /// destination that takes the events of all organizations the provider has a record with this
    /// alone, so that one event tells it for all of them.
    pub(crate) told: bool,
    /// How often events were forgotten before they could be delivered.
    pub(crate) gaps: u64,
}

/// A place in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryMark {
    /// The number of an event; it need not be there.
    pub(crate) sequence: u64,
    /// The hash of the last event of the place up to there, where it is known: the next one names it,
    /// unless some between were forgotten.
    pub(crate) hash: Option<[u8; 32]>,
}

impl Record for DeliveryProgress {
    const KIND: Kind = kinds::DELIVERY_PROGRESS;
    const VERSION: u8 = 1;
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}

/// How far a destination of the provider's is with the events of an organization, in whose partition
/// this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReachedProgress {
    /// The number of the destination among the provider's records.
    pub(crate) destination: Id,
    /// How far it is.
    pub(crate) progress: DeliveryProgress,
}

impl Record for ReachedProgress {
    const KIND: Kind = kinds::REACHED_PROGRESS;
    const VERSION: u8 = 1;
    const LOGGED: bool = false;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::REACHED_BY, &self.destination.to_be_bytes());
    }
}
