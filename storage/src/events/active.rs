//! The segment that events are appended to.
//!
//! ```text
//! magic | first sequence number u64 | copied outbox number u64
//!       | length of the heads u32 | heads in postcard | CRC-32 of all that u32 | frame … frame
//! ```
//! Numbers are little endian. The heads say where the chain of each partition stood before the
//! segment. The first format has neither heads nor their length, and events without hashes. It has
//! another name, so that a daemon which knows that one alone lets the others be.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::EventError;
use super::chain::{EventHash, EventWords};
use super::frame::{Entry, Shape};
use super::header::Header;
use super::part::{ActivePart, Frames, Reader, Run};
use super::summary::Summary;
use super::trail::{Place, Trail};
use super::walk::Walk;
use crate::folder::{Folder, SegmentFile};

/// The hash of the last event of each partition.
pub(crate) type Heads = BTreeMap<u32, EventHash>;

/// The active segment with an index of its events in memory.
pub(crate) struct Active {
    pub(crate) name: String,
    pub(crate) file: SegmentFile,
    pub(crate) shape: Shape,
    /// The sequence number of its first event.
    pub(crate) first: u64,
    /// The highest outbox number in it or in any segment before it.
    pub(crate) copied: u64,
    /// When its first event happened.
    pub(crate) started_ms: Option<u64>,
    /// When its newest event happened.
    pub(crate) newest_ms: u64,
    pub(crate) count: u32,
    /// Where its events begin and end.
    start: u64,
    pub(crate) end: u64,
    /// Whether something stands behind the end that is no whole event.
    pub(crate) is_torn: bool,
    /// Where the chains stood before it.
    pub(crate) starts: Heads,
    /// Where the chains stand.
    pub(crate) heads: Heads,
    trails: BTreeMap<u32, Trail>,
    /// Partitions of whose events it is not all known what they can be searched by.
    unlearned: Vec<u32>,
}

impl Active {
    /// The name of the active segment that starts with a sequence number.
    pub(crate) fn name(first: u64) -> String {
        format!("{first:020}{CHAINED}")
    }

    pub(crate) fn create(
        folder: &dyn Folder,
        (first, copied): (u64, u64),
        starts: Heads,
    ) -> Result<Self, EventError> {
        let name = Self::name(first);
        let file = folder.open(&name)?;
        let header = Header { shape: Shape::Chained, first, copied, starts };
        let octets = header.octets()?;
        file.set_len(octets.len() as u64)?;
        file.write(0, &octets)?;
        file.sync_data()?;
        Ok(Self::empty((name, file), header, octets.len() as u64))
    }

    /// Opens a segment. One without a whole header was never used: `None`. What was not written whole at its
    /// end stays for [`cut`](Self::cut). What its events can be searched by is found out [later](Self::lesson):
    /// it takes longer than all the rest.
    pub(crate) fn open(folder: &dyn Folder, name: &str) -> Result<Option<Self>, EventError> {
        let file = folder.open(name)?;
        let Some((header, start)) = Header::read(&file)? else {
            return Ok(None);
        };
        let shape = header.shape;
        let mut active = Self::empty((name.into(), file), header, start);
        let length = active.file.len()?;
        let file = Arc::clone(&active.file);
        let mut frames = Frames::new(&file, start..length, shape, MANY_FRAMES);
        while let Some((entry, end)) = frames.next()? {
            active.note(&entry, entry.hash, None);
            active.end = end;
        }
        active.unlearned = active.trails.keys().copied().collect();
        active.is_torn = active.end < length;
        Ok(Some(active))
    }

    /// Cuts off what was not written whole.
    pub(crate) fn cut(&mut self) -> Result<(), EventError> {
        if self.is_torn {
            self.file.set_len(self.end)?;
            self.file.sync_data()?;
            self.is_torn = false;
        }
        Ok(())
    }

