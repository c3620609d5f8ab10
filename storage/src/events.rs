//! The event log: who did or tried what, kept in files of its own.
//!
//! Events are appended to the active segment in the order of their sequence numbers. A segment
//! that is full or a day old is sealed beside that: sorted by partition, compressed in blocks, and
//! read-only from then on. Retention, by time and by size, takes a partition out of whole sealed segments.
//!
//! An event of a change is first kept in the database, in the transaction of the change, and
//! copied from there. It carries its outbox number, so that after a crash nothing is lost and
//! nothing is there twice.
//!
//! The events of a partition are a chain: each has a hash that covers the one before it, and whose
//! they are. What was dropped because too much waited is told by an event of the chain. Retention
//! leaves the hash of what was deleted last, to which the oldest event that is left refers.

mod active;
mod chain;
mod chaining;
mod frame;
mod gather;
mod header;
mod index;
mod part;
mod queue;
mod retention;
mod sealed;
mod sealing;
mod segments;
mod shelf;
mod summary;
#[cfg(test)]
pub(crate) mod tests;
mod trail;
mod waiting;
mod walk;
mod writing;

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

pub use self::chain::{
    EventHash, EventOwner, EventText, EventWords, EventsOwned, Link, Term, term,
};
use self::queue::Log;
pub use self::retention::{EventsCut, EventsKept, Living};
pub use self::walk::{ChainEnds, EventSearch};
use crate::folder::{Directory, Folder};
use crate::{Corrupt, Partition};

/// The most octets that the body of an appended event may have.
pub const MAX_EVENT: usize = 64 * 1024;

/// When events are written, sealed and dropped.
#[derive(Clone, Debug)]
pub struct EventOptions {
    /// How long an event may wait for its batch to be written.
    pub delay: Duration,
    /// How many events may wait, three quarters of them of one partition; more are dropped and counted.
    pub queue: usize,
    /// After how many events a segment is sealed.
    pub segment_events: u32,
    /// How much time a segment covers before it is sealed, in milliseconds.
    pub segment_ms: u64,
    /// What the bodies of events say.
    pub words: EventWords,
    /// What the thread that seals does when it starts: the place to give it less of the processor.
    pub prepare: fn(),
}

impl Default for EventOptions {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(100),
            queue: 65_536,
            segment_events: 1_000_000,
            segment_ms: 24 * 60 * 60 * 1000,
            words: EventWords::default(),
            prepare: || {},
        }
    }
}

/// An event to be kept.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct Event {
    /// When it happened, in milliseconds since 1970.
    pub time_ms: u64,
    /// Whom it concerns.
    pub partition: Partition,
    /// What happened, in the words of whoever keeps events.
    pub body: Vec<u8>,
}

/// An event that is kept.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct Stored {
    /// Counts the events of all partitions from 1.
    pub sequence: u64,
    /// When it happened, in milliseconds since 1970.
    pub time_ms: u64,
    /// Whom it concerns.
    pub partition: Partition,
    /// Its place in the chain of its partition; none while it waits to be written, and for events
    /// from before there were chains.
    pub link: Option<Link>,
    /// What happened.
    pub body: Vec<u8>,
}

/// Why the event log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The disk failed.
    #[error("the event log cannot be used: {0}")]
    Disk(#[from] std::io::Error),
    /// A segment does not hold what it should.
    #[error("a segment of the event log is damaged: {0}")]
    Corrupt(#[from] Corrupt),
}

/// Events were dropped: too many waited to be written, or one was longer than [`MAX_EVENT`].
#[derive(Copy, Clone, Eq, PartialEq, Debug, thiserror::Error)]
#[error("{count} events were dropped")]
pub struct Dropped {
    /// How many.
    pub count: u64,
}

/// How the event log goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventFigures {
    /// Events that were written since the log was opened.
    pub written: u64,
    /// Events that wait to be written.
    pub waiting: usize,
    /// Events that were dropped since.
    pub dropped: u64,
    /// Segments that are full and not sealed yet.
    pub unsealed: usize,
    /// Whether the last attempt to write or to seal failed.
    pub is_failing: bool,
    /// Octets of all its files.
    pub octets: u64,
}

/// The event log. Clones share it; the last one writes what waits and closes it.
#[derive(Clone)]
pub struct EventLog {
    flusher: Arc<Flusher>,
}

impl EventLog {
    /// Opens the log in a directory, or creates it there.
    ///
    /// # Errors
    /// When the directory cannot be used or a segment is damaged.
    pub fn open(directory: &Path, options: EventOptions) -> Result<Self, EventError> {
        Self::open_folder(Arc::new(Directory::open(directory)?), options)
    }

    pub(crate) fn open_folder(
        folder: Arc<dyn Folder>,
        options: EventOptions,
    ) -> Result<Self, EventError> {
        let log = Arc::new(Log::open(folder, options)?);
        let mut flusher = Flusher { log, threads: Vec::new() };
        flusher.start("event-flusher", Log::run)?;
        flusher.start("event-sealer", Log::seal)?;
        Ok(Self { flusher: Arc::new(flusher) })
    }

    /// Hands events to the flusher, which writes them within [`EventOptions::delay`], and as much
    /// again where very many come at once. Never waits for the disk.
    ///
    /// # Errors
    /// When some had to be dropped; the others are kept.
    pub fn append(&self, events: impl IntoIterator<Item = Event>) -> Result<(), Dropped> {
        self.flusher.log.append(events)
    }

