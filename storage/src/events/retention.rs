//! What is kept no longer.
//!
//! A partition leaves a sealed segment as a whole, once all that it has there is old enough, and
//! only after it has left all segments before: what is left of a chain is always its end. A segment
//! that nobody is left in is removed; else it is written anew without those who go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::chain::EventWords;
use super::queue::Log;
use super::sealed::Sealed;
use super::{EventError, unpoisoned};
use crate::Partition;

/// Until when events are kept no longer, in milliseconds since 1970.
#[derive(Clone, Debug, Default)]
pub struct EventsKept {
    /// What happened before is not kept, of all partitions that are not named.
    pub before_ms: u64,
    /// The same of those that have a time of their own.
    pub of: BTreeMap<Partition, u64>,
    /// Which partitions there are, where that is known.
    pub living: Option<Living>,
}

/// The partitions that there are. What others have from before is kept no longer, whatever is said
/// of how long: they were destroyed.
#[derive(Clone, Debug, Default)]
pub struct Living {
    /// All of them.
    pub partitions: BTreeSet<Partition>,
    /// What happened since, in milliseconds since 1970, may be of partitions that were made since.
    pub since_ms: u64,
}

impl EventsKept {
    fn is_over(&self, number: u32, newest_ms: u64) -> bool {
        let partition = Partition::from_number(number);
        let destroyed = |living: &Living| {
            newest_ms < living.since_ms && !living.partitions.contains(&partition)
        };
        if self.living.as_ref().is_some_and(destroyed) {
            return true;
        }
        let own = self.of.get(&partition);
        newest_ms < own.copied().unwrap_or(self.before_ms)
    }

    /// Whether somebody may keep no longer what happened then.
    fn is_over_for_some(&self, newest_ms: u64) -> bool {
        let last = self.of.values().copied().fold(self.before_ms, u64::max);
        newest_ms < self.living.as_ref().map_or(last, |living| last.max(living.since_ms))
    }
}

/// Who stays in a segment, and so stays in all later ones too.
#[derive(Default)]
struct Held {
    all: bool,
    some: BTreeSet<u32>,
}

impl Log {
    /// Forgets what is kept no longer, and returns how many segments were removed or written anew.
    ///
    /// Where that fails, whoever is in the segment stays in all later ones; the others go.
    pub(crate) fn forget(&self, kept: &EventsKept) -> Result<usize, EventError> {
        let sealed = unpoisoned(self.segments.read()).sealed.clone();
        let (mut done, mut held, mut failed) = (0, Held::default(), None);
        for segment in sealed {
            match self.forget_in(&segment, kept, &mut held) {
                Ok(changed) => done += usize::from(changed),
                Err(error) => {
                    held.all |= !segment.index.has_parts();
                    held.some.extend(segment.index.parts.iter().map(|part| part.number));
                    failed = failed.or(Some(error));
                }
            }
        }
        failed.map_or(Ok(done), Err)
    }

    /// The same in one segment; whether it changed.
    fn forget_in(
        &self,
        segment: &Arc<Sealed>,
        kept: &EventsKept,
        held: &mut Held,
    ) -> Result<bool, EventError> {
        let mut segment = Arc::clone(segment);
        if !segment.index.has_parts() && kept.is_over_for_some(segment.index.newest_ms) {
            // Of the first format: who is in it is not known without reading it.
            segment = self.renew(&segment, &BTreeSet::new())?;
        }
        match segment.going(kept, held) {
            Going::Nobody => return Ok(false),
            Going::All => {
                segment.remove(self.folder.as_ref())?;
                self.replace(&segment, None);
            }
            Going::Some(gone) => drop(self.renew(&segment, &gone)?),
        }
        Ok(true)
    }

    /// Writes a segment anew without those who go.
    fn renew(&self, former: &Arc<Sealed>, gone: &BTreeSet<u32>) -> Result<Arc<Sealed>, EventError> {
        let left = former.without(self.folder.as_ref(), gone, &self.options.words)?;
        let left = Arc::new(left);
        self.replace(former, Some(Arc::clone(&left)));
        Ok(left)
    }

    fn replace(&self, former: &Arc<Sealed>, left: Option<Arc<Sealed>>) {
        let mut segments = unpoisoned(self.segments.write());
        let place = segments.sealed.iter().position(|sealed| Arc::ptr_eq(sealed, former));
        if let Some(place) = place {
            segments.sealed.splice(place..=place, left);
        }
    }
}

/// Who leaves a segment.
enum Going {
    Nobody,
    All,
    Some(BTreeSet<u32>),
}

impl Sealed {
    /// Who leaves; who stays is held.
    fn going(&self, kept: &EventsKept, held: &mut Held) -> Going {
        let parts = &self.index.parts;
        held.all |= !self.index.has_parts();
        if held.all {
            return Going::Nobody;
        }
        let stays = |number| held.some.contains(&number);
        let over = |number, newest_ms| kept.is_over(number, newest_ms) && !stays(number);
        let gone: BTreeSet<u32> = parts
            .iter()
            .filter(|part| over(part.number, part.newest_ms))
            .map(|part| part.number)
            .collect();
        let staying = parts.iter().map(|part| part.number).filter(|number| !gone.contains(number));
        held.some.extend(staying.collect::<Vec<_>>());
        match gone.len() {
            0 => Going::Nobody,
            all if all == parts.len() => Going::All,
            _ => Going::Some(gone),
        }
    }

    /// Writes the segment anew without some partitions, in its own place.
    fn without(
        &self,
        folder: &dyn crate::folder::Folder,
        gone: &BTreeSet<u32>,
        words: &EventWords,
    ) -> Result<Self, EventError> {
        let parts = self.index.parts.iter().filter(|part| !gone.contains(&part.number));
        let newest_ms = parts.map(|part| part.newest_ms).max().unwrap_or(self.index.newest_ms);
        let index = self.index.emptied(newest_ms);
        let blocks = self.blocks()?;
        Self::write(folder, index, self.shelf(), |writing| {
            for block in blocks.iter() {
                for entry in self.entries(block)? {
                    if gone.contains(&entry.partition) {
                        continue;
                    }
                    let previous = self.index.part(entry.partition).and_then(|part| part.previous);
                    writing.add(&entry, previous, words)?;
                }
            }
            Ok(())
        })
    }
}
