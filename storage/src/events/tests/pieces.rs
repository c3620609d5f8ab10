//! A batch is written in pieces, of which any may fail.

use std::sync::Arc;

use super::super::{EventLog, EventOptions, Stored};
use super::{EventSearch, chain, event, options};
use crate::tests::machine::{Fault, Machine};
use crate::tests::organization;

/// Events of a batch: several pieces of it.
const EVENTS: u64 = 300;

fn large() -> EventOptions {
    EventOptions { segment_events: 1_000, queue: 60_000, ..options() }
}

fn append(log: &EventLog, start: u64) {
    let one = |n| event(n, organization(u32::try_from(n % 3).unwrap() + 1), &format!("event {n}"));
    log.append((start..start + EVENTS).map(one)).unwrap();
}

fn chains(log: &EventLog) -> Vec<Vec<Stored>> {
    (1..4).map(|number| chain(log, organization(number))).collect()
}

/// The numbers of all events, each once.
fn numbers(log: &EventLog) -> Vec<u64> {
    let mut numbers: Vec<u64> =
        chains(log).into_iter().flatten().map(|stored| stored.sequence).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn a_piece_that_fails_is_written_again_and_nothing_twice() {
    for n in 1.. {
        let machine = Machine::new();
        let log = EventLog::open_folder(Arc::new(machine.clone()), large()).unwrap();
        append(&log, 0);
        log.flush().unwrap();
        machine.plan(n, Fault::OneError);
        append(&log, EVENTS);
        while log.flush().is_err() {}
        let hit = machine.was_hit();
        assert!(numbers(&log).into_iter().eq(1..=2 * EVENTS), "after {n}");
        let before = chains(&log);
        drop(log);
        let log = EventLog::open_folder(Arc::new(machine), large()).unwrap();
        assert!(before == chains(&log), "after {n}");
        if !hit {
            assert!(n > 2 * EVENTS / 64, "{n} operations");
            break;
        }
    }
}

#[test]
fn each_piece_may_lose_power() {
    for n in 1.. {
        let machine = Machine::new();
        let log = EventLog::open_folder(Arc::new(machine.clone()), large()).unwrap();
        append(&log, 0);
        log.flush().unwrap();
        let before = chains(&log);
        machine.plan(n, Fault::PowerLoss);
        append(&log, EVENTS);
        let is_kept = log.flush().is_ok();
        drop(log);
        let log = EventLog::open_folder(Arc::new(machine.restarted(n)), large()).unwrap();
        let after = chains(&log);
        assert!(before.iter().zip(&after).all(|(before, after)| after.starts_with(before)));
        let there = numbers(&log);
        let last = there.last().copied().unwrap_or(0);
        assert!(there.into_iter().eq(1..=last), "after {n} some are missing");
        assert!(last >= EVENTS && (!is_kept || last == 2 * EVENTS), "after {n}");
        append(&log, 1_000);
        log.flush().unwrap();
        assert!(numbers(&log).into_iter().eq(1..=last + EVENTS), "after {n}");
        if !machine.was_hit() {
            break;
        }
    }
}

#[test]
fn whoever_reads_while_a_batch_is_written_sees_each_event_once() {
    let machine = Machine::new();
    let log = EventLog::open_folder(Arc::new(machine), large()).unwrap();
    for round in 0..3 {
        append(&log, round * EVENTS);
        std::thread::scope(|scope| {
            scope.spawn(|| log.flush().unwrap());
            for _ in 0..50 {
                let mut seen = Vec::new();
                let all = EventSearch::all(organization(1));
                log.newest_first(&all, &mut |stored| {
                    seen.push(stored.sequence);
                    true
                })
                .unwrap();
                let expected = (1..=(round + 1) * EVENTS).rev().filter(|n| n % 3 == 1);
                assert!(seen.into_iter().eq(expected));
            }
        });
    }
}
