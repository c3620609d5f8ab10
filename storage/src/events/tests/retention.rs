//! How long events are kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::{EventLog, EventOptions, EventsCut, EventsKept, Living, unpoisoned};
use super::{chain, event, fill, options, settle};
use crate::folder::{Folder, Memory};
use crate::tests::organization;

#[test]
fn each_partition_keeps_its_events_as_long_as_it_wants() {
    let folder = Arc::new(Memory::default());
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    fill(&log, 0..200);
    log.flush().unwrap();
    settle(&log);
    let whole: Vec<_> = (1..4).map(|number| chain(&log, organization(number))).collect();
    let of = [(organization(1), 150), (organization(2), 50)].into_iter().collect();
    let kept = EventsKept { of, ..EventsKept::default() };
    assert!(log.forget(&kept).unwrap() > 0);
    assert_eq!(log.forget(&kept).unwrap(), 0, "what is gone does not go again");
    let left = |log: &EventLog| -> Vec<_> {
        (1..4).map(|number| chain(log, organization(number))).collect()
    };
    let after = left(&log);
    let oldest: Vec<u64> = after.iter().map(|chain| chain[0].time_ms).collect();
    assert_eq!(oldest, [120, 40, 2], "segments of forty are left as a whole");
    assert!(whole.iter().zip(&after).all(|(whole, after)| whole.ends_with(after)));
    drop(log);
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    assert_eq!(left(&log), after);
    // One who stays in an old segment stays in all later ones.
    let of = [(organization(3), u64::MAX)].into_iter().collect();
    log.forget(&EventsKept { before_ms: 10, of, living: None }).unwrap();
    assert!(chain(&log, organization(3)).iter().all(|stored| stored.sequence > 160));
    assert_eq!(left(&log)[..2], after[..2]);
    assert!(folder.names().unwrap().iter().all(|name| !name.ends_with(".unfinished")));
}

#[test]
fn what_is_destroyed_leaves_nothing_and_what_may_be_new_stays() {
    let folder = Arc::new(Memory::default());
    let log = EventLog::open_folder(folder, options()).unwrap();
    fill(&log, 0..200);
    log.flush().unwrap();
    settle(&log);
    let lengths = |log: &EventLog| [1, 2, 3].map(|number| chain(log, organization(number)).len());
    let before = lengths(&log);
    assert!(before.iter().all(|length| *length > 60), "{before:?}");
    let partitions: BTreeSet<_> = [organization(1), organization(3)].into_iter().collect();
    let of = [(organization(2), 0)].into_iter().collect();
    let living = Some(Living { partitions, since_ms: 40 });
    let kept = EventsKept { living, of, ..EventsKept::default() };
    log.forget(&kept).unwrap();
    let after = lengths(&log);
    assert_eq!((after[0], after[2]), (before[0], before[2]));
    assert!(after[1] > 0 && after[1] < before[1], "{after:?}");
    let partitions = kept.living.clone().unwrap().partitions;
    let living = Some(Living { partitions, since_ms: 160 });
    log.forget(&EventsKept { living, ..kept }).unwrap();
    let left = chain(&log, organization(2));
    assert!(left.iter().all(|stored| stored.time_ms >= 120), "what was not sealed comes later");
    assert_eq!(lengths(&log)[0], before[0]);
}

/// When the oldest event that is left of each of three organizations happened.
fn oldest(log: &EventLog) -> [u64; 3] {
    [1, 2, 3].map(|number| chain(log, organization(number))[0].time_ms)
}

/// How many octets an organization has in each sealed segment in which it has any.
fn sizes(log: &EventLog, number: u32) -> Vec<u64> {
    settle(log);
    let sealed = unpoisoned(log.flusher.log.segments.read()).sealed.clone();
    let parts = sealed.iter().flat_map(|it| it.index.parts.iter().zip(&it.sizes));
    parts.filter(|(part, _)| part.number == number).map(|(_, size)| *size).collect()
}

#[test]
fn each_partition_keeps_its_newest_events_where_there_are_too_many() {
    let folder = Arc::new(Memory::default());
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    fill(&log, 0..200);
    log.flush().unwrap();
    settle(&log);
    let whole = chain(&log, organization(1));
    let sizes = sizes(&log, 1);
    assert_eq!(sizes.len(), 4, "segments of forty, and one that is written to");
    assert!(log.bound(u64::MAX).unwrap().is_empty());
    assert_eq!(oldest(&log), [0, 1, 2]);
    // The newest two are less than is kept, so the one before stays as a whole.
    assert_eq!(log.bound(sizes[3] + sizes[2] + 1).unwrap().len(), 3);
    assert_eq!(oldest(&log), [42, 40, 41]);
    let cut = log.bound(1).unwrap();
    let newest = |number, newest_ms| EventsCut { partition: organization(number), newest_ms };
    assert_eq!(cut, [newest(1, 117), newest(2, 118), newest(3, 119)]);
    assert_eq!(oldest(&log), [120, 121, 122], "the newest that is sealed stays");
    assert!(log.bound(1).unwrap().is_empty(), "what is gone does not go again");
    assert!(whole.ends_with(&chain(&log, organization(1))));
    drop(log);
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    assert_eq!(oldest(&log), [120, 121, 122]);
    assert!(log.bound(1).unwrap().is_empty());
    fill(&log, 200..230);
    log.flush().unwrap();
    settle(&log);
    assert_eq!(log.bound(1).unwrap().len(), 3, "another was sealed");
    assert_eq!(oldest(&log), [162, 160, 161]);
    assert!(folder.names().unwrap().iter().all(|name| !name.ends_with(".unfinished")));
}

#[test]
fn a_storm_of_one_takes_nothing_from_others() {
    let folder = Arc::new(Memory::default());
    let large = EventOptions { segment_events: 3_000, queue: 60_000, ..options() };
    let log = EventLog::open_folder(folder, large).unwrap();
    let (storm, calm) = (organization(2), [organization(1), organization(3)]);
    for n in 0..20_000 {
        let whose = if n % 1_000 == 0 { calm[usize::from(n % 2_000 == 0)] } else { storm };
        log.append(vec![event(n, whose, &format!("event {n}"))]).unwrap();
        if n % 5_000 == 0 {
            log.flush().unwrap();
            settle(&log);
        }
    }
    log.flush().unwrap();
    settle(&log);
    let before = calm.map(|calm| chain(&log, calm));
    let whole = chain(&log, storm);
    let most = sizes(&log, 2).iter().rev().take(2).sum();
    let cut = log.bound(most).unwrap();
    assert_eq!(cut.iter().map(|cut| cut.partition).collect::<Vec<_>>(), [storm]);
    assert_eq!(calm.map(|calm| chain(&log, calm)), before);
    let left = chain(&log, storm);
    assert_eq!(left[0].time_ms, 12_001, "two sealed segments, and the one that is written to");
    assert!(whole.ends_with(&left));
    assert!(sizes(&log, 2).iter().sum::<u64>() <= most);
}
