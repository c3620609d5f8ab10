//! The closed loop of EAP: every worker asks, waits, checks, and asks again.

use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::clock::{now, wait_until};
use crate::figures::{Figures, Moment, Tally};
use crate::proc::Server;

/// After so many a worker gives up.
const ENOUGH_ERRORS: u64 = 100;

/// One operation; returns the size of the answer in octets.
pub(crate) type Operation<'a> = Box<dyn FnMut() -> Result<usize> + Send + 'a>;

/// How long.
#[derive(Clone, Copy)]
pub(crate) struct Timing {
    /// Before anything counts.
    pub(crate) warm_up: Duration,
    /// While it counts.
    pub(crate) measured: Duration,
}

impl Timing {
    /// When it begins to count, and when it ends.
    pub(crate) fn times(self) -> (Instant, Instant) {
        let begin = now() + self.warm_up;
        (begin, begin + self.measured)
    }
}

/// Lets `workers` loose on `server` and measures.
///
/// # Errors
/// When a process disappears meanwhile.
pub(crate) fn run(server: &Server, timing: Timing, workers: Vec<Operation<'_>>) -> Result<Figures> {
    // Time begins when all are there, which takes a while for very many.
    let (gate, set) = (Barrier::new(workers.len() + 1), OnceLock::new());
    thread::scope(|scope| {
        let (gate, set) = (&gate, &set);
        let threads: Vec<_> = workers
            .into_iter()
            .map(|operation| {
                scope.spawn(move || {
                    gate.wait();
                    let (begin, end) = *set.get_or_init(|| timing.times());
                    work(operation, begin, end)
                })
            })
            .collect();
        gate.wait();
        let (begin, end) = *set.get_or_init(|| timing.times());
        wait_until(begin);
        let before = Moment::of(server)?;
        wait_until(end);
        let after = Moment::of(server)?;
        let mut all = Tally::new();
        for thread in threads {
            let seen = thread.join().map_err(|_| anyhow!("a worker panicked"))?;
            all.add(seen);
        }
        Ok(Figures::new(all, &before, &after))
    })
}

fn work(mut operation: Operation<'_>, begin: Instant, end: Instant) -> Tally {
    let mut seen = Tally::new();
    let mut asked = now();
    while asked < end && seen.errors < ENOUGH_ERRORS {
        let outcome = operation();
        let answered = now();
        seen.counts = (begin..end).contains(&answered);
        match outcome {
            Ok(octets) => seen.right(answered, asked, octets),
            Err(error) => seen.wrong(format!("{error:#}")),
        }
        asked = answered;
    }
    seen
}
