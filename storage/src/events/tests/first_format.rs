//! Events of the first format, which no chain joins: what becomes of them.

use std::sync::Arc;

use redb::StorageBackend;
use serde::Serialize;

use super::super::{EventHash, EventLog, EventSearch, EventsKept, term};
use super::{chain, event, fill, forget, options, settle};
use crate::disk::Disk;
use crate::folder::{Folder, Memory};
use crate::journal::Journal;
use crate::seal::Vault;
use crate::store::Parts;
use crate::tests::machine::{Fault, Machine};
use crate::tests::{entropy, organization};
use crate::{MasterKey, OpenError, Options, Store};

#[test]
fn each_step_of_taking_over_events_of_the_first_format_may_lose_power() {
    for n in 1.. {
        let machine = Machine::new();
        first_format(&machine, 20, 7);
        for name in machine.names().unwrap() {
            machine.file(&name).sync_data().unwrap();
        }
        machine.plan(n, Fault::PowerLoss);
        if let Ok(log) = EventLog::open_folder(Arc::new(machine.clone()), options()) {
            log.append(vec![event(100, organization(1), "new")]).unwrap();
            let _lost = log.flush();
            settle(&log);
            let _lost = log.forget(&EventsKept { before_ms: 5, ..EventsKept::default() });
        }
        let hit = machine.was_hit();
        let log = EventLog::open_folder(Arc::new(machine.restarted(n)), options()).unwrap();
        log.append(vec![event(200, organization(1), "later")]).unwrap();
        log.flush().unwrap();
        let found = chain(&log, organization(1));
        let old = found.iter().filter(|stored| stored.link.is_none()).count();
        assert_eq!(old, 27, "after {n}");
        let first = found[27].link.unwrap();
        assert_eq!(first.previous, EventHash::BEGINNING);
        if !hit {
            assert!(n > 10);
            break;
        }
    }
}

#[test]
fn a_store_of_the_first_format_is_taken_over_only_by_whom_it_is_meant_for() {
    let machine = Machine::new();
    let vault = |key| Vault::new(MasterKey::from_bytes([key; 32]), entropy());
    let open = |key| {
        let (disk, events) = (Disk::new(machine.file("database")), Arc::new(machine.clone()));
        let journal = Journal::open(&Machine::new(), 4_096).unwrap();
        let parts = Parts { disk, events, journal, lock: None };
        let options = Options { events: options(), ..Options::default() };
        Store::start(parts, vault(key), options)
    };
    let format = |number: u32| {
        let database = Disk::new(machine.file("database")).open(1 << 20).unwrap();
        crate::format::tests::set_format(&database, number);
    };
    drop(open(1).unwrap());
    machine.names().unwrap().iter().for_each(|name| machine.remove(name).unwrap());
    first_format(&machine, 20, 7);
    let before = machine.names().unwrap();
    format(7);
    assert!(matches!(open(1), Err(OpenError::Newer { found: 7, .. })));
    assert_eq!(machine.names().unwrap(), before);
    format(1);
    assert!(matches!(open(2), Err(OpenError::WrongMasterKey)));
    assert_eq!(machine.names().unwrap(), before, "the right version may still open it");
    let database = Disk::new(machine.file("database")).open(1 << 20).unwrap();
    assert_eq!(crate::format::tests::format_of(&database), 1);
    drop(database);
    let store = open(1).unwrap();
    let events = store.events();
    events.append(vec![event(100, organization(1), "new")]).unwrap();
    events.flush().unwrap();
    assert_eq!(chain(events, organization(1)).len(), 28);
    assert!(machine.names().unwrap().iter().all(|name| !name.ends_with(".active")));
    assert_eq!(events.chain(organization(1)).unwrap().oldest, Some((28, EventHash::BEGINNING)));
}

#[test]
fn who_stays_in_a_segment_of_the_first_format_stays_in_later_ones_and_others_do_not() {
    let folder = Arc::new(Memory::default());
    first_format(folder.as_ref(), 20, 0);
    let log = EventLog::open_folder(folder, options()).unwrap();
    // What happened before is told late.
    for n in 0..90 {
        let partition = organization(u32::try_from(n % 2).unwrap() + 1);
        log.append(vec![event(3, partition, "late")]).unwrap();
    }
    log.append(vec![event(5_000_000, organization(3), "now")]).unwrap();
    log.flush().unwrap();
    settle(&log);
    let before = [1, 2].map(|number| chain(&log, organization(number)).len());
    assert_eq!(before, [65, 45]);
    // Nobody knows yet who is in the old one, so nobody leaves those behind it.
    forget(&log, 15);
    assert_eq!([1, 2].map(|number| chain(&log, organization(number)).len()), before);
    let of = [(organization(1), 4), (organization(2), 1_000)].into_iter().collect();
    log.forget(&EventsKept { of, ..EventsKept::default() }).unwrap();
    assert_eq!(chain(&log, organization(1)).len(), 65, "the old ones stay, and so do these");
    assert!(chain(&log, organization(2)).is_empty());
}

