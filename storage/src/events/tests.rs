//! What the event log promises.

use std::sync::Arc;
use std::time::Duration;

use super::{Event, EventLog, EventOptions, MAX_EVENT};
use crate::Partition;
use crate::folder::Memory;
use crate::tests::organization;

fn options() -> EventOptions {
    EventOptions {
        delay: Duration::from_secs(3600),
        queue: 500,
        segment_events: 40,
        segment_ms: 1_000_000,
    }
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
    assert_eq!(log.delete_before(80).unwrap(), 2);
    assert_eq!(log.delete_before(80).unwrap(), 0);
    let left = texts(&log, organization(1), None, 1000);
    assert_eq!(left.last().map(String::as_str), Some("event 81"));
}

#[test]
fn a_segment_is_sealed_when_its_time_is_over() {
    let log = EventLog::open_folder(Arc::new(Memory::default()), options()).unwrap();
    log.append(vec![event(5, organization(1), "old")]).unwrap();
    log.append(vec![event(5_000_000, organization(1), "new")]).unwrap();
    log.flush().unwrap();
    assert_eq!(log.delete_before(1_000).unwrap(), 1);
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
fn a_tail_that_was_not_written_whole_is_cut_off() {
    use super::active::Active;
    use crate::folder::Folder;
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
