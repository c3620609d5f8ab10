//! One socket: its datagrams to the server.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use directory::{Directory, Time};
use radius::{Port, Server, SignedReply, Slate};

use super::Door;
use super::candidates::{Candidates, ClientKey};
use super::datagrams::Datagrams;
use super::socket::{Outlet, Worker, give_way};
use super::turns::{Arrival, Turns};
use crate::lifecycle::Shutdown;

/// Answers on a socket until the daemon drains and nobody waits for an answer.
pub(super) async fn run(door: Arc<Door>, datagrams: Datagrams, port: Port, shutdown: Shutdown) {
    let server =
        Server::shared(port, door.limits, |(organization, _): ClientKey| organization.number());
    let socket = Socket { datagrams, candidates: Candidates::default(), turns: Turns::default() };
    Worker::new(door, server, socket).serve(shutdown).await;
}

/// Datagrams that are looked at before their answers leave and others have a turn. Four times as many take a
/// fifth less of the processor, and have whoever else asks wait twice as long beside a storm.
const AT_ONCE: usize = 16;
/// Calls for datagrams in a row at most, before some are answered.
const CALLS: usize = 16;

struct Socket {
    datagrams: Datagrams,
    candidates: Candidates,
    turns: Turns,
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
                () = std::future::ready(()), if !self.outlet.turns.is_empty() => {
                    self.receive().await;
                }
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

    /// Takes in what has come, and answers some of it in turns.
    async fn receive(&mut self) {
        if let Err(error) = self.outlet.take_in(&self.door.directory) {
            tracing::debug!(%error, "RADIUS datagrams were not received");
        }
        let now = self.door.clock.monotonic();
        for _ in 0..AT_ONCE {
            let Some(arrival) = self.outlet.turns.next() else { break };
            self.look_at(arrival, now);
        }
        self.work().await;
        self.ledger.keep();
        if !self.outlet.turns.is_empty() {
            give_way().await;
        }
    }

    fn look_at(&mut self, arrival: Arrival, now: Duration) {
        let Self { door, outlet: Socket { datagrams, candidates, turns }, server, .. } = self;
        let Arrival { source, origin, octets } = arrival;
        let wall = || Time(door.clock.wall());
        let tries = Cell::new(0);
        let Slate { all, is_cut } = candidates.of(source, wall, now);
        let all = all.inspect(|_| tries.set(tries.get() + 1));
        let found = server.receive(source, &octets, Slate { all, is_cut }, now);
        candidates.crowd.tried(source, found, tries.get(), now);
        door.tally.radius.taken(&octets, found.is_some());
        if found.is_some() {
            datagrams.met(source, origin);
        }
        turns.done(octets);
    }
}

impl Socket {
    /// Takes in what has come, however much that is for who sends most.
    fn take_in(&mut self, directory: &Directory) -> io::Result<()> {
        let Self { datagrams, candidates, turns } = self;
        for _ in 0..CALLS {
            let mut is_fresh = false;
            let is_more = datagrams.receive(|source, origin, datagram| {
                // After the datagrams came: what was acknowledged before counts for them.
                if !std::mem::replace(&mut is_fresh, true)
                    && let Err(error) = candidates.refresh(directory)
                {
                    tracing::error!(%error, "the RADIUS clients cannot be read");
                }
                turns.add(candidates.owner(source), (source, origin), datagram);
            })?;
            if !is_more {
                break;
            }
        }
        Ok(())
    }
}

/// Waits for as long; for ever without a deadline.
async fn expiry(deadline: Option<Duration>) {
    match deadline {
        Some(left) => tokio::time::sleep(left).await,
        None => std::future::pending().await,
    }
}
