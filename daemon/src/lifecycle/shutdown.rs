//! The end of the daemon, in two steps.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use tokio_util::sync::CancellationToken;

#[derive(Debug, Default)]
struct Begun {
    drain: AtomicBool,
    stop: AtomicBool,
}

/// Tells every task that the daemon ends: first that it shall finish what it has begun, then that
/// it shall stop. Clones tell the same.
#[derive(Debug, Clone)]
pub struct Shutdown {
    drain: CancellationToken,
    stop: CancellationToken,
    /// Which steps have begun; asked by every connection all the time, so it takes no lock.
    begun: Arc<Begun>,
}

impl Shutdown {
    /// Makes a shutdown that has not begun.
    pub fn new() -> Self {
        Self {
            drain: CancellationToken::new(),
            stop: CancellationToken::new(),
            begun: Arc::default(),
        }
    }

    /// Begins the first step: nothing new is accepted, what was begun is finished.
    pub fn drain(&self) {
        self.begun.drain.store(true, Ordering::Release);
        self.drain.cancel();
    }

    /// Begins the second step: everything stops.
    pub fn stop(&self) {
        self.drain();
        self.begun.stop.store(true, Ordering::Release);
        self.stop.cancel();
    }

    /// Tells whether the first step has begun.
    pub fn is_draining(&self) -> bool {
        self.begun.drain.load(Ordering::Acquire)
    }

    /// Waits for the first step. Safe to drop and to call again.
    pub async fn draining(&self) {
        self.drain.cancelled().await;
    }

    /// Waits for the second step. Safe to drop and to call again.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Runs a task until it ends or the second step begins.
    ///
    /// The step hardly ever comes, and asking its token takes a lock that all tasks share: it is
    /// asked once, and again when it does not know whom to wake.
    pub async fn until_stopped(&self, task: impl Future<Output = ()>) {
        let mut stopped = pin!(self.stopped());
        let mut task = pin!(task);
        let mut told: Option<Waker> = None;
        poll_fn(|context| {
            let knows = told.as_ref().is_some_and(|told| told.will_wake(context.waker()));
            if !knows {
                told = Some(context.waker().clone());
            }
            let stops = self.begun.stop.load(Ordering::Acquire);
            if stops || (!knows && stopped.as_mut().poll(context).is_ready()) {
                return Poll::Ready(());
            }
            task.as_mut().poll(context)
        })
        .await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
