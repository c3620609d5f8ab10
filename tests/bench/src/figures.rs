//! What is counted while something is measured, and what a run showed.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::clock::now;
use crate::histogram::Histogram;
use crate::machine::lost_packets;
use crate::proc::{Server, own_cpu};

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
    /// Packets that the kernel had no room for meanwhile: who sent them waits, whoever answers.
    pub(crate) lost: u64,
}

impl Figures {
    /// Of what was seen between two moments.
    pub(crate) fn new(seen: Tally, before: &Moment, after: &Moment) -> Self {
        let Tally { latencies, octets, errors, example, .. } = seen;
        Self {
            latencies,
            octets,
            errors,
            example,
            elapsed: after.at - before.at,
            server_cpu: after.server - before.server,
            generator_cpu: after.own - before.own,
            lost: after.lost - before.lost,
        }
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

/// What the processes had used at a moment.
pub(crate) struct Moment {
    /// When.
    pub(crate) at: Instant,
    server: Duration,
    own: Duration,
    lost: u64,
}

impl Moment {
    /// Now.
    ///
    /// # Errors
    /// When the server is gone.
    pub(crate) fn of(server: &Server) -> Result<Self> {
        Ok(Self { at: now(), server: server.cpu()?, own: own_cpu()?, lost: lost_packets()? })
    }
}

/// Counts right answers and errors.
pub(crate) struct Tally {
    /// Latencies of the right answers.
    pub(crate) latencies: Histogram,
    /// Size of all answers.
    pub(crate) octets: usize,
    /// Answers that were wrong or missing, counted always.
    pub(crate) errors: u64,
    /// An example of an error.
    pub(crate) example: Option<String>,
    /// Whether right answers count.
    pub(crate) counts: bool,
}

impl Tally {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { latencies: Histogram::new(), octets: 0, errors: 0, example: None, counts: false }
    }

    /// Counts a right answer.
    pub(crate) fn right(&mut self, now: Instant, asked: Instant, octets: usize) {
        if self.counts {
            self.latencies
                .record(now.saturating_duration_since(asked).max(Duration::from_nanos(1)));
            self.octets += octets;
        }
    }

    /// Counts something that went wrong.
    pub(crate) fn wrong(&mut self, what: String) {
        self.errors += 1;
        self.example.get_or_insert(what);
    }

    /// Takes in what another has seen.
    pub(crate) fn add(&mut self, other: Self) {
        self.latencies.merge(&other.latencies);
        self.octets += other.octets;
        self.errors += other.errors;
        self.example = self.example.take().or(other.example);
    }
}
