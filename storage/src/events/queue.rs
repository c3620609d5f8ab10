//! The events that wait to be written, and the thread that writes them.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock};
use std::time::Duration;

use super::chain::EventOwner;
use super::chaining::Chaining;
use super::frame::Entry;
use super::sealing::Sealing;
use super::segments::Segments;
use super::waiting::Queue;
use super::walk::{EventSearch, Walk};
use super::{
    Dropped, Event, EventError, EventFigures, EventHash, EventOptions, MAX_EVENT, Stored,
    unpoisoned,
};
use crate::Partition;
use crate::folder::Folder;

/// The log: what waits, and what is written.
///
/// Who needs both locks of `segments` and `queue` takes `segments` first.
pub(crate) struct Log {
    pub(super) folder: Arc<dyn Folder>,
    pub(super) options: EventOptions,
    pub(super) segments: RwLock<Segments>,
    /// Held by whoever forgets events. The last number in sealed segments when they were bounded the
    /// last time, and to how many octets.
    pub(super) bounded: Mutex<Option<(u64, u64)>>,
    pub(super) sealing: Sealing,
    /// Whose the events of partitions are.
    owners: RwLock<BTreeMap<u32, EventOwner>>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Log {
    pub(crate) fn open(folder: Arc<dyn Folder>, options: EventOptions) -> Result<Self, EventError> {
        let segments = Segments::open(folder.as_ref(), &options.words)?;
        let queue = Queue::behind(&segments.active);
        let sealing = Sealing::new(segments.full.len());
        let (segments, queue) = (RwLock::new(segments), Mutex::new(queue));
        let (owners, bounded, changed) = (RwLock::default(), Mutex::default(), Condvar::new());
        Ok(Self { folder, options, segments, bounded, sealing, owners, queue, changed })
    }

    pub(crate) fn introduce(&self, partition: Partition, owner: EventOwner) {
        unpoisoned(self.owners.write()).insert(partition.number(), owner);
    }

    pub(crate) fn append(&self, events: impl IntoIterator<Item = Event>) -> Result<(), Dropped> {
        let mut queue = self.queue();
        let before = queue.waiting.len();
        let mut count = 0;
        for event in events {
            if self.has_room(&queue, event.partition) && event.body.len() <= MAX_EVENT {
                queue.push(event, 0);
            } else {
                count += 1;
                queue.note_gap(&event);
            }
        }
        queue.dropped += count;
        self.wake(before, queue);
        if count == 0 { Ok(()) } else { Err(Dropped { count }) }
    }

    /// Whether another event of a partition may wait: one partition's storm leaves a quarter of the
    /// room to the others.
    fn has_room(&self, queue: &Queue, partition: Partition) -> bool {
        let own = queue.shares.get(&partition.number()).copied().unwrap_or(0);
        queue.waiting.len() < self.options.queue
            && own < self.options.queue - self.options.queue / 4
    }

    /// Takes events that are durable elsewhere. They wait however many there are: dropping one
    /// would lose it.
    pub(crate) fn copy(&self, events: Vec<(u64, Event)>) {
        let mut queue = self.queue();
        let before = queue.waiting.len();
        for (outbox, event) in events {
            queue.push(event, outbox);
        }
        self.wake(before, queue);
    }

    /// Wakes the writing thread where it waits for the first event or for a full batch. Waking it
    /// for each event would cost more than all the rest of an event.
    fn wake(&self, before: usize, queue: MutexGuard<'_, Queue>) {
        let after = queue.waiting.len();
        drop(queue);
        let full = self.full();
        if (before == 0 && after > 0) || (before < full && after >= full) {
            self.changed.notify_all();
        }
    }

    /// So many events that wait are written at once, without letting more gather.
    fn full(&self) -> usize {
        self.options.queue / 2
    }

    /// Hands on what is looked for, the newest first, until `take` has enough. An event that
    /// waits is among it, without its place in the chain, unless only what is written is wanted.
    ///
    /// Returns the number of the event with which it ended early.
    pub(crate) fn newest_first(
        &self,
        search: &EventSearch,
        take: &mut dyn FnMut(Stored) -> bool,
    ) -> Result<Option<u64>, EventError> {
        let mut walk = Walk::new(search, true, take);
        let mut goes_on = true;
        if !search.written {
            let waiting = self.queue().of(search.partition);
            let waiting = waiting.iter().map(|entry| entry.as_ref().clone().stored(None));
            goes_on = walk.hand_on(waiting.collect());
        }
        let mut sealed = Vec::new();
        while goes_on {
            let segments = unpoisoned(self.segments.read());
            let Some(part) = segments.part(&walk) else {
                // What was read of those that were sealed meanwhile is no longer looked for.
                sealed.clone_from(&segments.sealed);
                break;
            };
            drop(segments);
            goes_on = part.walk(&mut walk)?;
        }
        for sealed in sealed.iter().rev() {
            goes_on = goes_on && sealed.walk(&mut walk)?;
        }
        Ok(walk.ended_at)
    }

    /// Hands on what is looked for and is on the disk, the oldest first, until `take` has enough.
    ///
    /// Returns the number of the event with which it ended early.
    pub(crate) fn oldest_first(
        &self,
        search: &EventSearch,
        take: &mut dyn FnMut(Stored) -> bool,
    ) -> Result<Option<u64>, EventError> {
        let mut walk = Walk::new(search, false, take);
        loop {
            let segments = unpoisoned(self.segments.read());
            // Others may be sealed while one is read, so they come when no sealed one is left.
            let after = walk.search.after;
            let next = segments.sealed.iter().find(|sealed| sealed.index.last > after).cloned();
            let part = if next.is_none() { segments.part(&walk) } else { None };
            drop(segments);
            let goes_on = match (next, part) {
                (Some(sealed), _) => {
                    let goes_on = sealed.walk(&mut walk)?;
                    walk.pass(sealed.index.last);
                    goes_on
                }
                (None, Some(part)) => part.walk(&mut walk)?,
                (None, None) => false,
            };
            if !goes_on {
                return Ok(walk.ended_at);
            }
        }
    }

    /// The number behind which all events are in chains.
    pub(crate) fn unchained_until(&self) -> u64 {
        let segments = unpoisoned(self.segments.read());
        let unchained = segments.sealed.iter().rev().find(|sealed| !sealed.index.chained);
        unchained.map_or(0, |sealed| sealed.index.last)
    }

    /// The hash of a partition's newest event on the disk.
    pub(crate) fn head(&self, partition: Partition) -> EventHash {
        let segments = unpoisoned(self.segments.read());
        let head = segments.active.heads.get(&partition.number()).copied();
        head.unwrap_or(EventHash::BEGINNING)
    }

    /// The number of the newest event on the disk, and the hash of a partition's newest one there.
    pub(crate) fn end(&self, partition: Partition) -> (u64, EventHash) {
        let segments = unpoisoned(self.segments.read());
        let head = segments.active.heads.get(&partition.number()).copied();
        (segments.active.next().saturating_sub(1), head.unwrap_or(EventHash::BEGINNING))
    }

    pub(crate) fn flush(&self) -> Result<(), EventError> {
        let mut queue = self.queue();
        queue.tell_gaps(&self.options);
        let until = queue.next_sequence;
        let attempts = queue.attempts;
        queue.urgent += 1;
        self.changed.notify_all();
        let unwritten = |queue: &mut Queue| {
            let written = queue.waiting.front().is_none_or(|entry| entry.sequence >= until);
            let failed = queue.attempts > attempts && queue.failure.is_some();
            !written && !failed
        };
        queue = unpoisoned(self.changed.wait_while(queue, unwritten));
        queue.urgent -= 1;
        let written = queue.waiting.front().is_none_or(|entry| entry.sequence >= until);
        match &queue.failure {
            Some(failure) if queue.attempts > attempts && !written => Err(failure.clone().into()),
            Some(_) | None => Ok(()),
        }
    }

    /// Returns when the events of changes of a partition are on the disk, which hardly ever wait.
    pub(crate) fn settle(&self, partition: Partition) -> Result<(), EventError> {
        let queue = self.queue();
        let number = partition.number();
        let is_due = |entry: &Arc<Entry>| entry.outbox > 0 && entry.partition == number;
        let waits = queue.changes > 0 && queue.waiting.iter().any(is_due);
        drop(queue);
        if waits { self.flush() } else { Ok(()) }
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.queue().dropped
    }

    pub(crate) fn failures(&self) -> Vec<EventError> {
        let writing = self.queue().failure.clone();
        [writing, self.sealing.failure()].into_iter().flatten().map(EventError::from).collect()
    }

    pub(crate) fn figures(&self) -> EventFigures {
        let (end, unsealed, sealed) = {
            let segments = unpoisoned(self.segments.read());
            let full: u64 = segments.full.iter().map(|full| full.end).sum();
            let end = segments.active.end.saturating_add(full);
            (end, segments.full.len(), segments.sealed.clone())
        };
        let octets = end.saturating_add(sealed.iter().map(|sealed| sealed.octets()).sum());
        let queue = self.queue();
        let waiting = queue.waiting.len();
        let is_failing = queue.failure.is_some() || self.sealing.failure().is_some();
        let (written, dropped) = (queue.written, queue.dropped);
        EventFigures { written, waiting, dropped, unsealed, is_failing, octets }
    }

    pub(crate) fn copied(&self) -> u64 {
        self.queue().copied
    }

    pub(crate) fn close(&self) {
        self.queue().closed = true;
        self.changed.notify_all();
        self.sealing.close();
    }

    /// Writes what waits until the log is closed and nothing waits, or the last attempt failed.
    pub(crate) fn run(&self) {
        loop {
            self.study();
            let mut batch = self.next_batch();
            if batch.is_empty() {
                break;
            }
            let written = self.write(&batch);
            let failed = written.is_err();
            let mut queue = self.queue();
            queue.attempts += 1;
            queue.failure = written.err().map(Described::from);
            let closed = queue.closed;
            drop(queue);
            self.changed.notify_all();
            if failed && closed {
                break;
            }
            if failed {
                self.pause();
            }
            while !batch.is_empty() {
                batch.truncate(batch.len().saturating_sub(AT_ONCE));
                std::thread::yield_now();
            }
        }
    }

    /// Finds out what events can be searched by that were there at the start: a few between two
    /// batches, and all while nothing waits.
    fn study(&self) {
        let mut studied = 0;
        while studied < LESSONS || self.is_idle() {
            // What cannot be read is tried again, and searches that want it tell of it.
            let Ok(true) = self.learn() else { return };
            studied += 1;
        }
    }

    /// Whether there was something to learn. Events are added by the thread that learns alone.
    fn learn(&self) -> Result<bool, EventError> {
        let lesson = unpoisoned(self.segments.read()).active.lesson();
        let Some(lesson) = lesson else { return Ok(false) };
        let summary = lesson.summary(&self.options.words)?;
        unpoisoned(self.segments.write()).active.learn(&lesson, summary);
        Ok(true)
    }

    fn is_idle(&self) -> bool {
        let queue = self.queue();
        queue.waiting.is_empty() && queue.gaps.is_empty() && !queue.closed
    }

    /// Waits for events and lets a batch of them gather. An empty batch is the end.
    fn next_batch(&self) -> Vec<Arc<Entry>> {
        let queue = self.queue();
        let idle =
            |queue: &mut Queue| queue.waiting.is_empty() && queue.gaps.is_empty() && !queue.closed;
        let queue = unpoisoned(self.changed.wait_while(queue, idle));
        let full = self.full();
        let gathering =
            |queue: &mut Queue| queue.waiting.len() < full && queue.urgent == 0 && !queue.closed;
        let waited = self.changed.wait_timeout_while(queue, self.options.delay, gathering);
        let (mut queue, _) = unpoisoned(waited);
        queue.tell_gaps(&self.options);
        drop(queue);
        self.first_waiting()
    }

    /// The first that wait, up to a batch. Whoever tells of an event waits for a part of them at most.
    fn first_waiting(&self) -> Vec<Arc<Entry>> {
        let mut batch = Vec::new();
        loop {
            let (queue, before) = (self.queue(), batch.len());
            let end = queue.waiting.len().min(before + AT_ONCE).min(BATCH);
            batch.extend(queue.waiting.range(before..end.max(before)).cloned());
            if batch.len() < before + AT_ONCE {
                return batch;
            }
        }
    }

    /// Waits a moment after a failure, unless the log is closed or somebody waits for it.
    fn pause(&self) {
        let open = |queue: &mut Queue| !queue.closed && queue.urgent == 0;
        drop(self.changed.wait_timeout_while(self.queue(), self.options.delay, open));
    }

    /// Writes the events that still belong into the active segment, and starts another when others
    /// wait that do not.
    fn write(&self, batch: &[Arc<Entry>]) -> Result<(), EventError> {
        let fitting = unpoisoned(self.segments.read()).fitting(batch, &self.options);
        let (fitting, rest) = batch.split_at_checked(fitting).unwrap_or((batch, &[]));
        self.write_active(fitting)?;
        if !rest.is_empty() {
            self.rotate()?;
        }
        Ok(())
    }

    fn write_active(&self, batch: &[Arc<Entry>]) -> Result<(), EventError> {
        if batch.is_empty() {
            return Ok(());
        }
        let words = &self.options.words;
        let mut chaining = Chaining::behind(&unpoisoned(self.segments.read()).active, batch.len());
        for few in batch.chunks(A_FEW) {
            let segments = unpoisoned(self.segments.read());
            let owners = unpoisoned(self.owners.read());
            chaining.chain(few, &segments.active.heads, words, &owners)?;
            drop((segments, owners));
            chaining.write()?;
            self.rest(batch.len());
        }
        chaining.sync()?;
        for (place, few) in batch.chunks(A_FEW).enumerate() {
            let mut segments = unpoisoned(self.segments.write());
            chaining.note(&mut segments.active, few, place * A_FEW);
            let mut queue = self.queue();
            queue.pass(few.len());
            queue.copied = segments.active.copied;
            drop(queue);
            drop(segments);
            if place % RESTS == 0 {
                self.rest(batch.len());
            }
        }
        // Whoever waits for these does not wait for another segment, too.
        self.queue().failure = None;
        self.changed.notify_all();
        Ok(())
    }

    /// Rests a little between a few events, so that who shares the core is not held up, unless many more
    /// wait than the batch that is written, or somebody waits for them.
    fn rest(&self, batch: usize) {
        let queue = self.queue();
        let more = queue.waiting.len().saturating_sub(batch);
        let in_time = batch > A_FEW && more < self.options.queue / 8;
        if in_time {
            let calm = |queue: &mut Queue| queue.urgent == 0 && !queue.closed;
            drop(self.changed.wait_timeout_while(queue, REST, calm));
        } else {
            drop(queue);
            std::thread::yield_now();
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        unpoisoned(self.queue.lock())
    }
}

/// So much is found out between two batches, however many events wait.
const LESSONS: usize = 4;

/// How many events are written at once.
const BATCH: usize = 16_384;

/// So many events are chained, written and noted without a look who else wants the core.
const A_FEW: usize = 16;

/// So many are taken, or let go of, at once.
const AT_ONCE: usize = 1_024;

/// To note them takes so much less than to chain them.
const RESTS: usize = 4;

/// How long the thread that writes rests between a few events.
const REST: Duration = Duration::from_micros(150);

/// An error that can be told several times.
#[derive(Clone, Debug)]
pub(super) struct Described {
    kind: io::ErrorKind,
    text: String,
}

impl From<EventError> for Described {
    fn from(error: EventError) -> Self {
        let (kind, text) = match error {
            EventError::Disk(error) => (error.kind(), error.to_string()),
            EventError::Corrupt(error) => (io::ErrorKind::InvalidData, error.to_string()),
        };
        Self { kind, text }
    }
}

impl From<Described> for EventError {
    fn from(Described { kind, text }: Described) -> Self {
        io::Error::new(kind, text).into()
    }
}
