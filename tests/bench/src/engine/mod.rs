//! Many clients on one thread: a closed loop in which each asks, checks, and asks again.

mod client;
mod request;
mod wire;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use mio::{Events, Poll, Token};

use crate::clock::now;
use crate::figures::{Figures, Moment, Tally};
use crate::proc::Server;
use client::{Client, Turn, describe};

pub(crate) use client::{Life, Pick, Place, Round, Script, Security};
pub(crate) use request::Request;
pub(crate) use wire::Wire;

/// After so many errors a run ends.
const ENOUGH_ERRORS: u64 = 100;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the clients are looked over for answers that are missing.
const ROUNDS: Duration = Duration::from_secs(1);
/// Connections that open at the same time before anything is measured.
const OPENING: usize = 64;
/// How long it may take until all connections are open, or all of a rehearsal is done: whoever
/// needs longer is not measured.
const PREPARATION: Duration = Duration::from_secs(60);
/// Octets read at once.
const SCRATCH: usize = 64 * 1024;

/// All clients of a run and the thread's one place to wait.
pub(crate) struct Engine {
    place: Place,
    poll: Poll,
    events: Events,
    clients: Vec<(usize, Client)>,
    tallies: Vec<Tally>,
    scratch: Vec<u8>,
    looked: Instant,
    running: bool,
}

impl Engine {
    /// Prepares parties of clients, which are told apart in what [`Self::measure`] returns.
    ///
    /// # Errors
    /// When the kernel has nothing to wait on.
    pub(crate) fn new(place: Place, parties: Vec<Vec<Script>>) -> Result<Self> {
        let tallies = parties.iter().map(|_| Tally::new()).collect();
        let scripts = (parties.into_iter().enumerate())
            .flat_map(|(party, scripts)| scripts.into_iter().map(move |script| (party, script)));
        let clients = (scripts.enumerate())
            .map(|(number, (party, script))| (party, Client::new(script, Token(number), now())))
            .collect();
        Ok(Self {
            place,
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            clients,
            tallies,
            scratch: vec![0; SCRATCH],
            looked: now(),
            running: false,
        })
    }

    /// Opens all connections that are kept and lets their preludes end.
    ///
    /// # Errors
    /// When one of them fails.
    pub(crate) fn open(&mut self) -> Result<()> {
        let kept: Vec<usize> = (self.clients.iter().enumerate())
            .filter_map(|(number, (_, client))| (!client.is_fleeting()).then_some(number))
            .collect();
        let end = now() + PREPARATION;
        for some in kept.chunks(OPENING) {
            for number in some {
                self.act(*number, |client, turn| client.open(turn));
            }
            let ready = |engine: &Self| {
                let ready = |number: &usize| {
                    engine.clients.get(*number).is_some_and(|(_, client)| client.is_ready())
                };
                some.iter().all(ready)
            };
            while !ready(self) {
                self.turn(ROUNDS)?;
                self.expect_no_errors()?;
                ensure!(now() < end, "not all connections were open within {PREPARATION:?}");
            }
        }
        Ok(())
    }

    /// Goes through rounds until none is left, which takes scripts with an end.
    ///
    /// # Errors
    /// When anything is not right.
    pub(crate) fn exhaust(&mut self) -> Result<()> {
        self.open()?;
        self.start();
        let end = now() + PREPARATION;
        while !self.clients.iter().all(|(_, client)| client.is_idle()) {
            self.turn(ROUNDS)?;
            self.expect_no_errors()?;
            ensure!(now() < end, "the rehearsal was not over within {PREPARATION:?}");
        }
        Ok(())
    }

    /// Runs for a while, then measures for a while: figures for each party.
    ///
    /// # Errors
    /// When the server disappears or the connections cannot be opened.
    pub(crate) fn measure(
        &mut self,
        server: &Server,
        warm_up: Duration,
        measured: Duration,
    ) -> Result<Vec<Figures>> {
        self.open()?;
        self.start();
        self.run_until(now() + warm_up)?;
        for tally in &mut self.tallies {
            tally.counts = true;
        }
        let before = Moment::of(server)?;
        self.run_until(before.at + measured)?;
        let after = Moment::of(server)?;
        self.running = false;
        for (_, client) in &mut self.clients {
            client.close();
        }
        let figures = |tally: &mut Tally| {
            Figures::new(std::mem::replace(tally, Tally::new()), &before, &after)
        };
        Ok(self.tallies.iter_mut().map(figures).collect())
    }

    fn start(&mut self) {
        self.running = true;
        for number in 0..self.clients.len() {
            self.act(number, |client, turn| match client.is_fleeting() {
                true => client.open(turn),
                false => client.start(turn),
            });
        }
    }

    fn run_until(&mut self, end: Instant) -> Result<()> {
        loop {
            let left = end.saturating_duration_since(now());
            if left.is_zero() || self.tallies.iter().any(|tally| tally.errors >= ENOUGH_ERRORS) {
                return Ok(());
            }
            self.turn(left)?;
        }
    }

    /// Waits for events, at most so long, and handles them.
    fn turn(&mut self, most: Duration) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(most.min(ROUNDS))) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            polled => polled?,
        }
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            self.act(event.token().0, |client, turn| client.ready(turn));
        }
        self.events = events;
        if now().saturating_duration_since(self.looked) >= ROUNDS {
            self.looked = now();
            self.look_for_missing();
        }
        Ok(())
    }

    fn look_for_missing(&mut self) {
        let looked = self.looked;
        for number in 0..self.clients.len() {
            self.act(number, |client, _| match client.waiting_since() {
                Some(since) if looked.saturating_duration_since(since) > PATIENCE => {
                    bail!("no answer within {PATIENCE:?}")
                }
                Some(_) | None => Ok(()),
            });
        }
    }

    /// Lets a client act; one that fails starts over.
    fn act(
        &mut self,
        number: usize,
        action: impl FnOnce(&mut Client, &mut Turn<'_>) -> Result<()>,
    ) {
        let Some((party, client)) = self.clients.get_mut(number) else { return };
        let Some(tally) = self.tallies.get_mut(*party) else { return };
        let mut turn = Turn {
            place: &self.place,
            registry: self.poll.registry(),
            scratch: &mut self.scratch,
            tally,
            running: self.running,
            now: now(),
        };
        if let Err(error) = action(client, &mut turn) {
            turn.tally.wrong(describe(&error));
            client.close();
            if self.running
                && turn.tally.errors < ENOUGH_ERRORS
                && let Err(error) = client.open(&turn)
            {
                turn.tally.wrong(describe(&error));
            }
        }
    }

    fn expect_no_errors(&self) -> Result<()> {
        let example = self.tallies.iter().find_map(|tally| tally.example.as_deref());
        example.map_or(Ok(()), |example| bail!("before anything was measured: {example}"))
    }
}
