//! Sealing goes on beside all else.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use super::super::active::CHAINED;
use super::super::{EventLog, EventOptions, unpoisoned};
use super::{chain, event, fill, options, texts};
use crate::folder::{Folder, Memory, SegmentFile};
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

/// Returns when all that is full is sealed.
fn settle(log: &EventLog) {
    log.flusher.log.sealing.settle();
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
    for newest_first in [true, false] {
        let gate = Arc::new(Gate::default());
        let log = EventLog::open_folder(gate.clone(), options()).unwrap();
        fill(&log, 0..150);
        log.flush().unwrap();
        let (mut seen, all) = (Vec::new(), super::EventSearch::all(organization(1)));
        let take = &mut |stored: super::Stored| {
            seen.push(stored.time_ms);
            if seen.len() == 20 {
                gate.set(State::Open);
                settle(&log);
            }
            true
        };
        if newest_first {
            log.newest_first(&all, take).unwrap();
            seen.reverse();
        } else {
            log.oldest_first(&all, take).unwrap();
        }
        assert!(seen.into_iter().eq((0..150).step_by(3)));
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
    assert_eq!(chain(&log, organization(1)).len(), 200);
    gate.set(State::Open);
    while log.flush().is_err() {}
    while counts(&log).0 > 0 {
        settle(&log);
    }
    assert_eq!((counts(&log), log.dropped()), ((0, 5), 0));
    assert!(!log.figures().is_failing);
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
fn a_full_segment_whose_beginning_is_gone_is_not_taken_for_an_unused_one() {
    let gate = Arc::new(Gate::default());
    gate.set(State::Broken);
    let log = EventLog::open_folder(gate.clone(), options()).unwrap();
    fill(&log, 0..100);
    drop(log);
    let first = gate.names().unwrap().into_iter().find(|it| it.ends_with(CHAINED)).unwrap();
    gate.open(&first).unwrap().write(9, &[0xFF; 4]).unwrap();
    assert!(EventLog::open_folder(gate.clone(), options()).is_err());
    assert!(gate.names().unwrap().contains(&first), "it stays as it is");
}

#[test]
fn the_thread_that_seals_is_prepared() {
    static PREPARED: AtomicU8 = AtomicU8::new(0);
    let prepare = || {
        assert_eq!(std::thread::current().name(), Some("event-sealer"));
        PREPARED.fetch_add(1, Ordering::SeqCst);
    };
    let prepared = EventOptions { prepare, ..options() };
    let log = EventLog::open_folder(Arc::new(Memory::default()), prepared).unwrap();
    fill(&log, 0..50);
    log.flush().unwrap();
    settle(&log);
    assert_eq!((counts(&log), PREPARED.load(Ordering::SeqCst)), ((0, 1), 1));
}
