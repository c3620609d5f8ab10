//! How far a destination of events is.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Id, Kind, Record, decode};

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
    /// and with `held_up` alone, so that one event tells it for all of them.
    pub(crate) told: bool,
    /// How often events were forgotten before they could be delivered.
    pub(crate) gaps: u64,
    /// Whether what comes next would be a dead letter, and there are as many as there may be.
    pub(crate) held_up: bool,
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
    const VERSION: u8 = 2;
    const LOGGED: bool = false;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        upgraded(Self::KIND, version, body)
    }

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
    const VERSION: u8 = 2;
    const LOGGED: bool = false;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        upgraded(Self::KIND, version, body)
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::REACHED_BY, &self.destination.to_be_bytes());
    }
}

/// Reads a record of a version before this one.
fn upgraded<R: Record>(kind: Kind, version: u8, body: &[u8]) -> Result<R, Corrupt> {
    match version {
        // Whether it is held up stands at the end; the next attempt in vain finds out.
        1 => decode(&[body, &[0]].concat()),
        other => Err(Corrupt::version(kind, other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_destination_is_of_version_1_says_nothing_of_being_held_up() {
        let mark = DeliveryMark { sequence: 300, hash: Some([7; 32]) };
        let progress = DeliveryProgress { mark, gaps: 2, ..DeliveryProgress::default() };
        let body = storage::encode(&progress).unwrap();
        let before = body.strip_suffix(&[0]).unwrap();
        assert_eq!(DeliveryProgress::upgrade(1, before).unwrap(), progress);
        assert!(DeliveryProgress::upgrade(0, before).is_err());
        let reached = ReachedProgress { destination: 300, progress };
        let body = storage::encode(&reached).unwrap();
        let before = body.strip_suffix(&[0]).unwrap();
        assert_eq!(ReachedProgress::upgrade(1, before).unwrap(), reached);
    }
}
