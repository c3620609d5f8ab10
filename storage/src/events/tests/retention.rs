//! How long events are kept.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::{EventLog, EventsKept, Living};
use super::{chain, fill, options};
use crate::folder::{Folder, Memory};
use crate::tests::organization;

#[test]
fn each_partition_keeps_its_events_as_long_as_it_wants() {
    let folder = Arc::new(Memory::default());
    let log = EventLog::open_folder(folder.clone(), options()).unwrap();
    fill(&log, 0..200);
    log.flush().unwrap();
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
