//! What waits in the writer's queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::WriteError;
use crate::{Change, ReadError};

/// A change in the queue.
pub(crate) trait Job: Send {
    /// Runs the change and says whether to keep what it made.
    fn run(&mut self, change: &mut Change<'_>) -> bool;
    /// Whether what it made is to be durable once it is answered.
    fn is_durable(&self) -> bool {
        true
    }
    /// Answers the caller.
    fn answer(self: Box<Self>, written: Result<(), Arc<ReadError>>);
}

/// A closure with the channel that takes its answer.
pub(crate) struct Work<T, E, F> {
    work: Option<F>,
    result: Result<T, WriteError<E>>,
    reply: SyncSender<Result<T, WriteError<E>>>,
    is_durable: bool,
}

impl<T, E, F> Work<T, E, F> {
    pub(crate) fn new(
        work: F,
        reply: SyncSender<Result<T, WriteError<E>>>,
        is_durable: bool,
    ) -> Self {
        Self { work: Some(work), result: Err(WriteError::Closed), reply, is_durable }
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

    fn is_durable(&self) -> bool {
        self.is_durable
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

/// Changes nothing; it makes the writer look after a disk that failed a reader.
pub(crate) struct Nudge;

impl Job for Nudge {
    fn run(&mut self, _: &mut Change<'_>) -> bool {
        false
    }

    fn answer(self: Box<Self>, _: Result<(), Arc<ReadError>>) {}
}
