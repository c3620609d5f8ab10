//! Changes that share a transaction.

use std::sync::mpsc::Receiver;

use redb::{Durability, ReadableTable, Table, WriteTransaction};

use super::{Job, Position, encode_event};
use crate::change::Made;
use crate::core::Core;
use crate::events::Event;
use crate::record::encode;
use crate::table::{DATA, LOG, OUTBOX};
use crate::view::Pending;
use crate::{Change, Commit, ReadError, format};

/// What a durable transaction kept.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) commits: Vec<Commit>,
    pub(crate) events: Vec<(u64, Event)>,
}

/// Runs the first jobs, and those that wait behind them, in one transaction and commits it.
pub(crate) fn write_group(
    core: &Core,
    position: Position,
    queue: &Receiver<Box<dyn Job>>,
    jobs: &mut Vec<Box<dyn Job>>,
) -> Result<Kept, ReadError> {
    let mut transaction = core.begin_write()?;
    let mut group = Group::open(core, &transaction, position)?;
    for job in jobs.iter_mut() {
        group.run(job.as_mut())?;
    }
    while jobs.len() < core.options.group.max(1)
        && let Ok(mut job) = queue.try_recv()
    {
        let outcome = group.run(job.as_mut());
        jobs.push(job);
        outcome?;
    }
    let (kept, made) = group.finish()?;
    match made {
        MadeOf::Nothing => transaction.abort().map_err(ReadError::of)?,
        MadeOf::WhatMayBeLost => {
            transaction.set_quick_repair(false);
            transaction.set_durability(Durability::None).map_err(ReadError::of)?;
            transaction.commit().map_err(ReadError::of)?;
        }
        MadeOf::Changes => {
            let stopwatch = core.options.stopwatch;
            let began = stopwatch.read();
            transaction.commit().map_err(ReadError::of)?;
            let took = stopwatch.read().saturating_sub(began);
            core.tally.committed(kept.commits.len(), took);
        }
    }
    Ok(kept)
}

/// What is in a transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MadeOf {
    Nothing,
    /// What whoever wrote it can make again.
    WhatMayBeLost,
    Changes,
}

/// A transaction with its tables and what its changes made so far.
struct Group<'a> {
    core: &'a Core,
    transaction: &'a WriteTransaction,
    data: Table<'a, &'static [u8], &'static [u8]>,
    log: Table<'a, u64, &'static [u8]>,
    outbox: Table<'a, u64, &'static [u8]>,
    position: Position,
    kept: Kept,
    made: MadeOf,
}

impl<'a> Group<'a> {
    fn open(
        core: &'a Core,
        transaction: &'a WriteTransaction,
        position: Position,
    ) -> Result<Self, ReadError> {
        Ok(Self {
            core,
            transaction,
            data: transaction.open_table(DATA).map_err(ReadError::of)?,
            log: transaction.open_table(LOG).map_err(ReadError::of)?,
            outbox: transaction.open_table(OUTBOX).map_err(ReadError::of)?,
            position,
            kept: Kept::default(),
            made: MadeOf::Nothing,
        })
    }

    /// Runs one change. A failure is one of the whole transaction.
    fn run(&mut self, job: &mut dyn Job) -> Result<(), ReadError> {
        // Those of a group follow each other, and who shares the core answers logins.
        std::thread::yield_now();
        let Position { sequence, next_outbox, .. } = self.position;
        let sequence = sequence + 1;
        let mut change = Change::new(&self.data, &self.core.vault, sequence, next_outbox);
        let keep = job.run(&mut change);
        let Made { pending, changes, events } = std::mem::take(&mut change.made);
        if !keep || (pending.is_empty() && events.is_empty()) {
            return Ok(());
        }
        apply(&mut self.data, &pending)?;
        // Without a number: where it is lost, another change has that.
        if !job.is_durable() && changes.is_empty() && events.is_empty() {
            if self.made == MadeOf::Nothing {
                self.made = MadeOf::WhatMayBeLost;
            }
            return Ok(());
        }
        self.made = MadeOf::Changes;
        for event in events {
            let number = self.position.next_outbox;
            let stored = encode_event(&event)?;
            self.outbox.insert(number, stored.as_slice()).map_err(ReadError::of)?;
            self.kept.events.push((number, event));
            self.position.next_outbox += 1;
        }
        let commit = Commit { sequence, changes };
        self.log.insert(sequence, encode(&commit)?.as_slice()).map_err(ReadError::of)?;
        self.kept.commits.push(commit);
        self.position.sequence = sequence;
        Ok(())
    }

    /// Cuts the log to its length and the outbox to what is not yet in the event log.
    fn finish(mut self) -> Result<(Kept, MadeOf), ReadError> {
        if !self.kept.commits.is_empty() {
            let kept_from = self.position.sequence.saturating_sub(self.core.options.log.max(1));
            cut(&mut self.log, kept_from)?;
            cut(&mut self.outbox, self.core.events.copied())?;
            format::note_outbox(self.transaction, self.position.next_outbox)?;
        }
        Ok((self.kept, self.made))
    }
}

/// Writes what a change made into the transaction.
pub(crate) fn apply(
    data: &mut Table<'_, &'static [u8], &'static [u8]>,
    pending: &Pending,
) -> Result<(), ReadError> {
    for (index, (key, value)) in pending.iter().enumerate() {
        if index % AT_ONCE == AT_ONCE - 1 {
            std::thread::yield_now();
        }
        match value {
            Some(value) => data.insert(key.as_slice(), value.as_slice()).map(drop),
            None => data.remove(key.as_slice()).map(drop),
        }
        .map_err(ReadError::of)?;
    }
    Ok(())
}

/// A transaction that is durable once committed, and after which opening is quick.
pub(crate) fn durable(mut transaction: WriteTransaction) -> Result<WriteTransaction, ReadError> {
    transaction.set_durability(Durability::Immediate).map_err(ReadError::of)?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// Removes entries up to a number, a bounded count of them.
fn cut(table: &mut Table<'_, u64, &'static [u8]>, until: u64) -> Result<(), ReadError> {
    for _ in 0..MAX_CUT {
        let first = table.first().map_err(ReadError::of)?.map(|(number, _)| number.value());
        match first {
            Some(number) if number <= until => {
                table.remove(number).map_err(ReadError::of)?;
            }
            Some(_) | None => break,
        }
    }
    Ok(())
}

/// Entries that are written before those who share the core have a turn: they answer logins.
const AT_ONCE: usize = 32;
/// How many old entries one transaction removes from a table at most.
const MAX_CUT: usize = 2048;
