//! One socket: its datagrams to the server.

use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use directory::Time;
use radius::{Port, Server, SignedReply, Slate};

use super::Door;
use super::candidates::{Candidates, ClientKey};
use super::datagrams::Datagrams;
use super::socket::{Outlet, Worker};
use crate::lifecycle::Shutdown;

/// Answers on a socket until the daemon drains and nobody waits for an answer.
pub(super) async fn run(door: Arc<Door>, datagrams: Datagrams, port: Port, shutdown: Shutdown) {
    let server =
        Server::shared(port, door.limits, |(organization, _): ClientKey| organization.number());
    let socket = Socket { datagrams, candidates: Candidates::default() };
    Worker::new(door, server, socket).serve(shutdown).await;
}

struct Socket {
    datagrams: Datagrams,
    candidates: Candidates,
}

impl Outlet for Socket {
    fn queue(&mut self, to: SocketAddr, reply: SignedReply) {
        self.datagrams.queue(to, reply);
    }

    async fn flush(&mut self) {
        self.datagrams.flush().await;
    }
}

impl Worker<Socket> {
    async fn serve(&mut self, shutdown: Shutdown) {
        loop {
            let now = self.door.clock.monotonic();
            let deadline = self.server.deadline().map(|deadline| deadline.saturating_sub(now));
            tokio::select! {
                biased;
                () = shutdown.draining() => return self.drain().await,
                Some(late) = self.arrivals.recv() => self.conclude(late).await,
                kept = self.ledger.outcome(), if self.ledger.is_busy() => self.recorded(kept).await,
                ready = self.outlet.datagrams.readable() => match ready {
                    Ok(()) => self.receive().await,
                    Err(error) => tracing::warn!(%error, "a RADIUS socket failed"),
                },
                () = expiry(deadline) => {
                    let now = self.door.clock.monotonic();
                    self.server.expire(now);
                }
            }
        }
    }

    async fn receive(&mut self) {
        let Self { door, outlet: Socket { datagrams, candidates }, server, .. } = self;
        let now = door.clock.monotonic();
        let mut is_fresh = false;
        let received = datagrams.receive(|source, datagram| {
            // After the datagrams came: what was acknowledged before counts for them.
            if !std::mem::replace(&mut is_fresh, true)
                && let Err(error) = candidates.refresh(&door.directory)
            {
                tracing::error!(%error, "the RADIUS clients cannot be read");
            }
            let wall = || Time(door.clock.wall());
            let tries = Cell::new(0);
            let Slate { all, is_cut } = candidates.of(source, wall, now);
            let all = all.inspect(|_| tries.set(tries.get() + 1));
            let found = server.receive(source, datagram, Slate { all, is_cut }, now);
            candidates.crowd.tried(source, found, tries.get(), now);
            found.is_some()
        });
        if let Err(error) = received {
            tracing::debug!(%error, "RADIUS datagrams were not received");
        }
        self.work().await;
        self.ledger.keep();
    }
}

/// Waits for as long; for ever without a deadline.
async fn expiry(deadline: Option<Duration>) {
    match deadline {
        Some(left) => tokio::time::sleep(left).await,
        None => std::future::pending().await,
    }
}
