//! The event log: who did or tried what, kept in files of its own.
//!
//! Events are appended to the active segment in the order of their sequence numbers. A segment
//! that is full or a day old is sealed: sorted by partition, compressed in blocks, and read-only
//! from then on. Retention deletes whole sealed segments.
//!
//! An event of a change is first kept in the database, in the transaction of the change, and
//! copied from there. It carries its outbox number, so that after a crash nothing is lost and
//! nothing is there twice.

mod active;
mod frame;
mod queue;
mod sealed;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use self::queue::Log;
use crate::folder::{Directory, Folder};
use crate::{Corrupt, Partition};

/// The most octets that the body of an appended event may have.
pub const MAX_EVENT: usize = 64 * 1024;

/// When events are written, sealed and dropped.
#[derive(Clone, Debug)]
pub struct EventOptions {
    /// How long an event may wait for its batch to be written.
    pub delay: Duration,
    /// How many events may wait; more are dropped and counted.
    pub queue: usize,
    /// After how many events a segment is sealed.
    pub segment_events: u32,
    /// How much time a segment covers before it is sealed, in milliseconds.
    pub segment_ms: u64,
}

impl Default for EventOptions {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(100),
            queue: 65_536,
            segment_events: 1_000_000,
            segment_ms: 24 * 60 * 60 * 1000,
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
        let flushing = Arc::clone(&log);
        let thread = std::thread::Builder::new()
            .name("event-flusher".into())
            .spawn(move || flushing.run())?;
        Ok(Self { flusher: Arc::new(Flusher { log, thread: Some(thread) }) })
    }

    /// Hands events to the flusher, which writes them within [`EventOptions::delay`]. Never waits
    /// for the disk.
    ///
    /// # Errors
    /// When some had to be dropped; the others are kept.
    pub fn append(&self, events: Vec<Event>) -> Result<(), Dropped> {
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
        self.flusher.log.newest(partition, before.unwrap_or(u64::MAX), limit)
    }

    /// Returns when everything that was appended before is on the disk.
    ///
    /// # Errors
    /// When the disk failed; the events go on waiting and are tried again.
    pub fn flush(&self) -> Result<(), EventError> {
        self.flusher.log.flush()
    }

    /// How many events were dropped since the log was opened.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.flusher.log.dropped()
    }

    /// Deletes the sealed segments whose events all happened before a time, in milliseconds since
    /// 1970, and returns how many segments that were.
    ///
    /// # Errors
    /// When a segment cannot be deleted.
    pub fn delete_before(&self, time_ms: u64) -> Result<usize, EventError> {
        self.flusher.log.delete_before(time_ms)
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

/// The log with the thread that writes it.
struct Flusher {
    log: Arc<Log>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.log.close();
        if let Some(thread) = self.thread.take() {
            // The thread does not panic, so there is nothing to learn from how it ended.
            let _ended = thread.join();
        }
    }
}

/// Locks out of which a panic is no reason to stay out: what they guard is changed in one step.
pub(crate) fn unpoisoned<T>(lock: Result<T, PoisonError<T>>) -> T {
    lock.unwrap_or_else(PoisonError::into_inner)
}
