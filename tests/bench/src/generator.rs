//! The closed loop of RADIUS: every worker asks, waits, checks, and asks again.

use std::sync::{Barrier, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::clock::{now, wait_until};
use crate::histogram::Histogram;
use crate::proc::{Server, own_cpu};

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
    fn times(self) -> (Instant, Instant) {
        let begin = now() + self.warm_up;
        (begin, begin + self.measured)
    }
}

/// What a run showed.
pub(crate) struct Figures {
    /// Latencies of the right answers.
    pub(crate) latencies: Histogram,
    /// Size of all answers.
    pub(crate) octets: usize,
    /// Answers that were wrong or missing, and one of them in words.
    pub(crate) errors: u64,
    /// An example of an error.
    pub(crate) example: Option<String>,
    /// How long it ran.
    pub(crate) elapsed: Duration,
    /// What it cost the server.
    pub(crate) server_cpu: Duration,
    /// What it cost this process.
    pub(crate) generator_cpu: Duration,
}

/// What one worker saw.
struct Seen {
    latencies: Histogram,
    octets: usize,
    errors: u64,
    example: Option<String>,
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
        let (server_before, own_before, started) = (server.cpu()?, own_cpu()?, now());
        wait_until(end);
        let (server_after, own_after, ended) = (server.cpu()?, own_cpu()?, now());
        let mut figures = Figures {
            latencies: Histogram::new(),
            octets: 0,
            errors: 0,
            example: None,
            elapsed: ended - started,
            server_cpu: server_after - server_before,
            generator_cpu: own_after - own_before,
        };
        for thread in threads {
            let seen = thread.join().map_err(|_| anyhow!("a worker panicked"))?;
            figures.add(seen);
        }
        Ok(figures)
    })
}

fn work(mut operation: Operation<'_>, begin: Instant, end: Instant) -> Seen {
    let mut seen = Seen { latencies: Histogram::new(), octets: 0, errors: 0, example: None };
    let mut asked = now();
    while asked < end {
        let outcome = operation();
        let answered = now();
        let counts = (begin..end).contains(&answered);
        match outcome {
            Ok(octets) if counts => {
                seen.latencies.record(answered - asked);
                seen.octets += octets;
            }
            Ok(_) => {}
            Err(error) => {
                seen.errors += 1;
                seen.example.get_or_insert_with(|| format!("{error:#}"));
                if seen.errors >= ENOUGH_ERRORS {
                    break;
                }
            }
        }
        asked = answered;
    }
    seen
}

impl Figures {
    fn add(&mut self, seen: Seen) {
        self.latencies.merge(&seen.latencies);
        self.octets += seen.octets;
        self.errors += seen.errors;
        self.example = self.example.take().or(seen.example);
    }

    /// Right answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.count() / self.elapsed.as_secs_f64()
    }

    /// Processor time of the server for each right answer, in microseconds.
    pub(crate) fn cpu_each(&self) -> f64 {
        self.server_cpu.as_secs_f64() * 1e6 / self.count()
    }

    /// Mean size of an answer in octets.
    pub(crate) fn octets_each(&self) -> f64 {
        self.octets as f64 / self.count()
    }

    /// How many right answers.
    fn count(&self) -> f64 {
        self.latencies.count() as f64
    }
}
