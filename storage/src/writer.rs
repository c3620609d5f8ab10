//! The one writer: takes changes from a queue and commits them in groups.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

use redb::{Durability, WriteTransaction};

use crate::change::Made;
use crate::record::encode;
use crate::store::Core;
use crate::table::{DATA, LOG};
use crate::{Change, Commit, ReadError};

/// Why a change was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// The change itself said no; nothing of it is left behind.
    #[error(transparent)]
    Refused(E),
    /// The disk or the file failed; the change may be tried again.
    #[error("the change could not be written: {0}")]
    Disk(Arc<ReadError>),
    /// The change panicked; nothing of it is left behind.
    #[error("the change panicked")]
    Panicked,
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
}

/// A change in the queue.
pub(crate) trait Job: Send {
    /// Runs the change and says whether to keep what it made.
    fn run(&mut self, change: &mut Change<'_>) -> bool;
    /// Answers the caller.
    fn answer(self: Box<Self>, written: Result<(), Arc<ReadError>>);
}

/// A closure with the channel that takes its answer.
pub(crate) struct Work<T, E, F> {
    work: Option<F>,
    result: Result<T, WriteError<E>>,
    reply: SyncSender<Result<T, WriteError<E>>>,
}

impl<T, E, F> Work<T, E, F> {
    pub(crate) fn new(work: F, reply: SyncSender<Result<T, WriteError<E>>>) -> Self {
        Self {
            work: Some(work),
            result: Err(WriteError::Closed),
            reply,
        }
    }
}

impl<T, E, F> Job for Work<T, E, F>
where
    F: FnOnce(&mut Change<'_>) -> Result<T, E> + Send,
    T: Send,
    E: Send,
{
    fn run(&mut self, change: &mut Change<'_>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        self.result = match catch_unwind(AssertUnwindSafe(|| work(change))) {
            Ok(result) => result.map_err(WriteError::Refused),
            Err(_) => Err(WriteError::Panicked),
        };
        self.result.is_ok()
    }

    fn answer(self: Box<Self>, written: Result<(), Arc<ReadError>>) {
        let answer = match written {
            Ok(()) => self.result,
            Err(error) => Err(WriteError::Disk(error)),
        };
        // A caller that is gone needs no answer.
        let _gone = self.reply.send(answer);
    }
}

/// Runs until every sender of the queue is gone.
pub(crate) fn run(core: &Core, queue: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = queue.recv() {
        let mut jobs = vec![first];
        let written = write_group(core, queue, &mut jobs);
        let written = match written {
            Ok(commits) => {
                core.announce(&commits);
                Ok(())
            }
            Err(error) => Err(Arc::new(error)),
        };
        for job in jobs {
            job.answer(written.clone());
        }
    }
}

/// Runs the first job and all that wait behind it in one transaction.
fn write_group(
    core: &Core,
    queue: &Receiver<Box<dyn Job>>,
    jobs: &mut Vec<Box<dyn Job>>,
) -> Result<Vec<Commit>, ReadError> {
    let transaction = core.begin_write()?;
    let mut group = Group {
        core,
        transaction: &transaction,
        commits: Vec::new(),
    };
    for job in jobs.iter_mut() {
        group.run(job.as_mut())?;
    }
    while jobs.len() < core.options.group
        && let Ok(mut job) = queue.try_recv()
    {
        let outcome = group.run(job.as_mut());
        jobs.push(job);
        outcome?;
    }
    let commits = group.commits;
    if commits.is_empty() {
        transaction.abort().map_err(redb::Error::from)?;
    } else {
        transaction.commit().map_err(redb::Error::from)?;
    }
    Ok(commits)
}

/// The changes of one transaction.
struct Group<'a> {
    core: &'a Core,
    transaction: &'a WriteTransaction,
    commits: Vec<Commit>,
}

impl Group<'_> {
    fn run(&mut self, job: &mut dyn Job) -> Result<(), ReadError> {
        let mut data = self
            .transaction
            .open_table(DATA)
            .map_err(redb::Error::from)?;
        let sequence = self.core.sequence.load(Ordering::Acquire) + self.commits.len() as u64 + 1;
        let mut change = Change::new(&data, &self.core.vault, sequence, 0);
        let keep = job.run(&mut change);
        let Made {
            pending, changes, ..
        } = std::mem::take(&mut change.made);
        if !keep || pending.is_empty() {
            return Ok(());
        }
        for (key, value) in &pending {
            match value {
                Some(value) => data.insert(key.as_slice(), value.as_slice()).map(drop),
                None => data.remove(key.as_slice()).map(drop),
            }
            .map_err(redb::Error::from)?;
        }
        let commit = Commit { sequence, changes };
        let mut log = self
            .transaction
            .open_table(LOG)
            .map_err(redb::Error::from)?;
        log.insert(sequence, encode(&commit)?.as_slice())
            .map_err(redb::Error::from)?;
        self.commits.push(commit);
        Ok(())
    }
}

/// A transaction that is durable once committed, and after which opening is quick.
pub(crate) fn durable(mut transaction: WriteTransaction) -> Result<WriteTransaction, ReadError> {
    transaction
        .set_durability(Durability::Immediate)
        .map_err(redb::Error::from)?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}
