//! The chain of each partition's events.
//!
//! The hash of an event is SHA-256 of its text, which names the hash of the event before it in its
//! partition. It is taken when the event is written, in the thread that writes, so that nobody who
//! appends waits for it. The text also names whose event it is, so that no chain passes for that
//! of another. Events of segments that were written before there were chains have none;
//! the first event behind them begins one.

use std::io;

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
    /// The text of an event that is hashed. It must be the same for as long as the event is kept.
    /// Adds what [`terms`](Self::terms) adds, too: an event that is written needs both, and its body
    /// is read once for them.
    pub text: EventText,
    /// The body of an event that says how many were dropped, and when the last one was.
    pub gap: fn(u64, u64) -> Vec<u8>,
    /// Adds what an event can be searched by, as [`term`] makes it.
    pub terms: fn(&[u8], &mut Vec<u64>),
    /// Whose the events of each partition are, of those that are there when the store is opened.
    /// Of one that is made later the log is told by
    /// [`introduce`](super::EventLog::introduce).
    pub owners: fn(&Snapshot) -> Result<EventsOwned, ReadError>,
}

/// Appends the text of an event, out of whose it is, its number, the hash of the event before it,
/// and its body.
pub type EventText = fn(Option<EventOwner>, u64, EventHash, &[u8], &mut Vec<u8>, &mut Vec<u64>);

/// Whose the events of partitions are.
pub type EventsOwned = Vec<(Partition, EventOwner)>;

/// For bodies of which nothing is known.
impl Default for EventWords {
    fn default() -> Self {
        Self {
            text: |owner, sequence, previous, body, out, _| {
                let owner = owner.unwrap_or_default();
                let parts = [&owner[..], &previous.0, &sequence.to_be_bytes(), body];
                parts.iter().for_each(|part| out.extend_from_slice(part));
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
    let mut term = Term::of(field);
    term.add(value);
    term.end()
}

/// A [`term`] whose value comes piece by piece, so that it need not stand anywhere whole.
#[derive(Clone, Debug)]
pub struct Term {
    hash: u64,
}

impl Term {
    /// Of a value of a field that is empty still.
    #[must_use]
    pub fn of(field: u8) -> Self {
        let mut term = Self { hash: 0xCBF2_9CE4_8422_2325 };
        term.add(&[field]);
        term
    }

    /// Adds octets to the value, by FNV-1a.
    pub fn add(&mut self, octets: &[u8]) {
        for octet in octets {
            self.hash = (self.hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    /// The number, in which each octet counts for each bit.
    #[must_use]
    pub fn end(&self) -> u64 {
        let mixed = (self.hash ^ (self.hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Takes octets, which never fails.
impl io::Write for Term {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.add(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
