//! One client: opens its connection, gets ready, and goes through rounds of requests.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use mio::{Registry, Token};
use rustls::ClientConfig;

use super::request::{Progress, Request, Step, id_of, next_id};
use super::wire::Wire;
use crate::ber;
use crate::data::Random;
use crate::figures::Tally;

/// Requests that follow each other, each waiting for the answer to the one before.
pub(crate) type Round = Vec<Request>;

/// Where clients connect, and how.
#[derive(Clone)]
pub(crate) struct Place {
    /// The server.
    pub(crate) server: SocketAddr,
    /// When TLS begins, if it does.
    pub(crate) security: Security,
    /// Whom to trust.
    pub(crate) tls: Arc<ClientConfig>,
}

/// When TLS begins, if it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Security {
    /// Never.
    Clear,
    /// By a first request.
    StartTls,
    /// At once.
    Ldaps,
}

/// What a client does.
pub(crate) struct Script {
    /// On every new connection, before all else.
    pub(crate) prelude: Rc<Round>,
    /// What is measured.
    pub(crate) rounds: Rc<[Rc<Round>]>,
    /// The order of the rounds.
    pub(crate) pick: Pick,
    /// How long a connection lives.
    pub(crate) life: Life,
    /// The address to connect from.
    pub(crate) source: Ipv4Addr,
}

/// How long a connection lives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// All the time, with so many rounds under way at once.
    Kept(usize),
    /// One round long.
    Round,
}

/// Which round comes next.
pub(crate) enum Pick {
    /// Any.
    Random(Random),
    /// Every `stride`th in turn, `left` times.
    InTurn {
        /// The next one.
        next: usize,
        /// How far it is to the one after that.
        stride: usize,
        /// How many are still to come.
        left: usize,
    },
}

/// What a client needs to act.
pub(crate) struct Turn<'a> {
    /// Where it connects.
    pub(crate) place: &'a Place,
    /// Where its socket is watched.
    pub(crate) registry: &'a Registry,
    /// Room to read into.
    pub(crate) scratch: &'a mut [u8],
    /// Where it counts.
    pub(crate) tally: &'a mut Tally,
    /// Whether rounds are to be gone through.
    pub(crate) running: bool,
    /// The time.
    pub(crate) now: Instant,
}

/// A client in the middle of its work.
pub(crate) struct Client {
    script: Script,
    token: Token,
    stage: Stage,
    wire: Option<Wire>,
    input: Vec<u8>,
    flights: Vec<Flight>,
    id: u16,
    opened: Instant,
    start_tls: Rc<Round>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Closed,
    Upgrading,
    Prelude,
    Ready,
}

/// A round under way.
struct Flight {
    id: u16,
    asked: Instant,
    /// When the last message of an answer came.
    heard: Instant,
    round: Rc<Round>,
    step: usize,
    page: Option<Request>,
    progress: Progress,
}

impl Flight {
    fn request(&self) -> Result<&Request> {
        self.page.as_ref().or_else(|| self.round.get(self.step)).context("an empty round")
    }
}

impl Client {
    /// A client that is not connected yet.
    pub(crate) fn new(script: Script, token: Token, now: Instant) -> Self {
        Self {
            script,
            token,
            stage: Stage::Closed,
            wire: None,
            input: Vec::new(),
            flights: Vec::new(),
            id: 0,
            opened: now,
            start_tls: Rc::new(vec![Request::start_tls()]),
        }
    }

    /// Whether its connections live one round long.
    pub(crate) fn is_fleeting(&self) -> bool {
        self.script.life == Life::Round
    }

    /// Whether it has done everything that comes before its rounds.
    pub(crate) fn is_ready(&self) -> bool {
        self.stage == Stage::Ready
    }

    /// Whether nothing is under way and nothing is left to do.
    pub(crate) fn is_idle(&self) -> bool {
        self.flights.is_empty() && matches!(self.script.pick, Pick::InTurn { left: 0, .. })
    }

    /// Since when nothing has come of the request that has waited longest.
    pub(crate) fn waiting_since(&self) -> Option<Instant> {
        self.flights.iter().map(|flight| flight.heard).min()
    }

    /// Connects.
    ///
    /// # Errors
    /// When that fails at once.
    pub(crate) fn open(&mut self, turn: &Turn<'_>) -> Result<()> {
        let Place { server, security, tls } = turn.place;
        self.close();
        let mut wire = Wire::open(*server, self.script.source, turn.registry, self.token)?;
        if *security == Security::Ldaps {
            wire.secure(tls, *server)?;
        }
        self.wire = Some(wire);
        self.opened = turn.now;
        if *security == Security::StartTls {
            self.stage = Stage::Upgrading;
            self.send(Rc::clone(&self.start_tls), (turn.now, turn.now))?;
        } else {
            self.begin(turn)?;
        }
        self.flush()
    }

    /// Drops the connection and what is under way on it.
    pub(crate) fn close(&mut self) {
        self.stage = Stage::Closed;
        self.input.clear();
        self.flights.clear();
        if let Some(wire) = self.wire.take() {
            wire.close();
        }
    }

