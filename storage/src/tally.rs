//! What the store counts of its writing.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::durations::{DurationFigures, Durations};

/// The steps in which it is known how long commits take, and how long changes wait for theirs.
const STEPS: &[Duration] = &[
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// How writing goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// Changes that wait for their answer, those that are being written among them.
    pub waiting: usize,
    /// Changes that were made durable since the store was opened.
    pub changes: u64,
    /// Groups of changes that could not be written since.
    pub failed: u64,
    /// How long it took to make a group durable, and how often that was done.
    pub commits: DurationFigures,
    /// How long it took from handing a change in until it was durable, those before it included.
    pub waits: DurationFigures,
    /// Octets of the database's file.
    pub octets: u64,
}

/// Counts since the store was opened.
#[derive(Debug)]
pub(crate) struct Tally {
    waiting: AtomicUsize,
    changes: AtomicU64,
    failed: AtomicU64,
    commits: Durations,
    waits: Durations,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            waiting: AtomicUsize::new(0),
            changes: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            commits: Durations::new(STEPS),
            waits: Durations::new(STEPS),
        }
    }

    /// A change waits for its answer.
    pub(crate) fn begins(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// A change has its answer.
    pub(crate) fn ends(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// A change was answered that is durable.
    pub(crate) fn waited(&self, took: Duration) {
        self.waits.note(took);
    }

    /// A group was made durable.
    pub(crate) fn committed(&self, changes: usize, took: Duration) {
        self.changes.fetch_add(changes as u64, Ordering::Relaxed);
        self.commits.note(took);
    }

    /// A group could not be written.
    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn figures(&self, octets: u64) -> StoreFigures {
        StoreFigures {
            waiting: self.waiting.load(Ordering::Relaxed),
            changes: self.changes.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            commits: self.commits.figures(),
            waits: self.waits.figures(),
            octets,
        }
    }
}
