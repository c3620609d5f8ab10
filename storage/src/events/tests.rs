//! What the event log promises.

mod first_format;
mod pieces;
mod retention;
mod sealing;

use std::sync::Arc;
use std::time::Duration;

use super::{
    Event, EventHash, EventLog, EventOptions, EventOwner, EventSearch, EventWords, EventsKept,
    MAX_EVENT, Stored, term,
};
use crate::Partition;
use crate::folder::{Folder, Memory};
use crate::tests::machine::{Fault, Machine};
use crate::tests::organization;

fn options() -> EventOptions {
    EventOptions {
        delay: Duration::from_secs(3600),
        queue: 500,
        segment_events: 40,
        segment_ms: 1_000_000,
        prepare: || {},
        words: EventWords {
            text: |owner, sequence, previous, body, out, terms| {
                (EventWords::default().text)(owner, sequence, previous, body, out, terms);
                terms.push(term(1, body));
            },
            terms: |body, terms| terms.push(term(1, body)),
            ..EventWords::default()
        },
    }
}

/// The hash of an event by the words that say nothing of bodies.
fn hash(owner: Option<EventOwner>, sequence: u64, previous: EventHash, body: &[u8]) -> EventHash {
    let mut text = Vec::new();
    (EventWords::default().text)(owner, sequence, previous, body, &mut text, &mut Vec::new());
    EventHash::of(&text)
}

/// Returns when all that is full is sealed.
pub(crate) fn settle(log: &EventLog) {
    log.flusher.log.sealing.settle();
}

/// Forgets what happened before a time, of all that is full.
fn forget(log: &EventLog, before_ms: u64) -> usize {
    settle(log);
    log.forget(&EventsKept { before_ms, ..EventsKept::default() }).unwrap()
}

/// The events of a partition on the disk, the oldest first; looks whether each refers to the one
/// before it.
pub(crate) fn chain(log: &EventLog, partition: Partition) -> Vec<Stored> {
    let mut found = Vec::new();
    let ended = log.oldest_first(&EventSearch::all(partition), &mut |stored| {
        found.push(stored);
        true
    });
    assert_eq!(ended.unwrap(), None);
    let ends = log.chain(partition).unwrap();
    let linked = found.iter().filter_map(|stored| Some((stored, stored.link?)));
    let mut head = ends.oldest.map_or(EventHash::BEGINNING, |(_, previous)| previous);
    for (stored, link) in linked {
        assert_eq!(link.previous, head, "before {}", stored.sequence);
        head = hash(None, stored.sequence, head, &stored.body);
        assert_eq!(link.hash, head, "of {}", stored.sequence);
    }
    assert!(found.is_empty() || head == ends.head, "the head is another");
    let mut backwards = log.newest(partition, None, usize::MAX).unwrap();
    backwards.retain(|stored| stored.link.is_some());
    backwards.reverse();
    let linked: Vec<_> = found.iter().filter(|stored| stored.link.is_some()).collect();
    assert!(backwards.iter().eq(linked), "read backwards it is another");
    found
}

fn event(time_ms: u64, partition: Partition, text: &str) -> Event {
    Event { time_ms, partition, body: text.into() }
}

/// Appends events of three organizations in turns, and writes them every now and then.
fn fill(log: &EventLog, range: std::ops::Range<u64>) {
    for n in range {
        let partition = organization(u32::try_from(n % 3).unwrap() + 1);
        log.append(vec![event(n, partition, &format!("event {n}"))]).unwrap();
        if n % 7 == 0 {
            log.flush().unwrap();
        }
    }
}

fn texts(log: &EventLog, partition: Partition, before: Option<u64>, limit: usize) -> Vec<String> {
    let events = log.newest(partition, before, limit).unwrap();
    assert!(events.iter().all(|event| event.partition == partition));
    events.into_iter().map(|event| String::from_utf8(event.body).unwrap()).collect()
}

#[test]
fn an_event_can_be_read_before_it_is_written() {
    let log = EventLog::open_folder(Arc::new(Memory::default()), options()).unwrap();
    log.append(vec![event(1, organization(1), "waiting")]).unwrap();
    assert_eq!(texts(&log, organization(1), None, 10), ["waiting"]);
    assert!(texts(&log, organization(2), None, 10).is_empty());
}

