//! What a socket and a connection have in common: the server's questions to the directory.

mod converse;
mod promise;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use directory::authentication::{Begun, Door as By, Outcome, Request};
use directory::{Error, NetworkMethod, Time};
use radius::{
    Accounting, Answer, AnswerError, Command, Credential, DropReason, Question, Server,
    SignedReply, Ticket,
};
use tokio::sync::mpsc;

use super::Door;
use super::candidates::ClientKey;
use super::circumstances::circumstances;
use super::drops::Drops;
use super::eap::{Next, Talk};
use super::ledger::{Kept, Ledger};
use super::rejections::{Rejections, Unasked};
use super::reports;
use super::view::{self, Spoken};
use crate::metrics::Access;
use crate::runtimes::hand_on_the_core;
use promise::Promise;

/// Lets everybody have a turn of those who share this thread, and where it has had the core for a while,
/// of those who share that.
pub(super) async fn give_way() {
    tokio::task::yield_now().await;
    hand_on_the_core();
}

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

    /// The client that all of it comes from; none where it comes from anybody.
    fn client(&self) -> Option<ClientKey> {
        None
    }
}

/// One server with what it asks.
pub(super) struct Worker<O> {
    pub(super) door: Arc<Door>,
    pub(super) outlet: O,
    pub(super) server: Server<ClientKey>,
    drops: Drops,
    rejections: Rejections,
    pub(super) ledger: Ledger,
    /// Where what takes longer reports.
    late: mpsc::UnboundedSender<Late>,
    pub(super) arrivals: mpsc::UnboundedReceiver<Late>,
    /// What is being hashed or computed.
    pub(super) waiting: usize,
}

/// What took longer.
pub(super) enum Late {
    /// An attempt whose password had to be hashed, or of which something had to be written.
    Ended(Ticket, Box<(Asked, Outcome)>),
    /// A part of a TLS handshake.
    Computed(Ticket, Box<(Talk, Next)>),
    /// An attempt of a conversation whose password had to be hashed.
    Heard(Ticket, Box<(Talk, Outcome)>),
    /// Whatever took longer has fallen, and will say nothing.
    Lost(Ticket),
}

/// Who was asked about, as far as it is told of afterwards.
pub(super) struct Asked {
    client: ClientKey,
    name: Vec<u8>,
    door: By,
    source: IpAddr,
    spoken: Spoken,
}

