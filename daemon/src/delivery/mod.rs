//! Events on their way out: one task that looks which destinations have something to do, and one for
//! each of them while it has. What is sent, and when again, the directory says.

mod files;
mod http;
mod parts;
pub(crate) mod route;
mod syslog;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use directory::delivery::{Delivery, DeliveryNetworks, DeliveryTurn, Next, Route, Sent};
use directory::{Directory, Time};
use tokio::sync::Notify;
use tokio::task::{JoinSet, spawn_blocking};

use self::files::{Folder, Name};
use self::route::Roads;
use crate::clock::Clock;
use crate::config;
use crate::lifecycle::{Shutdown, Tasks};
use crate::metrics::Tally;

/// How long nothing is looked at after the store failed, in milliseconds.
const REST: u64 = 60_000;
/// How often it is made sure that it is on the disk how far destinations are.
const KEEP: Duration = Duration::from_secs(60);
/// So many deliveries a destination may have before others have their turn.
const IN_TURN: usize = 64;
/// What lies between the end of a turn and the look for who waited for its place.
const BREATH: Duration = Duration::from_millis(100);
/// How often files are looked at, whether they are kept no longer.
const HOUSEKEEPING: Duration = Duration::from_secs(60 * 60);

/// Carries events to where they go; clones share it.
#[derive(Clone)]
pub(crate) struct Carrier {
    roads: Arc<Roads>,
    folder: Option<Folder>,
    patience: Duration,
    clock: Clock,
}

impl Carrier {
    /// Makes one from the configuration.
    pub(crate) fn new(config: &config::EventDelivery, clock: Clock) -> Self {
        let networks = DeliveryNetworks { private: config.networks.clone() };
        let most = u64::try_from(config.size_per_organization).unwrap_or(u64::MAX);
        let folder = config.folder().map(|root| Folder::new(root, most));
        Self { roads: Arc::new(Roads::new(networks)), folder, patience: config.patience, clock }
    }

    /// Sends something, and tells what became of it before patience ends.
    pub(crate) async fn carry(&self, delivery: &Delivery, is_trial: bool) -> Sent {
        let sending = async {
            match &delivery.route {
                Route::Syslog { host, port, trust } => {
                    syslog::send(&self.roads, (host, *port), trust.as_ref(), &delivery.events).await
                }
                Route::Webhook { address, trust, headers, body } => {
                    http::post(&self.roads, address, trust, (headers, body), self.clock).await
                }
                Route::Files { folder, log } => {
                    let Some(own) = self.folder.clone() else {
                        return Sent::failed("the operator names no folder for files");
                    };
                    let (folder, events) = (folder.clone(), delivery.events.clone());
                    let log = log.clone();
                    let has = move |name: &Name| {
                        log.has(name.sequence, name.hash.as_deref()).map_err(io::Error::other)
                    };
                    let write = move || match is_trial {
                        true => own.rehearse(&folder),
                        false => own.append(&folder, &events, &has),
                    };
                    let written = spawn_blocking(write)
                        .await
                        .unwrap_or_else(|error| Err(io::Error::other(error)));
                    written.map_or_else(
                        |error| Sent::failed(format!("the files cannot be written: {error}")),
                        |()| Sent::Done,
                    )
                }
            }
        };
        let late =
            || Sent::failed(format!("it took longer than {} s", self.patience.as_secs_f32()));
        tokio::time::timeout(self.patience, sending).await.unwrap_or_else(|_| late())
    }
}

/// Starts the tasks.
pub(crate) fn start(
    carrier: Carrier,
    directory: Directory,
    clock: Clock,
    config: &config::Config,
    tasks: &Tasks,
    tally: Arc<Tally>,
) {
    let changed = Arc::new(Notify::new());
    let bell = Arc::clone(&changed);
    directory.follow_destinations(Box::new(move || bell.notify_one()));
    let rounds = Rounds {
        interval: config.event_delivery.interval,
        at_once: config.event_delivery.at_once as usize,
    };
    let folder = carrier.folder.clone();
    let post = Post { carrier, directory: directory.clone(), clock, tally };
    let shutdown = tasks.shutdown().clone();
    tasks.supervise("event-delivery", async move {
        post.serve(rounds, changed, shutdown).await;
        Ok::<(), io::Error>(())
    });
    if let Some(folder) = folder {
        let retention = config.events.retention;
        tasks.repeat("event-files", move || {
            keep_house(&folder, &directory, Time(clock.wall()), retention);
            HOUSEKEEPING
        });
    }
}