    /// The newest events of a partition, newest first, of those before a sequence number.
    ///
    /// Events that wait to be written are among them.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn newest(
        &self,
        partition: Partition,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Stored>, EventError> {
        let mut found = Vec::new();
        if limit > 0 {
            let before = before.unwrap_or(u64::MAX);
            let search = EventSearch { before, ..EventSearch::all(partition) };
            self.newest_first(&search, &mut |stored| {
                found.push(stored);
                found.len() < limit
            })?;
        }
        Ok(found)
    }

    /// Hands on what is looked for, the newest first, until `take` says `false`. Events that wait
    /// to be written are among it, unless only those that are is asked for. Returns the number of the event with which it ended early: none
    /// before it was looked at.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn newest_first(
        &self,
        search: &EventSearch,
        take: &mut dyn FnMut(Stored) -> bool,
    ) -> Result<Option<u64>, EventError> {
        self.flusher.log.newest_first(search, take)
    }

    /// Hands on what is looked for and is on the disk, the oldest first, until `take` says
    /// `false`. Returns the number of the event with which it ended early: none behind it was
    /// looked at.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn oldest_first(
        &self,
        search: &EventSearch,
        take: &mut dyn FnMut(Stored) -> bool,
    ) -> Result<Option<u64>, EventError> {
        self.flusher.log.oldest_first(search, take)
    }

    /// Where the chain of a partition begins and ends, of what is on the disk.
    ///
    /// # Errors
    /// When a segment cannot be read.
    pub fn chain(&self, partition: Partition) -> Result<ChainEnds, EventError> {
        let mut oldest = None;
        let after = self.flusher.log.unchained_until();
        let search = EventSearch { after, ..EventSearch::all(partition) };
        self.oldest_first(&search, &mut |stored| {
            oldest = stored.link.map(|link| (stored.sequence, link.previous));
            oldest.is_none()
        })?;
        Ok(ChainEnds { oldest, head: self.flusher.log.head(partition) })
    }

    /// The number of the newest event on the disk, of whichever partition, and the hash of the
    /// newest there of this one: what has a number up to the first and is not there now never will be.
    #[must_use]
    pub fn end(&self, partition: Partition) -> (u64, EventHash) {
        self.flusher.log.end(partition)
    }

    /// Says whose the events of a partition are, before there are any.
    pub fn introduce(&self, partition: Partition, owner: EventOwner) {
        self.flusher.log.introduce(partition, owner);
    }

    /// Returns when everything that was appended before is on the disk.
    ///
    /// # Errors
    /// When the disk failed; the events go on waiting and are tried again.
    pub fn flush(&self) -> Result<(), EventError> {
        self.flusher.log.flush()
    }

    /// Returns when the events of a partition's changes that were made before are on the disk; waits
    /// for no others.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn settle(&self, partition: Partition) -> Result<(), EventError> {
        self.flusher.log.settle(partition)
    }

    /// How many events were dropped since the log was opened.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.flusher.log.dropped()
    }

    /// Why the last attempt to write failed, and the last one to seal a segment, where they did.
    #[must_use]
    pub fn failures(&self) -> Vec<EventError> {
        self.flusher.log.failures()
    }

    /// How it goes.
    #[must_use]
    pub fn figures(&self) -> EventFigures {
        self.flusher.log.figures()
    }

    /// Forgets the events that are kept no longer, and returns how many segments were removed or
    /// written anew. What is not sealed yet is left alone, so events are kept longer by the time
    /// that a segment covers, and by what sealing takes.
    ///
    /// # Errors
    /// When a segment cannot be read, written or removed.
    pub fn forget(&self, kept: &EventsKept) -> Result<usize, EventError> {
        self.flusher.log.forget(kept)
    }

    /// Forgets the oldest events of each partition that has more than so many octets in sealed
    /// segments, and says of whom some went. A partition leaves a segment as a whole: what is left
    /// are its newest so many octets and what else it has in the segment in which they begin. What
    /// is not sealed yet is left alone and not counted. Looks at nothing where no segment was
    /// sealed since the last time.
    ///
    /// # Errors
    /// When a segment cannot be read, written or removed; the next time it is tried again.
    pub fn bound(&self, most: u64) -> Result<Vec<EventsCut>, EventError> {
        self.flusher.log.bound(most)
    }

    /// Takes events that a commit made durable, with their outbox numbers in ascending order.
    pub(crate) fn copy(&self, events: Vec<(u64, Event)>) {
        self.flusher.log.copy(events);
    }

    /// The highest outbox number whose event is on the disk, with all below it.
    pub(crate) fn copied(&self) -> u64 {
        self.flusher.log.copied()
    }
}

/// The log with the threads that write and seal it.
struct Flusher {
    log: Arc<Log>,
    threads: Vec<JoinHandle<()>>,
}

impl Flusher {
    fn start(&mut self, name: &str, run: fn(&Log)) -> std::io::Result<()> {
        let log = Arc::clone(&self.log);
        self.threads.push(Builder::new().name(name.into()).spawn(move || run(&log))?);
        Ok(())
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.log.close();
        for thread in self.threads.drain(..) {
            // The threads do not panic, so there is nothing to learn from how they ended.
            let _ended = thread.join();
        }
    }
}

/// Something is not in an active segment that was written there.
fn damaged_active() -> Corrupt {
    Corrupt::new("an event is gone")
}

/// Locks out of which a panic is no reason to stay out: what they guard is changed in one step.
pub(crate) fn unpoisoned<T>(lock: Result<T, PoisonError<T>>) -> T {
    lock.unwrap_or_else(PoisonError::into_inner)
}
