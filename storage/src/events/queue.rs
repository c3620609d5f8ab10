//! The events that wait to be written, and the thread that writes them.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock};

use super::active::Active;
use super::frame::Entry;
use super::sealed::{Sealed, UNFINISHED};
use super::{Dropped, Event, EventError, EventOptions, MAX_EVENT, Stored, unpoisoned};
use crate::Partition;
use crate::folder::Folder;

/// The log: what waits, and what is written.
///
/// Who needs both locks takes `segments` first.
pub(crate) struct Log {
    folder: Arc<dyn Folder>,
    options: EventOptions,
    segments: RwLock<Segments>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// The written events.
struct Segments {
    active: Active,
    /// In the order of their sequence numbers.
    sealed: Vec<Sealed>,
}

/// The events that wait.
struct Queue {
    waiting: VecDeque<Arc<Entry>>,
    next_sequence: u64,
    dropped: u64,
    copied: u64,
    /// Counts attempts to write, so that who waits for one sees that it ended.
    attempts: u64,
    failure: Option<(io::ErrorKind, String)>,
    /// How many callers of `flush` wait.
    urgent: usize,
    closed: bool,
}

impl Log {
    pub(crate) fn open(folder: Arc<dyn Folder>, options: EventOptions) -> Result<Self, EventError> {
        let segments = Segments::open(folder.as_ref())?;
        let queue = Queue {
            waiting: VecDeque::new(),
            next_sequence: segments.active.next(),
            dropped: 0,
            copied: segments.active.copied,
            attempts: 0,
            failure: None,
            urgent: 0,
            closed: false,
        };
        let (segments, queue) = (RwLock::new(segments), Mutex::new(queue));
        Ok(Self { folder, options, segments, queue, changed: Condvar::new() })
    }

