//! Orders to gear about sessions (RFC 5176): one task, with sockets of its own, for all of them.

mod descent;
mod post;
mod view;

use std::io;
use std::sync::Arc;

use directory::orders::{OrderOutcome, SessionOrder};
use directory::{Directory, Time};
use radius::DispatchLimits;
use tokio::net::UdpSocket;
use tokio::sync::{Notify, mpsc, oneshot};

use super::Door;
use crate::clock::Clock;
use crate::config;
use crate::lifecycle::Tasks;
use crate::metrics::Tally;
use crate::sockets::UdpGroup;
use post::Post;

/// Orders by hand that wait for the task.
const HANDED: usize = 64;

/// Hands orders to the task that sends them; clones share it.
#[derive(Clone)]
pub(crate) struct Courier {
    sender: mpsc::Sender<Handed>,
    directory: Directory,
    clock: Clock,
    tally: Arc<Tally>,
}

/// An order by hand, with who waits for what becomes of it.
type Handed = (SessionOrder, oneshot::Sender<OrderOutcome>);

const CLOSED: &str = "the daemon ends";
const BUSY: &str = "too many orders are given by hand at the same time";

impl Courier {
    /// Starts the task.
    ///
    /// # Errors
    /// When the runtime cannot take a socket.
    pub(crate) fn start(
        door: &Door,
        config: &config::Radius,
        groups: Vec<UdpGroup>,
        tasks: &Tasks,
    ) -> io::Result<Self> {
        let (directory, clock) = (door.directory.clone(), door.clock);
        let sockets = one_of_each_family(groups)?;
        let (sender, handed) = mpsc::channel(HANDED);
        let changed = Arc::new(Notify::new());
        let bell = Arc::clone(&changed);
        directory.follow_departures(Box::new(move || bell.notify_one()));
        let tally = Arc::clone(&door.tally);
        let courier =
            Self { sender, directory: directory.clone(), clock, tally: Arc::clone(&tally) };
        let lines = Arc::clone(&door.lines);
        let post = Post::new((directory, clock), limits(config), sockets, lines, tally);
        let shutdown = tasks.shutdown().clone();
        tasks.supervise("radius-orders", async move {
            post.serve(handed, changed, shutdown).await;
            Ok::<(), io::Error>(())
        });
        Ok(courier)
    }

    /// Has an order sent, and waits for what becomes of it.
    pub(crate) async fn deliver(self, order: SessionOrder) -> OrderOutcome {
        use mpsc::error::TrySendError;
        let (done, outcome) = oneshot::channel();
        let (order, reason) = match self.sender.try_send((order, done)) {
            Ok(()) => {
                let closed = || OrderOutcome::NotSent(CLOSED.to_owned());
                return outcome.await.unwrap_or_else(|_| closed());
            }
            Err(TrySendError::Full((order, _))) => (order, BUSY),
            Err(TrySendError::Closed((order, _))) => (order, CLOSED),
        };
        let outcome = OrderOutcome::NotSent(reason.to_owned());
        self.tally.radius.ordered(&outcome);
        // Nothing follows from what was not sent.
        let _nothing = self.directory.conclude_order(order, &outcome, Time(self.clock.wall()));
        outcome
    }
}

fn limits(config: &config::Radius) -> DispatchLimits {
    DispatchLimits {
        waiting: config.orders_waiting_in_all as usize,
        waiting_of_one: config.orders_waiting as usize,
        under_way: config.orders_under_way as usize,
        under_way_of_one: (config.orders_under_way as usize / 4).max(1),
        under_way_at_one: config.orders_at_once as usize,
        patience: config.orders_patience,
    }
}

fn one_of_each_family(groups: Vec<UdpGroup>) -> io::Result<Vec<UdpSocket>> {
    let (v6, v4): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.address.is_ipv6());
    let first = [v4, v6].into_iter().filter_map(|groups| groups.into_iter().next());
    let sockets = first.filter_map(|group| group.sockets.into_iter().next());
    sockets.map(UdpSocket::from_std).collect()
}
