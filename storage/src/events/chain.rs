//! The chain of each partition's events.
//!
//! The hash of an event is SHA-256 of its text, which names the hash of the event before it in its
//! partition. It is taken when the event is written, in the thread that writes, so that nobody who
//! appends waits for it. The text also names whose event it is, so that no chain passes for that
//! of another. Events of segments that were written before there were chains have none;
//! the first event behind them begins one.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Partition, ReadError, Snapshot};

/// The hash of an event and all events before it in its partition.
#[derive(Copy, Clone, Eq, PartialEq, Debug, Serialize, Deserialize)]
pub struct EventHash(pub [u8; 32]);

impl EventHash {
    /// What the first event of a chain names in place of the event before it.
    pub const BEGINNING: Self = Self([0; 32]);

    /// The hash of an event's text.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        Self(Sha256::digest(text).into())
    }
}

/// An event's place in its chain.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct Link {
    /// The hash of the event before it.
    pub previous: EventHash,
    /// Its own.
    pub hash: EventHash,
}

/// Whose the events of a partition are, in octets that are the same for as long as there are any.
pub type EventOwner = [u8; 16];

/// The words of whoever keeps events, which the log does not understand.
#[derive(Copy, Clone, Debug)]
pub struct EventWords {
    /// The text of an event that is hashed: of whose it is, its number, the hash of the event
    /// before it, and its body. It must be the same for as long as the event is kept.
    pub text: fn(Option<EventOwner>, u64, EventHash, &[u8]) -> Vec<u8>,
    /// The body of an event that says how many were dropped, and when the last one was.
    pub gap: fn(u64, u64) -> Vec<u8>,
    /// Adds what an event can be searched by, as [`term`] makes it.
    pub terms: fn(&[u8], &mut Vec<u64>),
    /// Whose the events of each partition are, of those that are there when the store is opened.
    /// Of one that is made later the log is told by
    /// [`introduce`](super::EventLog::introduce).
    pub owners: fn(&Snapshot) -> Result<EventsOwned, ReadError>,
}

/// Whose the events of partitions are.
pub type EventsOwned = Vec<(Partition, EventOwner)>;

impl EventWords {
    pub(crate) fn hash(
        &self,
        owner: Option<EventOwner>,
        sequence: u64,
        previous: EventHash,
        body: &[u8],
    ) -> EventHash {
        EventHash::of(&(self.text)(owner, sequence, previous, body))
    }
}

/// For bodies of which nothing is known.
impl Default for EventWords {
    fn default() -> Self {
        Self {
            text: |owner, sequence, previous, body| {
                let owner = owner.unwrap_or_default();
                [&owner[..], &previous.0, &sequence.to_be_bytes(), body].concat()
            },
            gap: |count, _| format!("{count} events were dropped").into_bytes(),
            terms: |_, _| {},
            owners: |_| Ok(Vec::new()),
        }
    }
}

/// What an event can be searched by: the value of a field. The number stands in sealed segments,
/// so it is the same for ever.
#[must_use]
pub fn term(field: u8, value: &[u8]) -> u64 {
    // FNV-1a, and a last step that lets each octet count for each bit.
    let octets = std::iter::once(&field).chain(value);
    let mixed = octets.fold(0xCBF2_9CE4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01B3)
    });
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