#[test]
fn whoever_sees_what_is_written_alone_sees_nothing_that_a_loss_of_power_takes_back() {
    let machine = Machine::new();
    let log = EventLog::open_folder(Arc::new(machine.clone()), options()).unwrap();
    let written = EventSearch { written: true, ..EventSearch::all(organization(1)) };
    let seen = |log: &EventLog| {
        let mut seen = Vec::new();
        let take = &mut |stored: Stored| {
            seen.push((stored.sequence, stored.body));
            true
        };
        log.newest_first(&written, take).unwrap();
        seen
    };
    log.append(vec![event(1, organization(1), "kept")]).unwrap();
    log.flush().unwrap();
    log.append(vec![event(2, organization(1), "lost")]).unwrap();
    log.settle(organization(1)).unwrap();
    assert_eq!(log.newest(organization(1), None, 9).unwrap().len(), 2);
    let before = seen(&log);
    assert_eq!(before, [(1, b"kept".to_vec())], "only changes are waited for");
    // The power goes, and the number comes again for another.
    let restarted = machine.restarted(7);
    let log = EventLog::open_folder(Arc::new(restarted), options()).unwrap();
    log.append(vec![event(3, organization(1), "another")]).unwrap();
    log.flush().unwrap();
    let after = seen(&log);
    assert_eq!(after, [(2, b"another".to_vec()), (1, b"kept".to_vec())]);
    assert!(after.ends_with(&before));
    log.copy(vec![(1, event(4, organization(1), "changed"))]);
    log.settle(organization(2)).unwrap();
    assert_eq!(seen(&log), after, "another's changes are not waited for");
    log.settle(organization(1)).unwrap();
    assert_eq!(seen(&log)[0], (3, b"changed".to_vec()));
}

#[test]
fn the_end_is_that_of_what_is_on_the_disk() {
    let log = EventLog::open_folder(Arc::new(Memory::default()), options()).unwrap();
    let nothing = (0, EventHash::BEGINNING);
    assert_eq!(log.end(organization(1)), nothing);
    log.append(vec![event(1, organization(1), "one"), event(2, organization(2), "two")]).unwrap();
    assert_eq!(log.end(organization(1)), nothing, "they wait");
    log.flush().unwrap();
    let head = |number| log.chain(organization(number)).unwrap().head;
    assert_eq!(log.end(organization(1)), (2, head(1)));
    assert_eq!(log.end(organization(2)), (2, head(2)));
    assert_eq!(log.end(organization(3)), (2, EventHash::BEGINNING));
}

#[test]
fn the_newest_come_first_through_all_segments() {
    let log = EventLog::open_folder(Arc::new(Memory::default()), options()).unwrap();
    fill(&log, 0..200);
    let all: Vec<_> = (0..200).rev().filter(|n| n % 3 == 1).map(|n| format!("event {n}")).collect();
    assert_eq!(texts(&log, organization(2), None, 1000), all);

    let mut paged = Vec::new();
    let mut before = None;
    loop {
        let page = log.newest(organization(2), before, 9).unwrap();
        let Some(last) = page.last() else {
            break;
        };
        before = Some(last.sequence);
        paged.extend(page.into_iter().map(|event| String::from_utf8(event.body).unwrap()));
    }
    assert_eq!(paged, all);
}

#[test]
fn a_log_that_is_opened_again_goes_on_where_it_was() {
    let folder = Arc::new(Memory::default());
    for start in [0, 90, 130] {
        let log = EventLog::open_folder(folder.clone(), options()).unwrap();
        let end = if start == 0 { 90 } else { start + 40 };
        fill(&log, start..end.min(170));
        let newest = log.newest(organization(1), None, 1).unwrap();
        assert_eq!(newest.first().map(|event| event.sequence), Some(newest[0].time_ms + 1));
    }
    let log = EventLog::open_folder(folder, options()).unwrap();
    let count: usize = (1..4).map(|n| texts(&log, organization(n), None, 1000).len()).sum();
    assert_eq!(count, 170);
}

#[test]
fn a_directory_holds_the_log_too() {
    let directory = tempfile::tempdir().unwrap();
    let log = EventLog::open(directory.path(), options()).unwrap();
    fill(&log, 0..100);
    drop(log);
    let log = EventLog::open(directory.path(), options()).unwrap();
    assert_eq!(texts(&log, organization(1), None, 2), ["event 99", "event 96"]);
}

#[test]
fn retention_deletes_whole_segments_and_leaves_the_others() {
    let log = EventLog::open_folder(Arc::new(Memory::default()), options()).unwrap();
    fill(&log, 0..200);
    log.flush().unwrap();
    assert_eq!(forget(&log, 80), 2);
    assert_eq!(forget(&log, 80), 0);
    let left = texts(&log, organization(1), None, 1000);
    assert_eq!(left.last().map(String::as_str), Some("event 81"));
}

