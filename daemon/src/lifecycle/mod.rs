//! The life of the daemon: one type for its end, which has two steps, and for its reloads.

mod shutdown;
mod signals;
pub mod systemd;
mod tasks;
#[cfg(test)]
mod tests;

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

pub use shutdown::Shutdown;
pub use signals::{Signal, Signals};
pub use tasks::Tasks;

pub(crate) use systemd::Notifier;

/// How long tasks may take to notice that they were stopped.
const STOP_GRACE: Duration = Duration::from_secs(1);

type Reload = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Runs the daemon until it ends.
pub struct Lifecycle {
    tasks: Tasks,
    drain: Duration,
    reloads: Vec<(&'static str, Reload)>,
    notifier: Notifier,
}

/// How the daemon ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Supervised tasks that ended before they were asked to.
    pub died: Vec<&'static str>,
    /// Whether work was cut off, by a second signal or because the drain took too long.
    pub cut_off: bool,
}

impl Lifecycle {
    /// Begins a life that may take as long as `drain` to finish its work at the end.
    pub fn new(drain: Duration, notifier: Notifier) -> Self {
        Self { tasks: Tasks::new(Shutdown::new()), drain, reloads: Vec::new(), notifier }
    }

    /// Gives access to the tasks and the shutdown that every door shares.
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Gives access to systemd.
    pub fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    /// Adds something to do at SIGHUP. It may block; an error is logged and changes nothing else.
    pub fn on_reload(
        &mut self,
        name: &'static str,
        reload: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) {
        self.reloads.push((name, Arc::new(reload)));
    }

    /// Runs until a signal, a dead task or [`Shutdown::drain`] asks for the end, then drains.
    pub async fn run(self, mut signals: Signals) -> Ending {
        self.live(&mut signals).await;
        let cut_off = self.end(&mut signals).await;
        Ending { died: self.tasks.died(), cut_off }
    }

    async fn live(&self, signals: &mut Signals) {
        let shutdown = self.tasks.shutdown();
        loop {
            tokio::select! {
                () = shutdown.draining() => return,
                signal = signals.next() => match signal {
                    Signal::Terminate => return,
                    Signal::Reload => self.reload().await,
                },
            }
        }
    }

    async fn reload(&self) {
        tracing::info!("reloading");
        self.notifier.reloading();
        for (name, reload) in &self.reloads {
            let reload = Arc::clone(reload);
            match tokio::task::spawn_blocking(move || reload()).await {
                Ok(Ok(())) => tracing::info!(part = name, "reloaded"),
                Ok(Err(error)) => tracing::error!(part = name, error, "not reloaded"),
                Err(error) => tracing::error!(part = name, %error, "not reloaded"),
            }
        }
        self.notifier.ready();
    }

    /// Drains, then stops what is left. Tells whether anything was.
    async fn end(&self, signals: &mut Signals) -> bool {
        let shutdown = self.tasks.shutdown();
        tracing::info!("draining");
        self.notifier.stopping();
        shutdown.drain();
        let cut_off = tokio::select! {
            biased;
            () = self.tasks.ended() => false,
            () = shutdown.stopped() => true,
            () = signals.next_terminate() => true,
            () = tokio::time::sleep(self.drain) => true,
        };
        if cut_off {
            tracing::warn!(left = self.tasks.count(), "stopping at once");
            shutdown.stop();
            if tokio::time::timeout(STOP_GRACE, self.tasks.ended()).await.is_err() {
                tracing::error!(left = self.tasks.count(), "tasks that do not stop are left");
            }
        }
        cut_off
    }
}

impl Debug for Lifecycle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Lifecycle")
            .field("tasks", &self.tasks)
            .field("drain", &self.drain)
            .finish_non_exhaustive()
    }
}
