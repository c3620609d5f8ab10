//! One socket: its datagrams to the server, the server's questions to the directory.

mod converse;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use directory::authentication::{Begun, Door as By, Outcome, Request};
use directory::{Error, Time};
use radius::{Accounting, Answer, Command, Credential, DropReason, Port, Question, Server, Ticket};
use tokio::sync::mpsc;

use super::Door;
use super::candidates::{Candidates, ClientKey};
use super::circumstances::circumstances;
use super::datagrams::Datagrams;
use super::drops::Drops;
use super::eap::{Next, Talk};
use super::ledger::{Kept, Ledger};
use super::reports;
use super::view::{self, Spoken};
use crate::lifecycle::Shutdown;

/// Answers on a socket until the daemon drains and nobody waits for an answer.
pub(super) async fn run(door: Arc<Door>, datagrams: Datagrams, port: Port, shutdown: Shutdown) {
    let (late, arrivals) = mpsc::unbounded_channel();
    let server = Server::new(port, door.limits);
    let (candidates, drops) = (Candidates::default(), Drops::default());
    let ledger = Ledger::new(door.directory.clone(), door.bounds);
    let mut worker =
        Worker { door, datagrams, server, candidates, drops, ledger, late, arrivals, waiting: 0 };
    worker.serve(shutdown).await;
}

struct Worker {
    door: Arc<Door>,
    datagrams: Datagrams,
    server: Server<ClientKey>,
    candidates: Candidates,
    drops: Drops,
    ledger: Ledger,
    /// Where what takes longer reports.
    late: mpsc::UnboundedSender<Late>,
    arrivals: mpsc::UnboundedReceiver<Late>,
    /// What is being hashed or computed.
    waiting: usize,
}

/// What took longer.
enum Late {
    /// An attempt whose password had to be hashed.
    Hashed(Ticket, Outcome),
    /// A part of a TLS handshake.
    Computed(Ticket, Box<(Talk, Next)>),
    /// An attempt of a conversation whose password had to be hashed.
    Heard(Ticket, Box<(Talk, Outcome)>),
}