impl<O: Outlet> Worker<O> {
    /// Starts with nothing to do.
    pub(super) fn new(door: Arc<Door>, server: Server<ClientKey>, outlet: O) -> Self {
        let (late, arrivals) = mpsc::unbounded_channel();
        let ledger = Ledger::new(door.directory.clone(), door.waiting_reports);
        let (drops, rejections) = (Drops::default(), Rejections::default());
        Self { door, outlet, server, drops, rejections, ledger, late, arrivals, waiting: 0 }
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
            self.answer_report(ticket, kept);
        }
        self.work().await;
    }

    /// Goes on with what took longer.
    pub(super) async fn conclude(&mut self, late: Late) {
        self.waiting = self.waiting.saturating_sub(1);
        match late {
            Late::Ended(ticket, ended) => {
                let (asked, outcome) = *ended;
                self.tell(ticket, outcome, asked.spoken, || asked);
            }
            Late::Lost(ticket) => self.answer(ticket, &Answer::Silence),
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
                Command::Send { to, reply } => {
                    self.door.tally.radius.sent(reply.as_ref());
                    self.outlet.queue(to, reply);
                }
                Command::Ask(ticket, question) => self.ask(ticket, &question),
                Command::Account(ticket, accounting) => self.account(ticket, &accounting),
                Command::Refused { source, client, refusal } => {
                    tracing::debug!(%source, organization = client.0.number(), %refusal, "refused");
                    self.door.tally.radius.access.one(Access::Reject);
                    self.rejected(client, source.ip(), Unasked::Refused(refusal));
                }
                Command::Drop { source, client, reason } => {
                    self.unsigned(client.filter(|_| reason.is_unsigned()));
                    self.dropped(source, reason);
                }
            }
        }
    }

    /// Notes that a request without Message-Authenticator met silence, if one client alone fits.
    fn unsigned(&self, client: Option<ClientKey>) {
        if let Some((organization, client)) = client {
            let now = Time(self.door.clock.wall());
            self.door.directory.note_unsigned_dropped(organization, client, now);
        }
    }

    /// Notes that a request met silence.
    pub(super) fn dropped(&mut self, source: SocketAddr, reason: DropReason) {
        self.outlet.dropped(reason);
        self.door.tally.radius.dropped(reason);
        tracing::debug!(%source, %reason, "dropped");
        let now = self.door.clock.monotonic();
        if reason != DropReason::Duplicate && self.drops.tells(source.ip(), now) {
            let now = Time(self.door.clock.wall());
            let (source, client) = (source.ip(), self.outlet.client());
            self.door.directory.note_dropped(source, client, &reason.to_string(), now);
        }
    }

    /// Notes that a request was rejected about which the directory was not asked.
    pub(super) fn rejected(&mut self, client: ClientKey, source: IpAddr, why: Unasked) {
        let now = self.door.clock.monotonic();
        if let Some(reason) = self.rejections.tell(client, source, why, now) {
            let seen = (source, Time(self.door.clock.wall()));
            self.door.directory.note_rejected(client.0, client.1, seen, &reason);
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
            Ok(None) => {
                let why = Unasked::Because(view::UNREADABLE);
                self.rejected(question.client(), question.source().ip(), why);
                self.tell(ticket, Outcome::Reject, Spoken::of(question), || Asked::by(question));
            }
            Ok(Some(Begun::Done(outcome))) => {
                self.tell(ticket, outcome, Spoken::of(question), || Asked::by(question));
            }
            Ok(Some(Begun::Pending(pending))) => {
                let (promise, asked) = (self.promise(ticket), Asked::by(question));
                self.door.directory.finish(pending, move |outcome| {
                    promise.keep(|ticket| Late::Ended(ticket, Box::new((asked, outcome))));
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
                    self.answer_report(ticket, false);
                }
            }
            // There is nothing to keep, and gear that heard nothing would say it for ever.
            None => self.answer_report(ticket, true),
        }
    }

    /// Asks the directory; `None` about what can prove nobody.
    fn begin(&self, question: &Question<ClientKey>) -> Result<Option<Begun>, Error> {
        let (Some((who, proof)), Some(method)) = (view::claim(question), view::method(question))
        else {
            return Ok(None);
        };
        let (organization, client) = question.client();
        let begun = self.door.directory.authenticate(Request {
            organization: Some(organization),
            who,
            proof,
            door: By::Radius(client, circumstances(question, method)),
            application: None,
            source: question.source().ip(),
            now: Time(self.door.clock.wall()),
        });
        begun.map(Some)
    }

    /// Notes that something takes longer, and will report.
    fn promise(&mut self, ticket: Ticket) -> Promise {
        self.waiting = self.waiting.saturating_add(1);
        Promise::new(self.late.clone(), ticket)
    }

    /// Tells the gear how an attempt ended. An accept that cannot be written is a rejection, and an
    /// event says so.
    fn tell(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        spoken: Spoken,
        asked: impl FnOnce() -> Asked,
    ) {
        if let Outcome::Unhashed(failure) = &outcome {
            tracing::error!(%failure, "a RADIUS request met silence");
        }
        let accepted = matches!(outcome, Outcome::Accept { .. });
        let salt = || u16::from_be_bytes(self.door.directory.tools().random());
        let answer = view::answer(outcome, spoken, salt);
        let is_unwritten = accepted && !matches!(answer, Answer::Accept(_));
        let sent = self.send(ticket, &answer);
        if is_unwritten || sent == Err(AnswerError::TooLong) {
            let Asked { client: (organization, _), name, door, source, .. } = asked();
            let (name, now) = (String::from_utf8_lossy(&name), Time(self.door.clock.wall()));
            let directory = &self.door.directory;
            directory.note_unproven(organization, door, &name, (source, now), UNWRITTEN);
        }
    }

    fn answer(&mut self, ticket: Ticket, answer: &Answer) {
        let _told = self.send(ticket, answer);
    }

    /// Answers a report, which is kept or not.
    fn answer_report(&mut self, ticket: Ticket, kept: bool) {
        let answer = if kept { Answer::Recorded } else { Answer::Silence };
        let sent = self.hand_in(ticket, &answer);
        self.door.tally.radius.reported(&answer, sent);
    }

    fn send(&mut self, ticket: Ticket, answer: &Answer) -> Result<(), AnswerError> {
        let sent = self.hand_in(ticket, answer);
        self.door.tally.radius.answered(answer, sent);
        sent
    }

    fn hand_in(&mut self, ticket: Ticket, answer: &Answer) -> Result<(), AnswerError> {
        let now = self.door.clock.monotonic();
        let sent = self.server.answer(ticket, answer, now);
        if let Err(error) = sent {
            tracing::debug!(%error, "a RADIUS answer came to nothing");
        }
        sent
    }
}

/// Why somebody is rejected who would have been let in.
const UNWRITTEN: &str = "what the reply profile says does not fit into an answer";

impl Asked {
    fn by(question: &Question<ClientKey>) -> Self {
        let client = question.client();
        // A question that can prove nobody has no method, and is not accepted.
        let method = view::method(question).unwrap_or(NetworkMethod::Pap);
        Self {
            client,
            name: question.user_name().to_vec(),
            door: By::Radius(client.1, circumstances(question, method)),
            source: question.source().ip(),
            spoken: Spoken::of(question),
        }
    }
}
