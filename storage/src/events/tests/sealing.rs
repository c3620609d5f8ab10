//! Sealing goes on beside all else.

use std::io;
use std::sync::{Arc, Condvar, Mutex};

use super::super::active::CHAINED;
use super::super::{EventLog, EventOptions, EventsKept, unpoisoned};
use super::{EventSearch, Stored, chain, event, fill, options, settle, texts};
use crate::folder::{Folder, Memory, SegmentFile};
use crate::tests::machine::{Fault, Machine};
use crate::tests::organization;

/// A folder in which no segment can be sealed until it is opened, or as long as it is broken.
#[derive(Default)]
struct Gate {
    folder: Memory,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Copy, Clone, Default, PartialEq, Eq)]
enum State {
    #[default]
    Shut,
    Broken,
    Open,
}

impl Gate {
    fn set(&self, state: State) {
        *self.state.lock().unwrap() = state;
        self.changed.notify_all();
    }
}

impl Folder for Gate {
    fn names(&self) -> io::Result<Vec<String>> {
        self.folder.names()
    }

    fn open(&self, name: &str) -> io::Result<SegmentFile> {
        if name.ends_with(".unfinished") {
            let shut = |state: &mut State| *state == State::Shut;
            let state = self.changed.wait_while(self.state.lock().unwrap(), shut).unwrap();
            if *state == State::Broken {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        self.folder.open(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.folder.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.folder.remove(name)
    }
}

/// How many segments of a log are full, and how many are sealed.
fn counts(log: &EventLog) -> (usize, usize) {
    let segments = unpoisoned(log.flusher.log.segments.read());
    (segments.full.len(), segments.sealed.len())
}

#[test]
fn events_are_written_and_read_while_others_are_sealed() {
    let gate = Arc::new(Gate::default());
    let log = EventLog::open_folder(gate.clone(), options()).unwrap();
    fill(&log, 0..150);
    log.flush().unwrap();
    assert_eq!(counts(&log), (3, 0));
    let before: Vec<_> = (1..4).map(|number| chain(&log, organization(number))).collect();
    assert!(before.iter().all(|chain| chain.len() == 50));
    assert_eq!(texts(&log, organization(2), Some(60), 2), ["event 58", "event 55"]);
    let octets = log.figures().octets;
    gate.set(State::Open);
    settle(&log);
    assert_eq!(counts(&log), (0, 3));
    let after: Vec<_> = (1..4).map(|number| chain(&log, organization(number))).collect();
    assert!(before == after);
    assert_ne!(log.figures().octets, octets, "they are written otherwise");
    let left = gate.names().unwrap();
    assert_eq!(left.iter().filter(|name| name.ends_with(CHAINED)).count(), 1, "{left:?}");
}

#[test]
fn a_search_goes_on_in_what_is_sealed_meanwhile() {
    // More than is read of a segment without a look whether it was sealed.
    const EVENTS: u64 = 3 * 4_000;
    let large = EventOptions { segment_events: 4_000, queue: 60_000, ..options() };
    for newest_first in [true, false] {
        for at in [1, 1_000, 3_000, 5_000, 9_000] {
            let gate = Arc::new(Gate::default());
            let log = EventLog::open_folder(gate.clone(), large.clone()).unwrap();
            log.append((0..=EVENTS).map(|n| event(n, organization(1), "one"))).unwrap();
            log.flush().unwrap();
            assert_eq!(counts(&log), (3, 0));
            let (mut seen, all) = (Vec::new(), EventSearch::all(organization(1)));
            let take = &mut |stored: Stored| {
                seen.push(stored.time_ms);
                if seen.len() == at {
                    gate.set(State::Open);
                    settle(&log);
                    assert_eq!(counts(&log), (0, 3));
                }
                true
            };
            if newest_first {
                log.newest_first(&all, take).unwrap();
                seen.reverse();
            } else {
                log.oldest_first(&all, take).unwrap();
            }
            assert!(seen.into_iter().eq(0..=EVENTS), "{newest_first} {at}");
        }
    }
}

#[test]
fn each_step_of_sealing_may_lose_power() {
    for n in 1.. {
        let machine = Machine::new();
        let log = EventLog::open_folder(Arc::new(machine.clone()), options()).unwrap();
        fill(&log, 0..40);
        log.flush().unwrap();
        let before: Vec<_> = (1..4).map(|number| chain(&log, organization(number))).collect();
        // The next event begins another segment, and sealing.
        machine.plan(n, Fault::PowerLoss);
        log.append(vec![event(40, organization(1), "next")]).unwrap();
        let is_kept = log.flush().is_ok();
        settle(&log);
        let hit = machine.was_hit();
        drop(log);
        let log = EventLog::open_folder(Arc::new(machine.restarted(n)), options()).unwrap();
        let after: Vec<_> = (1..4).map(|number| chain(&log, organization(number))).collect();
        let kept = usize::from(after[0].len() > before[0].len());
        assert!(kept == 1 || !is_kept, "after {n} it is gone");
        assert!(after[0].starts_with(&before[0]) && after[1..] == before[1..], "after {n}");
        fill(&log, 100..190);
        log.flush().unwrap();
        settle(&log);
        let count: usize = (1..4).map(|number| chain(&log, organization(number)).len()).sum();
        assert_eq!(count, 40 + kept + 90, "after {n}");
        if !hit {
            assert!(n > 12, "{n} steps");
            break;
        }
    }
}

#[test]
fn what_retention_took_does_not_come_back_where_a_full_segment_could_not_be_removed() {
    for n in 1.. {
        let folder = Machine::new();
        let log = EventLog::open_folder(Arc::new(folder.clone()), options()).unwrap();
        fill(&log, 0..40);
        log.flush().unwrap();
        folder.plan(n, Fault::OneError);
        log.append(vec![event(1_000, organization(1), "next")]).unwrap();
        while log.flush().is_err() {}
        while counts(&log) != (0, 1) {
            std::thread::yield_now();
        }
        let kept = EventsKept { before_ms: 500, ..EventsKept::default() };
        while log.forget(&kept).is_err() {}
        assert_eq!(texts(&log, organization(1), None, 99), ["next"]);
        let hit = folder.was_hit();
        drop(log);
        let log = EventLog::open_folder(Arc::new(folder.clone()), options()).unwrap();
        assert_eq!(texts(&log, organization(1), None, 99), ["next"], "after {n}");
        if !hit {
            break;
        }
    }
}

#[test]
fn what_cannot_be_sealed_is_told_and_holds_up_the_writing_only_in_the_end() {
    let gate = Arc::new(Gate::default());
    gate.set(State::Broken);
    let soon = EventOptions { delay: std::time::Duration::from_millis(1), ..options() };
    let log = EventLog::open_folder(gate.clone(), soon).unwrap();
    let one = |n| vec![event(n, organization(1), "one")];
    // Four are full, and the fifth has no room for more.
    for n in 0..200 {
        log.append(one(n)).unwrap();
        log.flush().unwrap();
    }
    assert_eq!(counts(&log), (4, 0));
    log.append(one(200)).unwrap();
    assert!(log.flush().is_err());
    assert!(log.figures().is_failing);
    // What is written waits for what is full.
    let told: Vec<_> = log.failures().iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], told[1]);
    assert_eq!(chain(&log, organization(1)).len(), 200);
    gate.set(State::Open);
    while log.flush().is_err() {}
    while counts(&log).0 > 0 {
        settle(&log);
    }
    assert_eq!((counts(&log), log.dropped()), ((0, 5), 0));
    assert!(!log.figures().is_failing);
    assert!(log.failures().is_empty());
    assert_eq!(chain(&log, organization(1)).len(), 201);
}

#[test]
fn what_was_full_is_sealed_after_the_next_start() {
    let gate = Arc::new(Gate::default());
    gate.set(State::Broken);
    let log = EventLog::open_folder(gate.clone(), options()).unwrap();
    fill(&log, 0..150);
    log.flush().unwrap();
    let before: Vec<_> = (1..4).map(|number| chain(&log, organization(number))).collect();
    drop(log);
    let chained = |gate: &Gate| {
        let names = gate.names().unwrap().into_iter();
        names.filter(|name| name.ends_with(CHAINED)).collect::<Vec<_>>()
    };
    assert_eq!(chained(&gate).len(), 4);
    gate.set(State::Shut);
    let log = EventLog::open_folder(gate.clone(), options()).unwrap();
    assert_eq!(counts(&log), (3, 0));
    let after = || (1..4).map(|number| chain(&log, organization(number))).collect::<Vec<_>>();
    assert!(before == after());
    gate.set(State::Open);
    settle(&log);
    assert!(before == after());
    assert_eq!((counts(&log), chained(&gate).len()), ((0, 3), 1));
}

#[test]
fn a_full_segment_that_is_damaged_is_not_taken_for_what_a_crash_left() {
    for (at, events) in [(9, 100), (600, 100), (600, 41), (9, 41)] {
        let gate = Arc::new(Gate::default());
        gate.set(State::Broken);
        let log = EventLog::open_folder(gate.clone(), options()).unwrap();
        fill(&log, 0..events);
        log.flush().unwrap();
        drop(log);
        let names = gate.names().unwrap();
        let chained: Vec<_> = names.iter().filter(|it| it.ends_with(CHAINED)).collect();
        assert!(chained.len() > 1);
        let file = gate.open(chained[0]).unwrap();
        let length = file.len().unwrap();
        file.write(at, &[0xFF; 4]).unwrap();
        // The last one has lost its only event, as a crash would have it.
        if events == 41 {
            let last = gate.open(chained[1]).unwrap();
            last.set_len(last.len().unwrap() - 3).unwrap();
        }
        for _ in 0..2 {
            assert!(EventLog::open_folder(gate.clone(), options()).is_err(), "{at} of {events}");
        }
        assert_eq!((gate.names().unwrap(), file.len().unwrap()), (names, length), "it stays");
    }
}

#[test]
fn the_thread_that_seals_is_prepared() {
    static PREPARED: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let prepare = || {
        let name = std::thread::current().name().map(ToOwned::to_owned);
        PREPARED.lock().unwrap().extend(name);
    };
    let prepared = EventOptions { prepare, ..options() };
    let log = EventLog::open_folder(Arc::new(Memory::default()), prepared).unwrap();
    fill(&log, 0..50);
    log.flush().unwrap();
    settle(&log);
    assert_eq!(counts(&log), (0, 1));
    assert_eq!(*PREPARED.lock().unwrap(), ["event-sealer"]);
}

#[test]
fn nobody_waits_for_a_thread_that_has_fallen() {
    let falling = EventOptions { prepare: || panic!("as planned"), ..options() };
    let log = EventLog::open_folder(Arc::new(Memory::default()), falling).unwrap();
    fill(&log, 0..400);
    log.flush().unwrap();
    settle(&log);
    assert_eq!(chain(&log, organization(1)).len(), 134);
}

#[test]
fn partitions_large_and_small_are_found_however_many_there_are() {
    // One has most, three have blocks of their own, and most share blocks; they take turns.
    let whose = |n: u64| match n % 8 {
        0 => 500,
        1 => 1_700,
        2 => 2_999,
        _ => u32::try_from(n * 7 % 3_000).unwrap(),
    };
    let large = EventOptions { segment_events: 20_000, queue: 60_000, ..options() };
    let log = EventLog::open_folder(Arc::new(Memory::default()), large).unwrap();
    let body = |n: u64| format!("an event of some length, as most are, with its number {n}");
    log.append((0..=20_000).map(|n| event(n, organization(whose(n) + 1), &body(n)))).unwrap();
    log.flush().unwrap();
    let before: Vec<_> = (0..3_000).map(|number| chain(&log, organization(number + 1))).collect();
    settle(&log);
    assert_eq!(counts(&log), (0, 1));
    for (number, before) in (1..).zip(&before) {
        assert!(chain(&log, organization(number)) == *before, "of {number}");
        let Some(middle) = before.get(before.len() / 2) else { continue };
        let some = log.newest(organization(number), Some(middle.sequence + 1), 3).unwrap();
        assert!(some.iter().eq(before[..=before.len() / 2].iter().rev().take(3)), "of {number}");
    }
    assert_eq!(before.iter().map(Vec::len).sum::<usize>(), 20_001);
    // So it is after some have left.
    let of = (0..3_000).filter(|number| number % 3 == 0);
    let of = of.map(|number| (organization(number + 1), u64::MAX)).collect();
    log.forget(&EventsKept { of, ..EventsKept::default() }).unwrap();
    for (number, before) in (0..).zip(&before) {
        let left = chain(&log, organization(number + 1));
        assert!(before.ends_with(&left));
        assert!(number % 3 == 0 || left.len() == before.len(), "of {number}");
    }
}

#[test]
fn a_partition_whose_last_block_is_just_full_hides_nobody_behind_it() {
    let of = |number, count| (0..count).map(move |n| event(n, organization(number), "one"));
    for count in 1..=500 {
        let all = EventOptions { segment_events: count + 3, queue: 60_000, ..options() };
        let log = EventLog::open_folder(Arc::new(Memory::default()), all).unwrap();
        let between = of(2, u64::from(count));
        log.append(of(1, 1).chain(between).chain(of(3, 1)).chain(of(4, 1))).unwrap();
        log.append(of(4, 1)).unwrap();
        log.flush().unwrap();
        settle(&log);
        assert_eq!(counts(&log), (0, 1));
        let lengths = [1, 2, 3, 4].map(|number| chain(&log, organization(number)).len());
        assert_eq!(lengths, [1, count as usize, 1, 2], "of {count}");
    }
}