#[test]
fn a_segment_is_sealed_when_its_time_is_over() {
    let log = EventLog::open_folder(Arc::new(Memory::default()), options()).unwrap();
    log.append(vec![event(5, organization(1), "old")]).unwrap();
    log.append(vec![event(5_000_000, organization(1), "new")]).unwrap();
    log.flush().unwrap();
    assert_eq!(forget(&log, 1_000), 1);
    assert_eq!(texts(&log, organization(1), None, 10), ["new"]);
}

#[test]
fn what_finds_no_room_is_dropped_and_counted() {
    let log =
        EventLog::open_folder(Arc::new(Memory::default()), EventOptions { queue: 0, ..options() })
            .unwrap();
    let dropped = log.append(vec![event(1, organization(1), "no room")]).unwrap_err();
    assert_eq!((dropped.count, log.dropped()), (1, 1));
    let log = EventLog::open_folder(Arc::new(Memory::default()), options()).unwrap();
    let long = Event { body: vec![0; MAX_EVENT + 1], ..event(1, organization(1), "") };
    assert!(log.append(vec![long, event(1, organization(1), "short")]).is_err());
    assert_eq!(texts(&log, organization(1), None, 10), ["short"]);
}

#[test]
fn a_storm_of_one_partition_leaves_room_to_the_others() {
    let folder = Arc::new(Memory::default());
    let slow = EventOptions { queue: 100, delay: Duration::from_secs(60), ..options() };
    let log = EventLog::open_folder(folder, slow).unwrap();
    let of = |number, count| (0..count).map(move |k| event(k, organization(number), "one"));
    assert!(log.append(of(1, 49)).is_ok());
    let dropped = log.append(of(1, 100)).unwrap_err().count;
    assert_eq!(dropped, 74);
    assert!(log.append(of(2, 25)).is_ok());
}

#[test]
fn a_tail_that_was_not_written_whole_is_cut_off() {
    use super::active::Active;
    let folder = Arc::new(Memory::default());
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    fill(&log, 0..30);
    drop(log);
    let file = folder.open(&Active::name(1)).unwrap();
    file.set_len(file.len().unwrap() - 3).unwrap();
    let log = EventLog::open_folder(folder, options()).unwrap();
    assert_eq!(texts(&log, organization(3), None, 1), ["event 26"]);
    log.append(vec![event(99, organization(3), "after")]).unwrap();
    log.flush().unwrap();
    assert_eq!(texts(&log, organization(3), None, 2), ["after", "event 26"]);
}

#[test]
fn an_event_of_a_change_may_be_long() {
    let folder = Arc::new(Memory::default());
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    let long = Event { body: vec![b'l'; 3_000_000], ..event(1, organization(1), "") };
    log.copy(vec![(1, long.clone()), (2, event(1, organization(1), "next"))]);
    log.flush().unwrap();
    assert_eq!(log.copied(), 2);
    drop(log);
    let log = EventLog::open_folder(folder, options()).unwrap();
    let found = log.newest(organization(1), None, 9).unwrap();
    assert_eq!((found.len(), log.copied()), (2, 2));
    assert!(found[1].body == long.body);
}

#[test]
fn a_chain_goes_on_through_segments_restarts_and_retention() {
    let folder = Arc::new(Memory::default());
    let mut before = Vec::new();
    for start in [0, 90, 130] {
        let log = EventLog::open_folder(folder.clone(), options()).unwrap();
        fill(&log, start..start + 40);
        log.flush().unwrap();
        let found = chain(&log, organization(1));
        assert!(found.starts_with(&before), "what was there is another");
        assert!(found.iter().all(|stored| stored.link.is_some()));
        before = found;
    }
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    assert_eq!(log.chain(organization(1)).unwrap().oldest, Some((1, EventHash::BEGINNING)));
    assert!(forget(&log, 120) > 0);
    let left = chain(&log, organization(1));
    assert!(before.ends_with(&left) && left.len() < before.len());
    let gone = &before[before.len() - left.len() - 1];
    let anchor = (left[0].sequence, gone.link.unwrap().hash);
    assert_eq!(log.chain(organization(1)).unwrap().oldest, Some(anchor));
    // An organization of which nothing is left goes on where it was.
    log.append(vec![event(200, organization(9), "once")]).unwrap();
    log.flush().unwrap();
    let once = log.chain(organization(9)).unwrap().head;
    fill(&log, 300..390);
    log.flush().unwrap();
    forget(&log, 350);
    assert!(chain(&log, organization(9)).is_empty());
    drop(log);
    let log = EventLog::open_folder(folder, options()).unwrap();
    log.append(vec![event(400, organization(9), "again")]).unwrap();
    log.flush().unwrap();
    assert_eq!(chain(&log, organization(9))[0].link.unwrap().previous, once);
}

