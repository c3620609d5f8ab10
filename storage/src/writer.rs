//! The one writer: takes changes from a queue and commits them in groups.

mod group;
mod job;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvError, TryRecvError};

use self::group::{Kept, write_group};
pub(crate) use self::group::{apply, durable};
pub(crate) use self::job::{Job, Nudge, Work};
use crate::core::Core;
use crate::events::Event;
use crate::table::{LOG, OUTBOX};
use crate::{Commit, Corrupt, ReadError, What, erase, format};

/// Why a change was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// The change itself said no; nothing of it is left behind.
    #[error(transparent)]
    Refused(E),
    /// The disk or the file failed. Whether the change will be there after a restart is open, as
    /// it is after a power loss; it will not be there by half.
    #[error("the change could not be written: {0}")]
    Disk(Arc<ReadError>),
    /// The change panicked; nothing of it is left behind.
    #[error("the change panicked")]
    Panicked,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

/// How far the writer has come.
#[derive(Copy, Clone)]
pub(crate) struct Position {
    /// The sequence number of the last durable change.
    pub(crate) sequence: u64,
    /// The outbox number that the next event of a change gets.
    pub(crate) next_outbox: u64,
    /// The highest outbox number that the event log was handed.
    pub(crate) handed: u64,
}

/// The writer thread's own state.
pub(crate) struct Writer {
    core: Arc<Core>,
    queue: Receiver<Box<dyn Job>>,
    position: Position,
    erasing: bool,
}

impl Writer {
    /// Takes up the work where the file and the event log left it.
    pub(crate) fn start(core: Arc<Core>, queue: Receiver<Box<dyn Job>>) -> Result<Self, ReadError> {
        let found = format::position(&core.begin_read()?)?;
        core.start_at(found.sequence);
        let position = Position { handed: core.events.copied(), ..found };
        let mut writer = Self { core, queue, position, erasing: true };
        writer.catch_up()?;
        Ok(writer)
    }

    /// Runs until every sender of the queue is gone.
    pub(crate) fn run(mut self) {
        loop {
            match self.next_job() {
                Ok(Some(first)) => self.serve(first),
                Ok(None) => {}
                Err(RecvError) => break,
            }
            if self.erasing {
                self.erasing = erase::step(&self.core).unwrap_or(false);
            }
        }
    }

    /// Copies the events that a crash left in the outbox, and takes in what a commit that was
    /// reported as failed did all the same.
    fn catch_up(&mut self) -> Result<(), ReadError> {
        let transaction = self.core.begin_read()?;
        let position = format::position(&transaction)?;
        let log = transaction.open_table(LOG).map_err(ReadError::of)?;
        let mut commits = Vec::new();
        for entry in log.range(self.position.sequence + 1..).map_err(ReadError::of)? {
            let (_, commit) = entry.map_err(ReadError::of)?;
            commits.push(crate::decode::<Commit>(commit.value())?);
        }
        let outbox = transaction.open_table(OUTBOX).map_err(ReadError::of)?;
        let mut events = Vec::new();
        for entry in outbox.range(self.position.handed + 1..).map_err(ReadError::of)? {
            let (number, event) = entry.map_err(ReadError::of)?;
            events.push((number.value(), decode_event(event.value())?));
        }
        let snapshot = self.core.fresh_snapshot()?;
        let rotated = format::check_master_key(&snapshot)?;
        self.core.vault.settle(rotated);
        self.erasing = true;
        self.position.sequence = position.sequence;
        self.position.next_outbox = position.next_outbox.max(self.position.handed + 1);
        self.publish(Kept { commits, events });
        Ok(())
    }

    fn next_job(&self) -> Result<Option<Box<dyn Job>>, RecvError> {
        if !self.erasing {
            return self.queue.recv().map(Some);
        }
        match self.queue.try_recv() {
            Ok(job) => Ok(Some(job)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(RecvError),
        }
    }

    fn serve(&mut self, first: Box<dyn Job>) {
        let mut jobs = vec![first];
        let written = self.write(&mut jobs).map_err(Arc::new);
        for job in jobs {
            job.answer(written.clone());
        }
    }

    fn write(&mut self, jobs: &mut Vec<Box<dyn Job>>) -> Result<(), ReadError> {
        if self.core.refuses_changes() {
            self.core.reopen();
            self.catch_up()?;
        }
        let group = AssertUnwindSafe(|| write_group(&self.core, self.position, &self.queue, jobs));
        let kept =
            catch_unwind(group).unwrap_or_else(|_| Err(Corrupt::new("writing panicked").into()));
        match kept {
            Ok(kept) => {
                self.core.expire();
                self.core.vault.settle(!kept.commits.is_empty());
                self.publish(kept);
                Ok(())
            }
            Err(error) => {
                self.core.tally.failed();
                self.core.reopen();
                // What cannot be read either is caught up with before the next change.
                self.catch_up().unwrap_or_else(|_| self.core.mark_ailing());
                Err(error)
            }
        }
    }

    /// Hands durable events to the event log and tells the watchers of durable changes.
    fn publish(&mut self, kept: Kept) {
        if let Some((last, _)) = kept.events.last() {
            self.position.handed = *last;
            self.position.next_outbox = self.position.next_outbox.max(last + 1);
        }
        self.core.events.copy(kept.events);
        for commit in &kept.commits {
            self.position.sequence = commit.sequence;
            for destroyed in commit.changes.iter().filter(|c| c.what == What::PartitionDestroyed) {
                self.core.vault.forget(destroyed.partition);
                self.erasing = true;
            }
            self.core.announce(commit);
        }
    }
}

/// An event as it stands in the outbox.
pub(crate) fn decode_event(stored: &[u8]) -> Result<Event, Corrupt> {
    let (time_ms, partition, body) = crate::decode(stored)?;
    Ok(Event { time_ms, partition, body })
}

/// Writes an event as [`decode_event`] reads it.
pub(crate) fn encode_event(event: &Event) -> Result<Vec<u8>, Corrupt> {
    crate::record::encode(&(event.time_ms, event.partition, &event.body))
}