impl Worker {
    async fn serve(&mut self, shutdown: Shutdown) {
        loop {
            let now = self.door.clock.monotonic();
            let deadline = self.server.deadline().map(|deadline| deadline.saturating_sub(now));
            tokio::select! {
                biased;
                () = shutdown.draining() => return self.drain().await,
                Some(late) = self.arrivals.recv() => self.conclude(late).await,
                kept = self.ledger.outcome(), if self.ledger.is_busy() => self.recorded(kept).await,
                ready = self.datagrams.readable() => match ready {
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

    /// Answers those who wait, and takes nothing new.
    async fn drain(&mut self) {
        while self.waiting > 0 {
            let Some(late) = self.arrivals.recv().await else { return };
            self.conclude(late).await;
        }
        while self.ledger.is_busy() {
            let kept = self.ledger.outcome().await;
            self.recorded(kept).await;
        }
    }

    /// Answers reports that are kept; what could not be kept is asked again.
    async fn recorded(&mut self, kept: Kept) {
        for (ticket, kept) in kept {
            let answer = if kept { Answer::Recorded } else { Answer::Silence };
            self.answer(ticket, &answer);
        }
        self.work().await;
    }

    async fn receive(&mut self) {
        let Self { door, datagrams, server, candidates, .. } = self;
        let now = door.clock.monotonic();
        let mut is_fresh = false;
        let received = datagrams.receive(|source, datagram| {
            // After the datagrams came: what was acknowledged before counts for them.
            if !std::mem::replace(&mut is_fresh, true)
                && let Err(error) = candidates.refresh(&door.directory)
            {
                tracing::error!(%error, "the RADIUS clients cannot be read");
            }
            server.receive(source, datagram, candidates.of(source.ip()), now);
        });
        if let Err(error) = received {
            tracing::debug!(%error, "RADIUS datagrams were not received");
        }
        self.work().await;
        self.ledger.keep();
    }

    async fn conclude(&mut self, late: Late) {
        self.waiting = self.waiting.saturating_sub(1);
        match late {
            // Only a password is hashed.
            Late::Hashed(ticket, outcome) => {
                let answer = self.told(outcome, Spoken::Plain);
                self.answer(ticket, &answer);
            }
            Late::Computed(ticket, computed) => {
                let (talk, next) = *computed;
                self.follow(ticket, talk, next);
            }
            Late::Heard(ticket, heard) => {
                let (talk, outcome) = *heard;
                self.hear(ticket, talk, outcome);
            }
        }
        self.work().await;
    }

    /// Obeys the server until it has nothing more, and sends what there is to send.
    async fn work(&mut self) {
        while let Some(command) = self.server.next() {
            match command {
                Command::Send { to, reply } => self.datagrams.queue(to, reply),
                Command::Ask(ticket, question) => self.ask(ticket, &question),
                Command::Account(ticket, accounting) => self.account(ticket, &accounting),
                Command::Refused { source, client, refusal } => {
                    tracing::debug!(%source, organization = client.0.number(), %refusal, "refused");
                }
                Command::Drop { source, reason, .. } => self.dropped(source, reason),
            }
        }
        self.datagrams.flush().await;
    }

    fn dropped(&mut self, source: SocketAddr, reason: DropReason) {
        tracing::debug!(%source, %reason, "dropped");
        let now = self.door.clock.monotonic();
        if reason != DropReason::Duplicate && self.drops.tells(source.ip(), now) {
            let now = Time(self.door.clock.wall());
            self.door.directory.note_dropped(source.ip(), &reason.to_string(), now);
        }
    }

    fn ask(&mut self, ticket: Ticket, question: &Question<ClientKey>) {
        if let Credential::Eap(packet) = question.credential() {
            return self.converse(ticket, question, packet);
        }
        match self.begin(question) {
            Ok(Begun::Done(outcome)) => {
                let answer = self.told(outcome, Spoken::of(question));
                self.answer(ticket, &answer);
            }
            Ok(Begun::Pending(pending)) => {
                self.waiting = self.waiting.saturating_add(1);
                let late = self.late.clone();
                self.door.directory.finish(pending, move |outcome| {
                    // A socket that was closed meanwhile answers nobody.
                    let _closed = late.send(Late::Hashed(ticket, outcome));
                });
            }
            Err(error) => {
                tracing::error!(%error, "a RADIUS question could not be answered");
                self.answer(ticket, &Answer::Silence);
            }
        }
    }

    fn account(&mut self, ticket: Ticket, accounting: &Accounting<ClientKey>) {
        match reports::report(accounting, Time(self.door.clock.wall())) {
            Some(report) => {
                if let Err(ticket) = self.ledger.add(ticket, report) {
                    self.answer(ticket, &Answer::Silence);
                }
            }
            // There is nothing to keep, and gear that heard nothing would say it for ever.
            None => self.answer(ticket, &Answer::Recorded),
        }
    }

    fn begin(&self, question: &Question<ClientKey>) -> Result<Begun, Error> {
        let (Some((who, proof)), Some(method)) = (view::claim(question), view::method(question))
        else {
            return Ok(Begun::Done(Outcome::Reject));
        };
        let (organization, client) = question.client();
        self.door.directory.authenticate(Request {
            organization: Some(organization),
            who,
            proof,
            door: By::Radius(client, circumstances(question, method)),
            application: None,
            source: question.source().ip(),
            now: Time(self.door.clock.wall()),
        })
    }

    fn told(&self, outcome: Outcome, spoken: Spoken) -> Answer {
        let salt = || u16::from_be_bytes(self.door.directory.tools().random());
        view::answer(outcome, spoken, salt)
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer) {
        let now = self.door.clock.monotonic();
        if let Err(error) = self.server.answer(ticket, answer, now) {
            tracing::debug!(%error, "a RADIUS answer came to nothing");
        }
    }
}

/// Waits for as long; for ever without a deadline.
async fn expiry(deadline: Option<Duration>) {
    match deadline {
        Some(left) => tokio::time::sleep(left).await,
        None => std::future::pending().await,
    }
}