#[test]
fn what_was_dropped_is_told_in_the_chain() {
    let small = EventOptions { queue: 4, ..options() };
    let log = EventLog::open_folder(Arc::new(Memory::default()), small).unwrap();
    let many = |n| (0..n).map(|k| event(k, organization(1), "one"));
    let long = Event { body: vec![0; MAX_EVENT + 1], ..event(7, organization(2), "") };
    log.append(vec![long]).unwrap_err();
    let dropped = log.append(many(60)).unwrap_err().count;
    log.flush().unwrap();
    let texts: Vec<_> = chain(&log, organization(1)).into_iter().map(|it| it.body).collect();
    assert_eq!(texts.len() as u64, 60 - dropped + 1);
    assert_eq!(texts.last().unwrap(), format!("{dropped} events were dropped").as_bytes());
    let other = chain(&log, organization(2));
    assert_eq!((other.len(), other[0].time_ms), (1, 7));
    assert_eq!(other[0].body, b"1 events were dropped");
}

#[test]
fn the_text_of_an_event_says_whose_it_is() {
    let log = EventLog::open_folder(Arc::new(Memory::default()), options()).unwrap();
    log.introduce(organization(1), [7; 16]);
    log.append(vec![event(1, organization(1), "one"), event(1, organization(2), "one")]).unwrap();
    log.flush().unwrap();
    let found =
        |number: u32| log.newest(organization(number), None, 1).unwrap()[0].link.unwrap().hash;
    assert_eq!(found(1), hash(Some([7; 16]), 1, EventHash::BEGINNING, b"one"));
    assert_eq!(found(2), hash(None, 2, EventHash::BEGINNING, b"one"));
}

#[test]
fn while_the_disk_fails_what_is_dropped_is_counted_and_told_once() {
    let machine = Machine::new();
    let small = EventOptions { queue: 4, delay: Duration::ZERO, ..options() };
    let log = EventLog::open_folder(Arc::new(machine.clone()), small).unwrap();
    machine.plan(1, Fault::NoWrites);
    let one = || vec![event(1, organization(1), "one")];
    let mut dropped = 0;
    for _ in 0..50 {
        dropped += log.append(one()).err().map_or(0, |dropped| dropped.count);
        assert!(log.append(one()).is_ok() || log.flush().is_err());
    }
    assert!(dropped > 0);
    let waiting = texts(&log, organization(1), None, 1_000).len();
    assert!(waiting < 10, "{waiting} wait");
    machine.heal();
    while log.flush().is_err() {}
    log.flush().unwrap();
    let all: Vec<_> = chain(&log, organization(1)).into_iter().map(|it| it.body).collect();
    let told: Vec<u64> = all
        .iter()
        .filter_map(|body| std::str::from_utf8(body).unwrap().split_once(" events were dropped"))
        .map(|(count, _)| count.parse().unwrap())
        .collect();
    assert_eq!(told.iter().sum::<u64>(), log.dropped());
    assert!(told.len() < 4, "{told:?}");
}

#[test]
fn a_search_goes_on_while_the_active_segment_is_sealed() {
    let log = EventLog::open_folder(
        Arc::new(Memory::default()),
        EventOptions { segment_events: 5_000, queue: 60_000, ..options() },
    )
    .unwrap();
    let many = |range: std::ops::Range<u64>| range.map(|n| event(n, organization(1), "one"));
    for newest_first in [true, false] {
        let start =
            log.newest(organization(1), None, 1).unwrap().first().map_or(0, |it| it.sequence);
        log.append(many(start..start + 4_000)).unwrap();
        log.flush().unwrap();
        let (mut seen, mut more) = (Vec::new(), Some(many(start + 4_000..start + 8_000)));
        let take = &mut |stored: Stored| {
            seen.push(stored.sequence);
            // Whoever writes does not wait for whoever reads.
            if let Some(more) = more.take() {
                log.append(more).unwrap();
                log.flush().unwrap();
            }
            true
        };
        let all = EventSearch::all(organization(1));
        if newest_first {
            log.newest_first(&all, take).unwrap();
            assert!(seen.into_iter().eq((1..=start + 4_000).rev()));
        } else {
            log.oldest_first(&all, take).unwrap();
            assert!(seen.into_iter().eq(1..=start + 8_000));
        }
    }
}

