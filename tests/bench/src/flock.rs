//! The closed loop of RADIUS requests that one packet asks and another answers: all gear on one
//! thread, so that however much is under way, it is the server that is waited for.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use crate::clock::now;
use crate::figures::{Figures, Moment, Tally};
use crate::generator::Timing;
use crate::proc::Server;
use crate::workers::{Hand, Single, Under};

/// After so many errors a run ends.
const ENOUGH_ERRORS: u64 = 100;
/// How long a reply may take; there are no retries.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether replies are missing.
const ROUNDS: Duration = Duration::from_millis(100);

/// All hands, each with a request under way.
struct Flock<'a> {
    single: Single,
    hands: Vec<(Hand<'a>, Option<Under>)>,
    poll: Poll,
    tally: Tally,
    /// When it is looked next whether replies are missing.
    look: Instant,
}

/// Lets `hands` ask `server` and measures.
///
/// # Errors
/// When something cannot be asked, or a process disappears meanwhile.
pub(crate) fn run(
    server: &Server,
    timing: Timing,
    hands: Vec<Hand<'_>>,
    single: Single,
) -> Result<Figures> {
    let mut flock = Flock::gather(hands, single)?;
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
    fn gather(hands: Vec<Hand<'a>>, single: Single) -> Result<Self> {
        let poll = Poll::new()?;
        for (number, hand) in hands.iter().enumerate() {
            for gear in hand.gear() {
                let watched = gear.watched()?;
                let mut source = SourceFd(&watched);
                poll.registry().register(&mut source, Token(number), Interest::READABLE)?;
            }
        }
        let hands = hands.into_iter().map(|hand| (hand, None)).collect();
        Ok(Self { single, hands, poll, tally: Tally::new(), look: now() + ROUNDS })
    }

    fn ask_all(&mut self) -> Result<()> {
        for (hand, under) in &mut self.hands {
            *under = Some(hand.begin(self.single)?);
        }
        Ok(())
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
            let asked = under.as_ref().context("a reply to nothing")?;
            let answered = hand.end(asked);
            let (began, at) = (asked.began, now());
            match answered {
                Ok(None) => continue,
                Ok(Some(octets)) => self.tally.right(at, began, octets),
                Err(error) => self.tally.wrong(format!("{error:#}")),
            }
            *under = Some(hand.begin(self.single)?);
        }
        Ok(())
    }

    /// Whoever has waited too long asks the next.
    fn look_for_missing(&mut self) -> Result<()> {
        for (hand, under) in &mut self.hands {
            let waited = under.as_ref().map(|asked| now() - asked.began);
            if waited.is_some_and(|waited| waited > PATIENCE) {
                self.tally.wrong(format!("no reply within {PATIENCE:?}"));
                *under = Some(hand.begin(self.single)?);
            }
        }
        Ok(())
    }
}
