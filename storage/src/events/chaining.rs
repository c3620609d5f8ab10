//! Events on their way into the active segment, a few at a time: each has its place in the chain of its
//! partition and its frame in the file before it counts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::EventError;
use super::active::{Active, Heads};
use super::chain::{EventHash, EventOwner, EventWords};
use super::frame::Entry;
use crate::folder::SegmentFile;

/// Events that are being written.
pub(super) struct Chaining {
    file: SegmentFile,
    /// Where the file ends.
    end: u64,
    /// Where the chains stand behind them.
    heads: Heads,
    chained: Vec<Chained>,
    /// What they can be searched by.
    terms: Vec<u64>,
    /// What the next hash is of, and what is written next.
    text: Vec<u8>,
    octets: Vec<u8>,
}

/// An event with its hash, where among the terms of all those are that it can be searched by, and where
/// it ends in the file.
struct Chained {
    hash: EventHash,
    terms: Range<usize>,
    end: u64,
}

impl Chaining {
    /// Begins behind what a segment has, with room for so many events.
    pub(super) fn behind(active: &Active, events: usize) -> Self {
        let (file, end, heads) = (Arc::clone(&active.file), active.end, Heads::new());
        let (chained, terms) = (Vec::with_capacity(events), Vec::with_capacity(events * TERMS));
        Self { file, end, heads, chained, terms, text: Vec::new(), octets: Vec::new() }
    }

    /// Chains the next few. The chains stand at `heads` before all of them.
    pub(super) fn chain(
        &mut self,
        few: &[Arc<Entry>],
        heads: &Heads,
        words: &EventWords,
        owners: &BTreeMap<u32, EventOwner>,
    ) -> Result<(), EventError> {
        self.octets.clear();
        for entry in few {
            let (number, first) = (entry.partition, self.terms.len());
            let head = self.heads.get(&number).or_else(|| heads.get(&number));
            let previous = head.copied().unwrap_or(EventHash::BEGINNING);
            let (owner, text) = (owners.get(&number).copied(), &mut self.text);
            text.clear();
            (words.text)(owner, entry.sequence, previous, &entry.body, text, &mut self.terms);
            let hash = EventHash::of(text);
            self.heads.insert(number, hash);
            entry.write_frame(hash, &mut self.octets)?;
            let end = self.end + self.octets.len() as u64;
            self.chained.push(Chained { hash, terms: first..self.terms.len(), end });
        }
        Ok(())
    }

    /// Writes those that were chained last, without waiting for the disk.
    pub(super) fn write(&mut self) -> Result<(), EventError> {
        let start = self.end;
        self.end += self.octets.len() as u64;
        self.file.set_len(self.end)?;
        self.file.write(start, &self.octets)?;
        Ok(())
    }

    /// Returns when all that was written is on the disk.
    pub(super) fn sync(&self) -> Result<(), EventError> {
        Ok(self.file.sync_data()?)
    }

    /// Has a few of them count, of which the first is the `done`th.
    pub(super) fn note(&self, active: &mut Active, few: &[Arc<Entry>], done: usize) {
        let chained = self.chained.iter().skip(done);
        for (entry, Chained { hash, terms, end }) in few.iter().zip(chained) {
            active.note(entry, Some(*hash), self.terms.get(terms.clone()));
            active.end = *end;
        }
    }
}

/// What an event can be searched by is so much, as a rule.
const TERMS: usize = 12;