#[test]
fn an_active_segment_that_is_gone_is_not_taken_for_a_fresh_start() {
    let folder = Arc::new(Memory::default());
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    fill(&log, 0..100);
    drop(log);
    let active = folder.names().unwrap().into_iter().find(|it| it.ends_with(".chained")).unwrap();
    let file = folder.open(&active).unwrap();
    file.write(9, &[0xFF; 4]).unwrap();
    assert!(EventLog::open_folder(folder.clone(), options()).is_err());
    assert!(EventLog::open_folder(folder.clone(), options()).is_err(), "it stays as it is");
    assert!(folder.names().unwrap().contains(&active));
}

/// The numbers that a search finds, and where it ended early.
fn found(log: &EventLog, search: &EventSearch, newest_first: bool) -> (Vec<u64>, Option<u64>) {
    let mut found = Vec::new();
    let take = &mut |stored: Stored| {
        found.push(stored.sequence);
        true
    };
    let ended =
        if newest_first { log.newest_first(search, take) } else { log.oldest_first(search, take) };
    (found, ended.unwrap())
}

#[test]
fn a_search_finds_what_is_wanted_and_looks_at_little_else() {
    let log = EventLog::open_folder(
        Arc::new(Memory::default()),
        EventOptions { segment_events: 3_000, queue: 60_000, ..options() },
    )
    .unwrap();
    let body = |n: u64| format!("event {}", if n == 4_500 { n } else { n % 7 });
    let one = |n| event(n, organization(u32::try_from(n % 2).unwrap() + 1), &body(n));
    log.append((0..10_000).map(one)).unwrap();
    log.flush().unwrap();
    let all = EventSearch::all(organization(1));
    let rare = EventSearch { terms: vec![vec![term(1, b"event 4500")]], ..all };
    let (numbers, _) = found(&log, &rare, true);
    assert!(numbers.contains(&4_501) && numbers.len() < 1_000, "{}", numbers.len());
    let times = EventSearch { from_ms: 2_000, until_ms: 2_010, ..all.clone() };
    assert_eq!(found(&log, &times, false).0, [2_001, 2_003, 2_005, 2_007, 2_009]);
    let numbers = EventSearch { after: 5_997, before: 6_004, ..all.clone() };
    assert_eq!(found(&log, &numbers, true).0, [6_003, 6_001, 5_999]);
    // What is looked at is bounded, and a search goes on where another ended.
    for newest_first in [true, false] {
        let (mut seen, mut search) = (Vec::new(), EventSearch { most: 777, ..all.clone() });
        loop {
            let (numbers, ended) = found(&log, &search, newest_first);
            seen.extend(numbers);
            match ended {
                Some(at) if newest_first => search.before = at,
                Some(at) => search.after = at,
                None => break,
            }
        }
        seen.sort_unstable();
        assert!(seen.into_iter().eq((1..10_000).step_by(2)));
    }
    assert_eq!(chain(&log, organization(2)).len(), 5_000);
}

#[test]
fn what_events_can_be_searched_by_is_found_out_after_the_log_was_opened() {
    let folder = Arc::new(Memory::default());
    let large = EventOptions { segment_events: 30_000, queue: 60_000, ..options() };
    let log = EventLog::open_folder(folder.clone(), large.clone()).unwrap();
    let body = |n: u64| format!("event {}", if n == 4_500 { n } else { n % 7 });
    let one = |n| event(n, organization(u32::try_from(n % 2).unwrap() + 1), &body(n));
    log.append((0..10_000).map(one)).unwrap();
    drop(log);
    let log = EventLog::open_folder(folder, large).unwrap();
    let rare = |log: &EventLog| {
        let all = EventSearch::all(organization(1));
        found(log, &EventSearch { terms: vec![vec![term(1, b"event 4500")]], ..all }, true).0
    };
    assert!(rare(&log).contains(&4_501), "before, all is looked at");
    let few = (0..100_u64).find_map(|n| {
        log.append(vec![event(n, organization(2), "event 0")]).unwrap();
        log.flush().unwrap();
        Some(rare(&log)).filter(|numbers| numbers.len() < 1_000)
    });
    assert!(few.unwrap().contains(&4_501));
    // What comes afterwards is found, too.
    log.append(vec![event(1, organization(1), "event 4500")]).unwrap();
    log.flush().unwrap();
    let numbers = rare(&log);
    assert!(numbers.len() < 1_500 && numbers.iter().any(|number| *number > 10_000));
    assert_eq!(chain(&log, organization(1)).len(), 5_001);
}
