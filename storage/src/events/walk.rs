//! How events are looked for.

use super::summary::Summary;
use super::{EventHash, Stored};
use crate::Partition;

/// What is looked for in the log.
#[derive(Clone, Debug)]
pub struct EventSearch {
    /// Whose events.
    pub partition: Partition,
    /// Only those with a higher number.
    pub after: u64,
    /// Only those with a lower number.
    pub before: u64,
    /// Only those that happened then or later, in milliseconds since 1970.
    pub from_ms: u64,
    /// Only those that happened earlier.
    pub until_ms: u64,
    /// Groups of terms: parts of the log where no event has one of each group are left out. What
    /// is handed on may have none all the same.
    pub terms: Vec<Vec<u64>>,
    /// How many events are looked at at most.
    pub most: usize,
    /// Whether events that wait to be written are left out: a loss of power would give their
    /// numbers to others.
    pub written: bool,
}

impl EventSearch {
    /// Looks for all events of a partition.
    #[must_use]
    pub fn all(partition: Partition) -> Self {
        Self {
            partition,
            after: 0,
            before: u64::MAX,
            from_ms: 0,
            until_ms: u64::MAX,
            terms: Vec::new(),
            most: usize::MAX,
            written: false,
        }
    }

    /// Whether some of the numbers from the first to the last are wanted.
    pub(crate) fn reaches(&self, first: u64, last: u64) -> bool {
        first < self.before && last > self.after
    }

    pub(crate) fn may_be_between(&self, oldest_ms: u64, newest_ms: u64) -> bool {
        oldest_ms < self.until_ms && newest_ms >= self.from_ms
    }

    pub(crate) fn may_be_in(&self, summary: &Summary) -> bool {
        self.terms.iter().all(|group| group.iter().any(|term| summary.may_hold(*term)))
    }

    fn admits(&self, stored: &Stored) -> bool {
        self.may_be_between(stored.time_ms, stored.time_ms)
    }
}

/// A search under way.
///
/// What it still looks for becomes less with each event that it comes by, so that it can go on in
/// whatever the log consists of by then.
pub(crate) struct Walk<'a> {
    pub(crate) search: EventSearch,
    pub(crate) newest_first: bool,
    take: &'a mut dyn FnMut(Stored) -> bool,
    left: usize,
    /// The number of the event with which it ended early.
    pub(crate) ended_at: Option<u64>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        search: &EventSearch,
        newest_first: bool,
        take: &'a mut dyn FnMut(Stored) -> bool,
    ) -> Self {
        let (search, left) = (search.clone(), search.most);
        Self { search, newest_first, take, left, ended_at: None }
    }

    /// Takes into account events of others that were read in vain. The walk ends with an event of
    /// its own all the same.
    pub(crate) fn charge(&mut self, others: usize) {
        self.left = self.left.saturating_sub(others).max(1);
    }

    /// Has come by all up to a number, in its direction.
    pub(crate) fn pass(&mut self, sequence: u64) {
        if self.newest_first {
            self.search.before = self.search.before.min(sequence);
        } else {
            self.search.after = self.search.after.max(sequence);
        }
    }

    /// Hands on events that stand in the order of the log; `false` when that is enough.
    pub(crate) fn hand_on(&mut self, mut found: Vec<Stored>) -> bool {
        found.retain(|stored| self.search.reaches(stored.sequence, stored.sequence));
        if self.newest_first {
            found.reverse();
        }
        found.into_iter().all(|stored| self.hand_on_one(stored))
    }

    fn hand_on_one(&mut self, stored: Stored) -> bool {
        let sequence = stored.sequence;
        self.left = self.left.saturating_sub(1);
        self.pass(sequence);
        let enough = self.search.admits(&stored) && !(self.take)(stored);
        if enough || self.left == 0 {
            self.ended_at = Some(sequence);
        }
        self.ended_at.is_none()
    }
}

/// Where a chain stands.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub struct ChainEnds {
    /// The number of the oldest event that is still there, and the hash of the one before it.
    pub oldest: Option<(u64, EventHash)>,
    /// The hash of the newest event that is on the disk.
    pub head: EventHash,
}