    /// Starts what there is to do on a kept, ready connection.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(crate) fn start(&mut self, turn: &Turn<'_>) -> Result<()> {
        self.fill(turn)?;
        self.flush()
    }

    /// Reads, judges and goes on.
    ///
    /// # Errors
    /// When an answer is wrong or the connection is broken.
    pub(crate) fn ready(&mut self, turn: &mut Turn<'_>) -> Result<()> {
        while let Some(wire) = &mut self.wire {
            let more = wire.read(&mut self.input, turn.scratch)?;
            self.digest(turn)?;
            if !more {
                break;
            }
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        self.wire.as_mut().map_or(Ok(()), Wire::flush).map_err(Into::into)
    }

    /// After a connection has become what it was to be: the prelude.
    fn begin(&mut self, turn: &Turn<'_>) -> Result<()> {
        if self.script.prelude.is_empty() {
            self.stage = Stage::Ready;
            return self.fill(turn);
        }
        self.stage = Stage::Prelude;
        self.send(Rc::clone(&self.script.prelude), (turn.now, turn.now))
    }

    /// Asks until as much is under way as may be.
    fn fill(&mut self, turn: &Turn<'_>) -> Result<()> {
        let (most, asked) = match self.script.life {
            Life::Kept(depth) => (depth, turn.now),
            Life::Round => (1, self.opened),
        };
        while turn.running && self.flights.len() < most {
            let Some(round) = self.script.pick.next(&self.script.rounds) else { break };
            self.send(round, (asked, turn.now))?;
        }
        Ok(())
    }

    /// Asks; `asked` is what the round's time counts from, and the time.
    fn send(&mut self, round: Rc<Round>, (asked, heard): (Instant, Instant)) -> Result<()> {
        self.id = next_id(self.id);
        let progress = Progress::default();
        let flight = Flight { id: self.id, asked, heard, round, step: 0, page: None, progress };
        let wire = self.wire.as_mut().context("no connection")?;
        flight.request()?.put(flight.id, wire.output());
        self.flights.push(flight);
        Ok(())
    }

    fn digest(&mut self, turn: &mut Turn<'_>) -> Result<()> {
        let input = std::mem::take(&mut self.input);
        let mut rest = input.as_slice();
        while let Some((_, message, behind)) = ber::split(rest) {
            rest = behind;
            self.message(message, turn)?;
            if self.flights.is_empty() && self.is_fleeting() {
                return self.again(turn);
            }
        }
        let consumed = input.len() - rest.len();
        self.input = input;
        self.input.drain(..consumed);
        Ok(())
    }

    /// Leaves, and comes back for the next round.
    fn again(&mut self, turn: &Turn<'_>) -> Result<()> {
        if let Some(mut wire) = self.wire.take() {
            self.id = next_id(self.id);
            Request::unbind().put(self.id, wire.output());
            wire.close();
        }
        let more = turn.running && !self.is_idle();
        if more { self.open(turn) } else { Ok(()) }
    }

    fn message(&mut self, message: &[u8], turn: &mut Turn<'_>) -> Result<()> {
        let id = id_of(message)?;
        let Some(at) = self.flights.iter().position(|flight| flight.id == id) else {
            bail!("a message that answers nothing: {}", String::from_utf8_lossy(message));
        };
        let flight = self.flights.get_mut(at).context("no such request")?;
        flight.heard = turn.now;
        let request = flight.page.as_ref().or_else(|| flight.round.get(flight.step));
        let step = request.context("an empty round")?.judge(message, &mut flight.progress)?;
        match step {
            Step::More => return Ok(()),
            Step::Again(request) => flight.page = Some(request),
            Step::Done(octets) if flight.step + 1 == flight.round.len() => {
                let asked = flight.asked;
                self.flights.swap_remove(at);
                return self.done(asked, octets, turn);
            }
            Step::Done(_) => {
                flight.step += 1;
                flight.page = None;
                flight.progress = Progress::default();
            }
        }
        self.id = next_id(self.id);
        flight.id = self.id;
        let wire = self.wire.as_mut().context("no connection")?;
        flight.request()?.put(flight.id, wire.output());
        Ok(())
    }

    /// After a round.
    fn done(&mut self, asked: Instant, octets: usize, turn: &mut Turn<'_>) -> Result<()> {
        match self.stage {
            Stage::Closed => bail!("an answer on a closed connection"),
            Stage::Upgrading => {
                let wire = self.wire.as_mut().context("no connection")?;
                wire.secure(&turn.place.tls, turn.place.server)?;
                self.begin(turn)
            }
            Stage::Prelude => {
                self.stage = Stage::Ready;
                self.fill(turn)
            }
            Stage::Ready => {
                turn.tally.right(turn.now, asked, octets);
                if self.is_fleeting() { Ok(()) } else { self.fill(turn) }
            }
        }
    }
}

impl Pick {
    fn next(&mut self, rounds: &[Rc<Round>]) -> Option<Rc<Round>> {
        match self {
            Self::Random(random) => random.choose(rounds).cloned(),
            Self::InTurn { left: 0, .. } => None,
            Self::InTurn { next, stride, left } => {
                let round = rounds.get(*next % rounds.len().max(1)).cloned();
                *next += *stride;
                *left -= 1;
                round
            }
        }
    }
}

/// Whether a broken connection is worth a word: the kind of error and its text.
pub(crate) fn describe(error: &anyhow::Error) -> String {
    match error.downcast_ref::<io::Error>() {
        Some(broken) => format!("{error:#} ({:?})", broken.kind()),
        None => format!("{error:#}"),
    }
}