    /// The sequence number that the next event gets.
    pub(crate) fn next(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    /// Takes in an event that was written at the end, with its hash, and with what it can be searched
    /// by where that is known; the caller moves the end.
    pub(crate) fn note(&mut self, entry: &Entry, hash: Option<EventHash>, terms: Option<&[u64]>) {
        let place = Place { sequence: entry.sequence, offset: self.end };
        let previous = self.heads.get(&entry.partition).copied();
        let trail = self.trails.entry(entry.partition).or_default();
        trail.note(place, previous, entry.time_ms, terms);
        if let Some(hash) = hash {
            self.heads.insert(entry.partition, hash);
        }
        self.copied = self.copied.max(entry.outbox);
        self.started_ms.get_or_insert(entry.time_ms);
        self.newest_ms = self.newest_ms.max(entry.time_ms);
        self.count = self.count.saturating_add(1);
    }

    /// The next few runs that a walk wants; none when it wants no more of the segment.
    pub(crate) fn part(&self, walk: &Walk<'_>) -> Option<ActivePart> {
        let trail = self.trails.get(&walk.search.partition.number())?;
        let runs = trail.runs(&walk.search, walk.newest_first).take(AT_ONCE);
        let runs: Vec<Run> = runs.map(|(places, previous)| (places.to_vec(), previous)).collect();
        (!runs.is_empty()).then(|| ActivePart::new(self.reader(), runs))
    }

    /// Some events of which it is not known yet what they can be searched by.
    pub(crate) fn lesson(&self) -> Option<Lesson> {
        let unlearned = self.unlearned.iter().rev().find_map(|partition| {
            let (stretch, places) = self.trails.get(partition)?.unlearned()?;
            Some((*partition, stretch, places.to_vec()))
        });
        let (partition, stretch, places) = unlearned?;
        Some(Lesson { partition, stretch, places, reader: self.reader() })
    }

    /// Takes what was found out of them. None may have been added to them meanwhile.
    pub(crate) fn learn(&mut self, lesson: &Lesson, summary: Summary) {
        if let Some(trail) = self.trails.get_mut(&lesson.partition) {
            trail.learn(lesson.stretch, summary);
        }
        while let Some(last) = self.unlearned.last()
            && self.trails.get(last).is_none_or(|trail| trail.unlearned().is_none())
        {
            self.unlearned.pop();
        }
    }

    /// Whose events it has, in order.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = u32> {
        self.trails.keys().copied()
    }

    /// Reads all events in the order in which they stand.
    pub(crate) fn frames(&self) -> Frames<'_> {
        Frames::new(&self.file, self.start..self.end, self.shape, MANY_FRAMES)
    }

    fn reader(&self) -> Reader {
        Reader::new(Arc::clone(&self.file), self.end, self.shape)
    }

    fn empty((name, file): (String, SegmentFile), header: Header, start: u64) -> Self {
        let Header { shape, first, copied, starts } = header;
        let (heads, trails) = (starts.clone(), BTreeMap::new());
        let (started_ms, newest_ms, count) = (None, 0, 0);
        Self {
            name,
            file,
            shape,
            first,
            copied,
            started_ms,
            newest_ms,
            count,
            start,
            end: start,
            is_torn: false,
            starts,
            heads,
            trails,
            unlearned: Vec::new(),
        }
    }
}

/// Events of one partition of which it is to be found out what they can be searched by.
pub(crate) struct Lesson {
    partition: u32,
    stretch: usize,
    places: Vec<Place>,
    reader: Reader,
}

impl Lesson {
    /// Finds out what the events can be searched by.
    pub(crate) fn summary(&self, words: &EventWords) -> Result<Summary, EventError> {
        let (mut summary, mut terms) = (Summary::new(), Vec::new());
        for entry in self.reader.entries(&self.places)? {
            (words.terms)(&entry.body, &mut terms);
            terms.drain(..).for_each(|term| summary.insert(term));
        }
        Ok(summary)
    }
}

/// What the name of a segment ends in.
pub(crate) const CHAINED: &str = ".chained";

/// What the name of a segment of the first format ends in.
pub(crate) const UNCHAINED: &str = ".active";

/// How much is read at once when all events are read.
const MANY_FRAMES: usize = 1 << 20;

/// So many runs are read without looking whether the segment was sealed meanwhile.
const AT_ONCE: usize = 64;
