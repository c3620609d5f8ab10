//! The closed loop of RADIUS requests that one packet asks and another answers: all gear on one
//! thread, so that however much is under way, it is the server that is waited for.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use crate::clock::now;
use crate::figures::{Figures, Moment, Tally};
use crate::generator::Timing;
use crate::proc::Server;
use crate::radius::IDENTIFIERS;
use crate::workers::{Hand, Single, Under};

/// After so many errors a run ends.
const ENOUGH_ERRORS: u64 = 100;
/// How long a reply may take; there are no retries.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether replies are missing.
const ROUNDS: Duration = Duration::from_millis(100);

/// All hands, each with requests under way.
struct Flock<'a> {
    single: Single,
    /// How many each has under way.
    depth: usize,
    hands: Vec<(Hand<'a>, Vec<Under>)>,
    poll: Poll,
    tally: Tally,
    /// When it is looked next whether replies are missing.
    look: Instant,
}

/// Lets `hands` ask `server`, so many requests each at once, and measures.
///
/// # Errors
/// When something cannot be asked, or a process disappears meanwhile.
pub(crate) fn run(
    server: &Server,
    timing: Timing,
    hands: Vec<Hand<'_>>,
    (single, depth): (Single, usize),
) -> Result<Figures> {
    ensure!(depth <= IDENTIFIERS, "gear has no more than {IDENTIFIERS} identifiers");
    let mut flock = Flock::gather(hands, single, depth)?;
    let (begin, end) = timing.times();
    flock.ask_all()?;
    flock.run_until(begin)?;
    flock.tally.counts = true;
    let before = Moment::of(server)?;
    flock.run_until(end)?;
    let after = Moment::of(server)?;
    Ok(Figures::new(flock.tally, &before, &after))
}

impl<'a> Flock<'a> {
    fn gather(hands: Vec<Hand<'a>>, single: Single, depth: usize) -> Result<Self> {
        let poll = Poll::new()?;
        for (number, hand) in hands.iter().enumerate() {
            for gear in hand.gear() {
                let watched = gear.watched()?;
                let mut source = SourceFd(&watched);
                poll.registry().register(&mut source, Token(number), Interest::READABLE)?;
            }
        }
        let hands = hands.into_iter().map(|hand| (hand, Vec::new())).collect();
        Ok(Self { single, depth, hands, poll, tally: Tally::new(), look: now() + ROUNDS })
    }

    fn ask_all(&mut self) -> Result<()> {
        let (single, depth) = (self.single, self.depth);
        self.hands.iter_mut().try_for_each(|(hand, under)| fill(hand, under, single, depth))
    }

    fn run_until(&mut self, end: Instant) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        while now() < end && self.tally.errors < ENOUGH_ERRORS {
            self.turn(&mut events)?;
        }
        Ok(())
    }

    /// Takes the replies that have come, and asks anew.
    fn turn(&mut self, events: &mut Events) -> Result<()> {
        match self.poll.poll(events, Some(ROUNDS)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        if now() >= self.look {
            self.look = now() + ROUNDS;
            self.look_for_missing()?;
        }
        for event in events.iter() {
            let Token(number) = event.token();
            let (hand, under) = self.hands.get_mut(number).context("nobody's reply")?;
            while let Some((began, answered)) = hand.end(under)? {
                match answered {
                    Ok(octets) => self.tally.right(now(), began, octets),
                    Err(error) => self.tally.wrong(format!("{error:#}")),
                }
            }
            fill(hand, under, self.single, self.depth)?;
        }
        Ok(())
    }

    /// Whoever has waited too long asks the next.
    fn look_for_missing(&mut self) -> Result<()> {
        for (hand, under) in &mut self.hands {
            for missing in under.extract_if(.., |under| now() - under.began > PATIENCE) {
                self.tally.wrong(format!("no reply within {PATIENCE:?}"));
                hand.forget(&missing);
            }
            fill(hand, under, self.single, self.depth)?;
        }
        Ok(())
    }
}

/// Asks until so much is under way.
fn fill(hand: &mut Hand<'_>, under: &mut Vec<Under>, single: Single, depth: usize) -> Result<()> {
    while under.len() < depth {
        under.push(hand.begin(single)?);
    }
    Ok(())
}
