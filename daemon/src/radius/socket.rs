//! What a socket and a connection have in common: the server's questions to the directory.

mod converse;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use directory::authentication::{Begun, Door as By, Outcome, Request};
use directory::{Error, Time};
use radius::{
    Accounting, Answer, Command, Credential, DropReason, Question, Server, SignedReply, Ticket,
};
use tokio::sync::mpsc;

use super::Door;
use super::candidates::ClientKey;
use super::circumstances::circumstances;
use super::drops::Drops;
use super::eap::{Next, Talk};
use super::ledger::{Kept, Ledger};
use super::reports;
use super::view::{self, Spoken};

/// Where replies go.
pub(super) trait Outlet: Send {
    /// Keeps a reply for the next [`flush`](Self::flush).
    fn queue(&mut self, to: SocketAddr, reply: SignedReply);

    /// Sends what waits. A reply that cannot be sent is lost.
    fn flush(&mut self) -> impl Future<Output = ()> + Send;

    /// Notes that a request met silence.
    fn dropped(&mut self, reason: DropReason) {
        let _ = reason;
    }
}

/// One server with what it asks.
pub(super) struct Worker<O> {
    pub(super) door: Arc<Door>,
    pub(super) outlet: O,
    pub(super) server: Server<ClientKey>,
    drops: Drops,
    pub(super) ledger: Ledger,
    /// Where what takes longer reports.
    late: mpsc::UnboundedSender<Late>,
    pub(super) arrivals: mpsc::UnboundedReceiver<Late>,
    /// What is being hashed or computed.
    pub(super) waiting: usize,
}

/// What took longer.
pub(super) enum Late {
    /// An attempt whose password had to be hashed.
    Hashed(Ticket, Outcome),
    /// A part of a TLS handshake.
    Computed(Ticket, Box<(Talk, Next)>),
    /// An attempt of a conversation whose password had to be hashed.
    Heard(Ticket, Box<(Talk, Outcome)>),
}

impl<O: Outlet> Worker<O> {
    /// Starts with nothing to do.
    pub(super) fn new(door: Arc<Door>, server: Server<ClientKey>, outlet: O) -> Self {
        let (late, arrivals) = mpsc::unbounded_channel();
        let ledger = Ledger::new(door.directory.clone(), door.waiting_reports);
        let drops = Drops::default();
        Self { door, outlet, server, drops, ledger, late, arrivals, waiting: 0 }
    }

    /// Answers those who wait, and takes nothing new.
    pub(super) async fn drain(&mut self) {
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
    pub(super) async fn recorded(&mut self, kept: Kept) {
        for (ticket, kept) in kept {
            let answer = if kept { Answer::Recorded } else { Answer::Silence };
            self.answer(ticket, &answer);
        }
        self.work().await;
    }

    /// Goes on with what took longer.
    pub(super) async fn conclude(&mut self, late: Late) {
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
    pub(super) async fn work(&mut self) {
        self.obey();
        self.outlet.flush().await;
    }

    /// Obeys the server until it has nothing more.
    pub(super) fn obey(&mut self) {
        while let Some(command) = self.server.next() {
            match command {
                Command::Send { to, reply } => self.outlet.queue(to, reply),
                Command::Ask(ticket, question) => self.ask(ticket, &question),
                Command::Account(ticket, accounting) => self.account(ticket, &accounting),
                Command::Refused { source, client, refusal } => {
                    tracing::debug!(%source, organization = client.0.number(), %refusal, "refused");
                }
                Command::Drop { source, reason, .. } => self.dropped(source, reason),
            }
        }
    }

    /// Notes that a request met silence.
    pub(super) fn dropped(&mut self, source: SocketAddr, reason: DropReason) {
        self.outlet.dropped(reason);
        tracing::debug!(%source, %reason, "dropped");
        let now = self.door.clock.monotonic();
        if reason != DropReason::Duplicate && self.drops.tells(source.ip(), now) {
            let now = Time(self.door.clock.wall());
            self.door.directory.note_dropped(source.ip(), &reason.to_string(), now);
        }
    }

    fn ask(&mut self, ticket: Ticket, question: &Question<ClientKey>) {
        if !question.is_signed() {
            let ((organization, client), source) = (question.client(), question.source().ip());
            let now = Time(self.door.clock.wall());
            self.door.directory.note_unsigned(organization, client, source, now);
        }
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
