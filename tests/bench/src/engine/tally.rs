//! What a party of clients has seen while it counted.

use std::time::{Duration, Instant};

use crate::histogram::Histogram;

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
}
