//! The end of the daemon, in two steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;

/// Tells every task that the daemon ends: first that it shall finish what it has begun, then that
/// it shall stop. Clones tell the same.
#[derive(Debug, Clone)]
pub struct Shutdown {
    drain: CancellationToken,
    /// The first step has begun; asked by every connection all the time, so it takes no lock.
    draining: Arc<AtomicBool>,
    stop: CancellationToken,
}

impl Shutdown {
    /// Makes a shutdown that has not begun.
    pub fn new() -> Self {
        Self {
            drain: CancellationToken::new(),
            draining: Arc::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Begins the first step: nothing new is accepted, what was begun is finished.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.drain.cancel();
    }

    /// Begins the second step: everything stops.
    pub fn stop(&self) {
        self.drain();
        self.stop.cancel();
    }

    /// Tells whether the first step has begun.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Waits for the first step. Safe to drop and to call again.
    pub async fn draining(&self) {
        self.drain.cancelled().await;
    }

    /// Waits for the second step. Safe to drop and to call again.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
