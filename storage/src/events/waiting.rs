//! The events that wait to be written.

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::active::Active;
use super::frame::Entry;
use super::queue::Described;
use super::{Event, EventOptions};
use crate::Partition;

/// The events that wait.
pub(super) struct Queue {
    pub(super) waiting: VecDeque<Arc<Entry>>,
    /// How many of them each partition has.
    pub(super) shares: HashMap<u32, usize>,
    /// How many of them are of changes.
    pub(super) changes: usize,
    pub(super) next_sequence: u64,
    pub(super) dropped: u64,
    /// How many events were written since the log was opened.
    pub(super) written: u64,
    /// How many events of a partition were dropped of which its chain does not tell yet, and when
    /// the last of them happened.
    pub(super) gaps: BTreeMap<u32, (u64, u64)>,
    pub(super) copied: u64,
    /// Counts attempts to write, so that who waits for one sees that it ended.
    pub(super) attempts: u64,
    pub(super) failure: Option<Described>,
    /// How many callers of `flush` wait.
    pub(super) urgent: usize,
    pub(super) closed: bool,
}

impl Queue {
    /// One in which nothing waits, for what comes behind a segment.
    pub(super) fn behind(active: &Active) -> Self {
        Self {
            waiting: VecDeque::new(),
            shares: HashMap::new(),
            changes: 0,
            next_sequence: active.next(),
            dropped: 0,
            written: 0,
            gaps: BTreeMap::new(),
            copied: active.copied,
            attempts: 0,
            failure: None,
            urgent: 0,
            closed: false,
        }
    }

    pub(super) fn push(&mut self, event: Event, outbox: u64) {
        let Event { time_ms, partition, body } = event;
        let (partition, sequence) = (partition.number(), self.next_sequence);
        self.next_sequence += 1;
        let entry = Entry { partition, sequence, time_ms, outbox, hash: None, body };
        self.changes += usize::from(outbox > 0);
        *self.shares.entry(partition).or_default() += 1;
        self.waiting.push_back(Arc::new(entry));
    }

    /// Lets go of the first few, which are written.
    pub(super) fn pass(&mut self, count: usize) {
        self.written += count as u64;
        for entry in self.waiting.drain(..count) {
            self.changes = self.changes.saturating_sub(usize::from(entry.outbox > 0));
            if let MapEntry::Occupied(mut share) = self.shares.entry(entry.partition) {
                *share.get_mut() = share.get().saturating_sub(1);
                if *share.get() == 0 {
                    share.remove();
                }
            }
        }
    }

    /// Counts an event that is not kept.
    pub(super) fn note_gap(&mut self, event: &Event) {
        let (count, last_ms) = self.gaps.entry(event.partition.number()).or_default();
        *count += 1;
        *last_ms = event.time_ms.max(*last_ms);
    }

    /// Has the chains tell of events that are not kept. There is room for these few always, but
    /// while the disk fails there would come ever more of them: then they are counted on.
    pub(super) fn tell_gaps(&mut self, options: &EventOptions) {
        if self.failure.is_some() {
            return;
        }
        for (number, (count, time_ms)) in std::mem::take(&mut self.gaps) {
            let partition = Partition::from_number(number);
            let body = (options.words.gap)(count, time_ms);
            self.push(Event { time_ms, partition, body }, 0);
        }
    }

    /// What waits of a partition.
    pub(super) fn of(&self, partition: Partition) -> Vec<Arc<Entry>> {
        let wanted = partition.number();
        self.waiting.iter().filter(|entry| entry.partition == wanted).cloned().collect()
    }
}
