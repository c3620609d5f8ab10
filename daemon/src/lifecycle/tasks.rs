//! The tasks of the daemon: nothing runs that the shutdown does not reach.

use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinError;
use tokio_util::task::TaskTracker;

use super::Shutdown;

/// How long work rests that panicked.
const AGAIN: Duration = Duration::from_secs(60);

/// Starts tasks and knows when they have ended. Clones start tasks of the same daemon.
#[derive(Debug, Clone)]
pub struct Tasks {
    shutdown: Shutdown,
    tracker: TaskTracker,
    died: Arc<Mutex<Vec<&'static str>>>,
}

impl Tasks {
    /// Makes an empty set of tasks that end with `shutdown`.
    pub(super) fn new(shutdown: Shutdown) -> Self {
        Self { shutdown, tracker: TaskTracker::new(), died: Arc::default() }
    }

    /// Tells the tasks when to end.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// Starts a task that the daemon cannot live without, such as a listener. If it ends or
    /// panics before the shutdown has begun, or returns an error at any time, the daemon drains
    /// and its exit code says so.
    pub fn supervise<E: Display + Send + 'static>(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let tasks = self.clone();
        self.tracker.spawn(async move {
            let mut running = tokio::spawn(task);
            tokio::select! {
                biased;
                outcome = &mut running => tasks.judge(name, outcome),
                () = tasks.shutdown.stopped() => {
                    running.abort();
                    // Another thread may still be at it.
                    let _aborted = running.await;
                }
            }
        });
    }

    /// Starts a task that comes and goes, such as a connection. It may finish its work while the
    /// daemon drains, and is dropped where it stands when the daemon stops.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.tracker.spawn(async move { shutdown.until_stopped(task).await });
    }

    /// Has work done again and again, on a thread that may wait for the disk, until the daemon
    /// drains. The work says how long it rests; that it panicked once keeps it from nothing.
    pub fn repeat(&self, name: &'static str, work: impl FnMut() -> Duration + Send + 'static) {
        let shutdown = self.shutdown.clone();
        let work = Arc::new(Mutex::new(work));
        self.spawn(async move {
            loop {
                let work = Arc::clone(&work);
                let step = move || {
                    let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
                    (*work)()
                };
                let rest = tokio::task::spawn_blocking(step).await.unwrap_or_else(|error| {
                    tracing::error!(task = name, %error, "a task died; it is tried again");
                    AGAIN
                });
                tokio::select! {
                    () = shutdown.draining() => return,
                    () = tokio::time::sleep(rest) => {}
                }
            }
        });
    }

    /// Counts the tasks that have not ended.
    pub fn count(&self) -> usize {
        self.tracker.len()
    }

    /// Waits until every task has ended.
    pub(super) async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Names the supervised tasks that died.
    pub(super) fn died(&self) -> Vec<&'static str> {
        self.died.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judge<E: Display>(&self, name: &'static str, outcome: Result<Result<(), E>, JoinError>) {
        match outcome {
            Ok(Ok(())) if self.shutdown.is_draining() => return,
            Ok(Ok(())) => tracing::error!(task = name, "a task ended that must not end"),
            Ok(Err(error)) => tracing::error!(task = name, %error, "a task failed"),
            Err(error) => tracing::error!(task = name, %error, "a task died"),
        }
        self.died.lock().unwrap_or_else(PoisonError::into_inner).push(name);
        self.shutdown.drain();
    }
}