/// How often is looked, and how much is under way.
#[derive(Clone, Copy)]
struct Rounds {
    interval: Duration,
    at_once: usize,
}

/// What serves destinations.
#[derive(Clone)]
struct Post {
    carrier: Carrier,
    directory: Directory,
    clock: Clock,
    tally: Arc<Tally>,
}

impl Post {
    /// Serves destinations until the daemon drains. What is under way then is sent again after the
    /// next start, unless it was known to have arrived.
    async fn serve(self, rounds: Rounds, changed: Arc<Notify>, shutdown: Shutdown) {
        let (mut under_way, mut kept) = (JoinSet::new(), self.clock.monotonic());
        loop {
            while under_way.try_join_next().is_some() {}
            let room = rounds.at_once.saturating_sub(under_way.len());
            for turn in self.due(room).await {
                under_way.spawn(self.clone().deliver(turn));
            }
            tokio::select! {
                biased;
                () = shutdown.draining() => return self.keep().await,
                () = tokio::time::sleep(rounds.interval) => {}
                () = changed.notified() => {}
                // A place at an address that others wait for stays free for a moment alone; one look
                // serves all turns that end in it.
                Some(_ended) = under_way.join_next(), if self.directory.deliveries_wait() => {
                    tokio::time::sleep(BREATH).await;
                }
            }
            if self.clock.monotonic().saturating_sub(kept) > KEEP {
                kept = self.clock.monotonic();
                self.keep().await;
            }
        }
    }

    /// Makes sure that it is on the disk how far destinations are.
    async fn keep(&self) {
        let directory = self.directory.clone();
        match spawn_blocking(move || directory.keep_deliveries()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "some events will be delivered again"),
            Err(error) => tracing::error!(%error, "some events will be delivered again"),
        }
    }

    async fn due(&self, room: usize) -> Vec<DeliveryTurn> {
        if room == 0 {
            return Vec::new();
        }
        let (directory, now) = (self.directory.clone(), self.now());
        match spawn_blocking(move || directory.due_destinations(now, room)).await {
            Ok(Ok(turns)) => turns,
            Ok(Err(error)) => {
                tracing::error!(%error, "destinations of events cannot be read");
                Vec::new()
            }
            Err(error) => {
                tracing::error!(%error, "destinations of events cannot be read");
                Vec::new()
            }
        }
    }

    /// Sends to a destination until nothing is left or it is somebody else's turn: after one delivery
    /// where others wait for its address.
    async fn deliver(self, turn: DeliveryTurn) {
        let turn = Arc::new(turn);
        for _ in 0..IN_TURN {
            let (directory, own, now) = (self.directory.clone(), Arc::clone(&turn), self.now());
            let next = spawn_blocking(move || directory.next_delivery(&own, now)).await;
            let delivery = match next {
                Ok(Ok(Next::Send(delivery))) => *delivery,
                Ok(Ok(Next::Again)) => continue,
                Ok(Ok(Next::Rest)) => return,
                Ok(Err(error)) => return self.rest(&turn, &error.to_string()),
                Err(error) => return self.rest(&turn, &error.to_string()),
            };
            let sent = self.carrier.carry(&delivery, false).await;
            self.tally.delivery.ended(&delivery, &sent);
            let failed = matches!(sent, Sent::Failed { .. });
            let (directory, own, now) = (self.directory.clone(), Arc::clone(&turn), self.now());
            let conclude = move || directory.conclude_delivery(&own, delivery, &sent, now);
            match spawn_blocking(conclude).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return self.rest(&turn, &error.to_string()),
                Err(error) => return self.rest(&turn, &error.to_string()),
            }
            if failed || turn.is_awaited() {
                return;
            }
        }
    }

    fn rest(&self, turn: &DeliveryTurn, error: &str) {
        tracing::error!(error, "a destination of events is not served");
        turn.postpone(self.now().plus(REST));
    }

    fn now(&self) -> Time {
        Time(self.clock.wall())
    }
}

/// Removes files that are kept no longer, and those of which there is too much.
fn keep_house(folder: &Folder, directory: &Directory, now: Time, retention: Duration) {
    let kept = |owner| directory.events_kept_from(owner, now, retention);
    match folder.forget(&kept) {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "removed files of events that were kept long enough"),
        Err(error) => tracing::error!(%error, "files of events could not be removed"),
    }
}
