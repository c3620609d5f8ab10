//! What the world asks of the running daemon.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Signals that may wait; nobody needs more.
const WAITING: usize = 8;

/// One request of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM or SIGINT: end.
    Terminate,
    /// SIGHUP: read the certificates and the log filter again.
    Reload,
}

/// The signals, in the order in which they came.
#[derive(Debug)]
pub struct Signals {
    receiver: mpsc::Receiver<Signal>,
}

impl Signals {
    /// Makes signals that are sent by a program, as tests and embedding programs do.
    pub fn channel() -> (mpsc::Sender<Signal>, Self) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (sender, Self { receiver })
    }

    /// Listens to the signals of the process. Needs a running tokio runtime.
    ///
    /// # Errors
    ///
    /// When the operating system refuses a handler.
    pub fn of_process() -> io::Result<Self> {
        let (sender, signals) = Self::channel();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            loop {
                let signal = tokio::select! {
                    Some(()) = terminate.recv() => Signal::Terminate,
                    Some(()) = interrupt.recv() => Signal::Terminate,
                    Some(()) = hangup.recv() => Signal::Reload,
                    else => return,
                };
                if sender.send(signal).await.is_err() {
                    return;
                }
            }
        });
        Ok(signals)
    }

    /// Waits for the next signal; for ever when nobody can send one.
    pub(super) async fn next(&mut self) -> Signal {
        match self.receiver.recv().await {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }

    /// Waits for the next request to end.
    pub(super) async fn next_terminate(&mut self) {
        while self.next().await != Signal::Terminate {}
    }
}