#[test]
fn what_is_too_much_leaves_segments_of_the_first_format_too() {
    let folder = Arc::new(Memory::default());
    first_format(folder.as_ref(), 20, 0);
    let log = EventLog::open_folder(folder, options()).unwrap();
    for n in 0..90 {
        let partition = organization(u32::try_from(n % 2).unwrap() + 1);
        log.append(vec![event(3, partition, "late")]).unwrap();
    }
    log.append(vec![event(5_000_000, organization(3), "now")]).unwrap();
    log.flush().unwrap();
    settle(&log);
    let lengths = || [1, 2].map(|number| chain(&log, organization(number)).len());
    assert_eq!(lengths(), [65, 45]);
    assert_eq!(log.bound(1).unwrap().len(), 2);
    assert_eq!(lengths(), [5, 5], "the newest that is sealed stays");
}

/// A segment and an active one as the first format has them, of events that follow each other.
fn first_format(folder: &dyn Folder, sealed: u64, active: u64) {
    #[derive(Serialize)]
    struct Unchained<'a>(u32, u64, u64, u64, #[serde(with = "serde_bytes")] &'a [u8]);
    let encoded = |sequence: u64| {
        let text = format!("old {sequence}");
        crate::encode(&Unchained(1, sequence, sequence, 0, text.as_bytes())).unwrap()
    };
    let text: Vec<u8> = (1..=sealed).flat_map(encoded).collect();
    let block = lz4_flex::compress_prepend_size(&text);
    let blocks = vec![(0_u64, length(&block), crc32fast::hash(&block), (1_u32, 1_u64))];
    let index = crate::encode(&(1_u64, sealed, 0_u64, sealed, blocks)).unwrap();
    let mut octets = block;
    octets.extend_from_slice(&index);
    octets.extend_from_slice(&crc32fast::hash(&index).to_le_bytes());
    octets.extend_from_slice(&length(&index).to_le_bytes());
    octets.extend_from_slice(b"tnsealed");
    put(folder, &format!("{:020}.sealed", 1), &octets);
    let mut octets = b"tnevent1".to_vec();
    octets.extend_from_slice(&(sealed + 1).to_le_bytes());
    octets.extend_from_slice(&0_u64.to_le_bytes());
    octets.extend_from_slice(&crc32fast::hash(&octets).to_le_bytes());
    for encoded in (sealed + 1..=sealed + active).map(encoded) {
        octets.extend_from_slice(&length(&encoded).to_le_bytes());
        octets.extend_from_slice(&crc32fast::hash(&encoded).to_le_bytes());
        octets.extend_from_slice(&encoded);
    }
    put(folder, &format!("{:020}.active", sealed + 1), &octets);
}

fn length(octets: &[u8]) -> u32 {
    u32::try_from(octets.len()).unwrap()
}

fn put(folder: &dyn Folder, name: &str, octets: &[u8]) {
    let file = folder.open(name).unwrap();
    file.set_len(octets.len() as u64).unwrap();
    file.write(0, octets).unwrap();
}

#[test]
fn events_of_the_first_format_stay_and_a_chain_begins_behind_them() {
    for active in [0, 7] {
        let folder = Arc::new(Memory::default());
        first_format(folder.as_ref(), 20, active);
        let log = EventLog::open_folder(folder.clone(), options()).unwrap();
        log.append(vec![event(100, organization(1), "new")]).unwrap();
        log.flush().unwrap();
        drop(log);
        assert!(folder.names().unwrap().iter().all(|name| !name.ends_with(".active")));
        let log = EventLog::open_folder(folder, options()).unwrap();
        let found = chain(&log, organization(1));
        assert_eq!(found.len() as u64, 20 + active + 1);
        let (new, old) = found.split_last().unwrap();
        assert!((1..).zip(old).all(|(n, it)| it.sequence == n && it.link.is_none()));
        assert_eq!(old[9].body, b"old 10");
        assert_eq!(new.link.unwrap().previous, EventHash::BEGINNING);
        let search = EventSearch {
            terms: vec![vec![term(1, b"old 5")]],
            until_ms: 6,
            ..EventSearch::all(organization(1))
        };
        let mut found = Vec::new();
        log.newest_first(&search, &mut |stored| {
            found.push(stored.sequence);
            true
        })
        .unwrap();
        assert_eq!(found.first(), Some(&5), "what has no summary is looked through");
    }
}

#[test]
fn what_an_older_daemon_left_beside_takes_nothing_away() {
    let folder = Arc::new(Memory::default());
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    fill(&log, 0..30);
    drop(log);
    let mut octets = b"tnevent1".to_vec();
    octets.extend_from_slice(&1_u64.to_le_bytes());
    octets.extend_from_slice(&0_u64.to_le_bytes());
    octets.extend_from_slice(&crc32fast::hash(&octets).to_le_bytes());
    put(folder.as_ref(), &format!("{:020}.active", 1), &octets);
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    assert_eq!(chain(&log, organization(1)).len(), 10);
    assert_eq!(folder.names().unwrap().len(), 1);
}