    pub(crate) fn append(&self, events: Vec<Event>) -> Result<(), Dropped> {
        let mut queue = self.queue();
        let before = queue.waiting.len();
        let mut count = 0;
        for event in events {
            if queue.waiting.len() < self.options.queue && event.body.len() <= MAX_EVENT {
                queue.push(event, 0);
            } else {
                count += 1;
            }
        }
        queue.dropped += count;
        self.wake(before, queue);
        if count == 0 { Ok(()) } else { Err(Dropped { count }) }
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

    pub(crate) fn newest(
        &self,
        partition: Partition,
        before: u64,
        limit: usize,
    ) -> Result<Vec<Stored>, EventError> {
        let segments = unpoisoned(self.segments.read());
        let mut found = self.queue().newest(partition, before, limit);
        segments.active.newest(partition, before, limit, &mut found)?;
        for sealed in segments.sealed.iter().rev() {
            if found.len() >= limit {
                break;
            }
            sealed.newest(partition, before, limit, &mut found)?;
        }
        Ok(found)
    }

    pub(crate) fn flush(&self) -> Result<(), EventError> {
        let mut queue = self.queue();
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
        match &queue.failure {
            Some((kind, text)) if queue.attempts > attempts => {
                Err(io::Error::new(*kind, text.clone()).into())
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.queue().dropped
    }

    pub(crate) fn copied(&self) -> u64 {
        self.queue().copied
    }

    pub(crate) fn delete_before(&self, time_ms: u64) -> Result<usize, EventError> {
        let mut segments = unpoisoned(self.segments.write());
        let mut deleted = 0;
        while let Some(oldest) = segments.sealed.first()
            && oldest.index.newest_ms < time_ms
        {
            oldest.remove(self.folder.as_ref())?;
            segments.sealed.remove(0);
            deleted += 1;
        }
        Ok(deleted)
    }

    pub(crate) fn close(&self) {
        self.queue().closed = true;
        self.changed.notify_all();
    }

    /// Writes what waits until the log is closed and nothing waits, or the last attempt failed.
    pub(crate) fn run(&self) {
        loop {
            let batch = self.next_batch();
            if batch.is_empty() {
                break;
            }
            let written = self.write(&batch);
            let failed = written.is_err();
            let mut queue = self.queue();
            queue.attempts += 1;
            queue.failure = written.err().map(describe);
            let closed = queue.closed;
            drop(queue);
            self.changed.notify_all();
            if failed && closed {
                break;
            }
            if failed {
                self.pause();
            }
        }
    }

    /// Waits for events and lets a batch of them gather. An empty batch is the end.
    fn next_batch(&self) -> Vec<Arc<Entry>> {
        let queue = self.queue();
        let idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.closed;
        let queue = unpoisoned(self.changed.wait_while(queue, idle));
        let full = self.full();
        let gathering =
            |queue: &mut Queue| queue.waiting.len() < full && queue.urgent == 0 && !queue.closed;
        let waited = self.changed.wait_timeout_while(queue, self.options.delay, gathering);
        let (queue, _) = unpoisoned(waited);
        queue.waiting.iter().take(BATCH).cloned().collect()
    }

    /// Waits a moment after a failure, unless the log is closed or somebody waits for it.
    fn pause(&self) {
        let open = |queue: &mut Queue| !queue.closed && queue.urgent == 0;
        drop(self.changed.wait_timeout_while(self.queue(), self.options.delay, open));
    }

    /// Writes the events that still belong into the active segment, and seals it when others
    /// wait that do not.
    fn write(&self, batch: &[Arc<Entry>]) -> Result<(), EventError> {
        let fitting = unpoisoned(self.segments.read()).fitting(batch, &self.options);
        let (fitting, rest) = batch.split_at_checked(fitting).unwrap_or((batch, &[]));
        self.write_active(fitting)?;
        if !rest.is_empty() {
            self.seal()?;
        }
        Ok(())
    }

    fn write_active(&self, batch: &[Arc<Entry>]) -> Result<(), EventError> {
        if batch.is_empty() {
            return Ok(());
        }
        let (file, start) = {
            let segments = unpoisoned(self.segments.read());
            (Arc::clone(&segments.active.file), segments.active.end)
        };
        let mut octets = Vec::new();
        let mut ends = Vec::with_capacity(batch.len());
        for entry in batch {
            entry.write_frame(&mut octets)?;
            ends.push(start + octets.len() as u64);
        }
        file.set_len(start + octets.len() as u64)?;
        file.write(start, &octets)?;
        file.sync_data()?;
        let mut segments = unpoisoned(self.segments.write());
        for (entry, end) in batch.iter().zip(ends) {
            segments.active.note(entry);
            segments.active.end = end;
        }
        let mut queue = self.queue();
        queue.waiting.drain(..batch.len());
        queue.copied = segments.active.copied;
        Ok(())
    }

    /// Seals the active segment and starts another.
    fn seal(&self) -> Result<(), EventError> {
        let folder = self.folder.as_ref();
        let segments = unpoisoned(self.segments.read());
        let first = segments.active.first;
        let sealed = Sealed::create(folder, &segments.active)?;
        let active = Active::create(folder, segments.active.next(), segments.active.copied)?;
        drop(segments);
        let mut segments = unpoisoned(self.segments.write());
        segments.active = active;
        segments.sealed.push(sealed);
        drop(segments);
        folder.remove(&Active::name(first))?;
        Ok(())
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        unpoisoned(self.queue.lock())
    }
}

impl Queue {
    fn push(&mut self, event: Event, outbox: u64) {
        let Event { time_ms, partition, body } = event;
        let (partition, sequence) = (partition.number(), self.next_sequence);
        self.next_sequence += 1;
        let entry = Entry { partition, sequence, time_ms, outbox, body };
        self.waiting.push_back(Arc::new(entry));
    }

    fn newest(&self, partition: Partition, before: u64, limit: usize) -> Vec<Stored> {
        let wanted = partition.number();
        let of_partition = self.waiting.iter().rev().filter(|entry| entry.partition == wanted);
        let matching = of_partition.filter(|entry| entry.sequence < before);
        matching.take(limit).map(|entry| entry.stored()).collect()
    }
}

impl Segments {
    /// Opens what a folder holds, and ends what a crash interrupted.
    fn open(folder: &dyn Folder) -> Result<Self, EventError> {
        let mut names = folder.names()?;
        names.sort();
        let mut sealed: Vec<Sealed> = Vec::new();
        let mut actives: Vec<Active> = Vec::new();
        for name in &names {
            if name.ends_with(UNFINISHED) {
                folder.remove(name)?;
            } else if name.ends_with(".sealed") {
                sealed.push(Sealed::open(folder, name)?);
            } else if name.ends_with(".active") {
                match Active::open(folder, name)? {
                    Some(active) => actives.push(active),
                    None => folder.remove(name)?,
                }
            }
        }
        let (next, copied) =
            sealed.last().map_or((1, 0), |last| (last.index.last + 1, last.index.copied));
        let mut current = None;
        for active in actives {
            if active.first < next {
                folder.remove(&Active::name(active.first))?;
            } else {
                current = Some(active);
            }
        }
        let active = match current {
            Some(active) => active,
            None => Active::create(folder, next, copied)?,
        };
        Ok(Self { active, sealed })
    }

    /// How many events of a batch belong into the active segment.
    fn fitting(&self, batch: &[Arc<Entry>], options: &EventOptions) -> usize {
        let room = options.segment_events.max(1).saturating_sub(self.active.count);
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let started = self.active.started_ms.or_else(|| Some(batch.first()?.time_ms));
        let until = started.unwrap_or(0).saturating_add(options.segment_ms.max(1));
        batch.iter().take(room).take_while(|entry| entry.time_ms < until).count()
    }
}

/// How many events are written at once.
const BATCH: usize = 16_384;

fn describe(error: EventError) -> (io::ErrorKind, String) {
    match error {
        EventError::Disk(error) => (error.kind(), error.to_string()),
        EventError::Corrupt(error) => (io::ErrorKind::InvalidData, error.to_string()),
    }
}
