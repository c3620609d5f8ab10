//! What is kept no longer.
//!
//! A partition leaves a sealed segment as a whole, once all that it has there is old enough or
//! there is enough that is newer, and only after it has left all segments before: what is left of a
//! chain is always its end. A segment that nobody is left in is removed; else it is written anew
//! without those who go.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::chain::EventWords;
use super::index::{Part, SegmentIndex};
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

/// Events of a partition that went because there was too much of them.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct EventsCut {
    /// Whose they were.
    pub partition: Partition,
    /// When the newest in the last segment that they left happened, in milliseconds since 1970.
    pub newest_ms: u64,
}

/// Says what is kept no longer.
trait Over {
    /// Whether somebody may keep a segment's events no longer.
    fn for_some(&self, index: &SegmentIndex) -> bool;

    /// Whether a partition keeps its part of a segment no longer.
    fn of_part(&self, index: &SegmentIndex, part: &Part) -> bool;
}

impl Over for EventsKept {
    fn for_some(&self, index: &SegmentIndex) -> bool {
        self.is_over_for_some(index.newest_ms)
    }

    fn of_part(&self, _: &SegmentIndex, part: &Part) -> bool {
        self.is_over(part.number, part.newest_ms)
    }
}

/// Of each partition that has too much, the last number in the newest segment that it leaves, and
/// when its newest event there happened.
struct Cuts(BTreeMap<u32, (u64, u64)>);

impl Cuts {
    /// What goes so that of each partition no more than its newest so many octets are kept, and
    /// what else is in the segment in which they begin.
    fn beyond(sealed: &[Arc<Sealed>], most: u64) -> Self {
        let (mut cuts, mut newer) = (BTreeMap::new(), HashMap::<u32, u64>::new());
        for segment in sealed.iter().rev() {
            for (part, size) in segment.index.parts.iter().zip(&segment.sizes) {
                let newer = newer.entry(part.number).or_default();
                if *newer >= most {
                    cuts.entry(part.number).or_insert((segment.index.last, part.newest_ms));
                }
                *newer = newer.saturating_add(*size);
            }
        }
        Self(cuts)
    }

    fn told(&self) -> Vec<EventsCut> {
        let told = self.0.iter().map(|(number, (_, newest_ms))| EventsCut {
            partition: Partition::from_number(*number),
            newest_ms: *newest_ms,
        });
        told.collect()
    }
}

impl Over for Cuts {
    fn for_some(&self, index: &SegmentIndex) -> bool {
        self.0.values().any(|(last, _)| index.last <= *last)
    }

    fn of_part(&self, index: &SegmentIndex, part: &Part) -> bool {
        self.0.get(&part.number).is_some_and(|(last, _)| index.last <= *last)
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
        let _alone = unpoisoned(self.bounded.lock());
        self.forget_parts(kept)
    }

    /// Forgets the oldest of each partition that has more than so many octets in sealed segments,
    /// and says of whom some went. Looks at nothing where no segment was sealed since the last time.
    pub(crate) fn bound(&self, most: u64) -> Result<Vec<EventsCut>, EventError> {
        let mut bounded = unpoisoned(self.bounded.lock());
        let sealed = unpoisoned(self.segments.read()).sealed.clone();
        let now = sealed.last().map(|segment| (segment.index.last, most));
        if *bounded == now {
            return Ok(Vec::new());
        }
        let cuts = Cuts::beyond(&sealed, most);
        if !cuts.0.is_empty() {
            self.forget_parts(&cuts)?;
        }
        *bounded = now;
        Ok(cuts.told())
    }

    fn forget_parts(&self, over: &dyn Over) -> Result<usize, EventError> {
        let sealed = unpoisoned(self.segments.read()).sealed.clone();
        let (mut done, mut held, mut failed) = (0, Held::default(), None);
        for segment in sealed {
            match self.forget_in(&segment, over, &mut held) {
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
        over: &dyn Over,
        held: &mut Held,
    ) -> Result<bool, EventError> {
        let mut segment = Arc::clone(segment);
        if !segment.index.has_parts() && over.for_some(&segment.index) {
            // Of the first format: who is in it is not known without reading it.
            segment = self.renew(&segment, &BTreeSet::new())?;
        }
        match segment.going(over, held) {
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
    fn going(&self, over: &dyn Over, held: &mut Held) -> Going {
        let parts = &self.index.parts;
        held.all |= !self.index.has_parts();
        if held.all {
            return Going::Nobody;
        }
        let stays = |part: &Part| held.some.contains(&part.number);
        let gone: BTreeSet<u32> = parts
            .iter()
            .filter(|part| over.of_part(&self.index, part) && !stays(part))
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
