//! What the daemon tells systemd, if systemd started it.

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;

use super::Shutdown;

type Tell = dyn Fn(&[NotifyState<'_>]) + Send + Sync;

/// Tells systemd how the daemon is. Clones tell the same systemd.
#[derive(Clone)]
pub struct Notifier {
    tell: Arc<Tell>,
}

impl Notifier {
    /// Tells the systemd that started this process; nobody, if none did.
    pub fn of_process() -> Self {
        Self::new(|state| {
            if let Err(error) = sd_notify::notify(state) {
                tracing::warn!(%error, "systemd cannot be told");
            }
        })
    }

    /// Tells nobody, as a daemon inside another program does.
    pub fn silent() -> Self {
        Self::new(|_| ())
    }

    /// Tells a function.
    pub(crate) fn new(tell: impl Fn(&[NotifyState<'_>]) + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell) }
    }

    /// Every door is open.
    pub fn ready(&self) {
        (self.tell)(&[NotifyState::Ready]);
    }

    /// A reload has begun; [`Self::ready`] ends it.
    pub(super) fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(since) => (self.tell)(&[NotifyState::Reloading, since]),
            Err(error) => tracing::warn!(%error, "systemd cannot be told of the reload"),
        }
    }

    /// The end has begun.
    pub(super) fn stopping(&self) {
        (self.tell)(&[NotifyState::Stopping]);
    }

    fn alive(&self) {
        (self.tell)(&[NotifyState::Watchdog]);
    }
}

impl Debug for Notifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Notifier")
    }
}

/// Tells how often systemd wants to hear that the daemon lives, if it does.
pub fn watchdog_period() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// Tells systemd twice a period that the runtime runs tasks, until the daemon drains. Each time a
/// fresh task must have gone through the scheduler: a runtime whose workers are all blocked goes
/// silent, and systemd restarts the daemon.
pub async fn watchdog(notifier: Notifier, period: Duration, shutdown: Shutdown) {
    let mut beat = tokio::time::interval((period / 2).max(Duration::from_millis(1)));
    loop {
        tokio::select! {
            () = shutdown.draining() => return,
            _ = beat.tick() => (),
        }
        if tokio::spawn(async {}).await.is_ok() {
            notifier.alive();
        }
    }
}
