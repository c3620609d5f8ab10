//! What the store promises, with a record that stands for any.

mod crash;
mod isolation;
pub(crate) mod machine;

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redb::backends::InMemoryBackend;
use serde::{Deserialize, Serialize};

use crate::{
    Change, ChangeError, Changed, Commit, Entries, Entropy, Id, Index, Kind, KindCheck, MAX_VALUE,
    MasterKey, OpenError, Options, Partition, ReadError, Reading, Record, Relation, Stopwatch,
    Store, What, WriteError, key,
};

#[derive(Clone, Eq, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Thing {
    pub(crate) name: Vec<u8>,
    pub(crate) size: u32,
}

pub(crate) const NAME: Index = Index(1);
pub(crate) const SIZE: Index = Index(2);
pub(crate) const MEMBER: Relation = Relation(1);

impl Record for Thing {
    const KIND: Kind = Kind(7);
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(NAME, &self.name);
        entries.add(SIZE, &self.size.to_be_bytes());
    }

    fn called(&self) -> Option<&str> {
        std::str::from_utf8(&self.name).ok().filter(|name| !name.is_empty())
    }

    fn known_as(&self) -> Option<[u8; 16]> {
        u8::try_from(self.size).ok().map(|size| [size; 16])
    }
}

/// Something that changes all the time, and can be made again.
#[derive(Clone, Eq, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Loose(pub(crate) u64);

impl Record for Loose {
    const KIND: Kind = Kind(8);
    const VERSION: u8 = 1;
    const LOGGED: bool = false;

    fn index(&self, entries: &mut Entries) {
        entries.add(SIZE, &self.0.to_be_bytes());
    }
}

/// Random octets that are the same in every run.
pub(crate) struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        for octet in out {
            let step = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            *octet = (step >> 56) as u8;
        }
    }
}

pub(crate) fn entropy() -> Arc<dyn Entropy> {
    Arc::new(Counting(1.into()))
}

pub(crate) fn organization(number: u32) -> Partition {
    Partition::Organization(NonZeroU32::new(number).unwrap())
}

pub(crate) fn thing(name: &str) -> Thing {
    Thing { name: name.into(), size: 3 }
}

pub(crate) fn store() -> Store {
    memory_store(Options::default())
}

fn memory_store(options: Options) -> Store {
    let master = MasterKey::from_bytes([1; 32]);
    Store::open_backend(InMemoryBackend::new(), master, entropy(), options).unwrap()
}

fn open(directory: &Path, master: u8) -> Result<Store, OpenError> {
    Store::open(directory, MasterKey::from_bytes([master; 32]), entropy(), Options::default())
}

fn put(store: &Store, id: Id, name: &'static str) {
    store.write(move |change| change.put(Partition::Provider, id, &thing(name))).unwrap();
}

#[test]
fn a_change_is_readable_once_it_is_answered() {
    let store = store();
    let acme = organization(1);
    let id = store
        .write::<_, ChangeError, _>(move |change| {
            change.create_partition(acme)?;
            let id = change.allocate(acme)?;
            change.put(acme, id, &thing("ada"))?;
            change.link(acme, MEMBER, id, 9)?;
            change.put_secret(acme, Kind(7), id, b"pssst")?;
            assert_eq!(change.find_first(acme, NAME, b"ada")?, Some(id));
            Ok(id)
        })
        .unwrap();
    let snapshot = store.read().unwrap();
    assert_eq!(snapshot.get::<Thing>(acme, id).unwrap(), Some(thing("ada")));
    assert_eq!(snapshot.find_first(acme, NAME, b"ada").unwrap(), Some(id));
    let linking: Result<Vec<_>, ReadError> = snapshot.linking(acme, MEMBER, 9).collect();
    assert_eq!(linking.unwrap(), [id]);
    let secret = snapshot.secret(acme, Kind(7), id).unwrap().unwrap();
    assert_eq!(secret.expose(), b"pssst");
}

#[test]
fn it_is_counted_how_writing_goes() {
    let store = memory_store(Options { stopwatch: Stopwatch(passing), ..Options::default() });
    let before = store.figures();
    assert_eq!((before.changes, before.waiting, before.commits.sum), (0, 0, Duration::ZERO));
    put(&store, 1, "a");
    put(&store, 2, "b");
    let nothing: Result<(), WriteError<ChangeError>> = store.write(|_| Ok(()));
    nothing.unwrap();
    let after = store.figures();
    assert_eq!((after.changes, after.failed, after.waiting), (2, 0, 0));
    let within: u64 = after.commits.steps.iter().map(|(_, count)| count).sum();
    assert_eq!(within + after.commits.beyond, 2);
    assert!(after.commits.sum > Duration::ZERO && after.octets > 0);
    let waited: u64 = after.waits.steps.iter().map(|(_, count)| count).sum();
    assert_eq!(waited + after.waits.beyond, 3);
    // What waits for a commit takes longer than the commit.
    assert!(after.waits.sum > after.commits.sum);
}

/// A stopwatch on which a millisecond passes between two looks.
fn passing() -> Duration {
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    Duration::from_millis(LOOKS.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn a_snapshot_tells_what_changed_since_another_as_far_as_the_log_reaches() {
    let store = memory_store(Options { log: 3, ..Options::default() });
    (1..=3).for_each(|id| put(&store, id, "a"));
    put(&store, 3, "b");
    put(&store, 3, "b");
    store.write(|change| change.delete::<Thing>(Partition::Provider, 2)).unwrap();
    let snapshot = store.read().unwrap();
    put(&store, 9, "later");
    let since = |sequence, most| {
        let mut told = Vec::new();
        let all = snapshot
            .changes_since(sequence, most, &mut |change| told.push((change.id, change.what)))
            .unwrap();
        all.then_some(told)
    };
    let last = snapshot.sequence();
    let removed = (2, What::Removed { known_as: [3; 16] });
    assert_eq!(since(last, 9), Some(Vec::new()));
    assert_eq!(since(last - 2, 9), Some(vec![(3, What::Rewritten), removed]));
    assert_eq!(since(last - 3, 9).unwrap().first(), Some(&(3, What::Put)));
    assert_eq!(since(last - 2, 1), None, "more than wanted");
    assert_eq!(since(last - 4, 9), None, "the log does not reach back");
    assert_eq!(since(last + 1, 9), None, "it is not of this snapshot's past");
    let at = |sequences: &[u64]| {
        let mut told = Vec::new();
        let all = snapshot
            .changes_at(sequences, &mut |change| told.push((change.id, change.what)))
            .unwrap();
        all.then_some(told)
    };
    assert_eq!(at(&[last - 2, last]), Some(vec![(3, What::Put), removed]));
    assert_eq!(at(&[]), Some(Vec::new()));
    assert_eq!((at(&[last - 3]), at(&[last, last + 1])), (None, None));
}

#[test]
fn a_change_does_not_see_what_it_deleted_itself() {
    let store = store();
    for (id, name) in [(1, "a"), (2, "b"), (3, "c")] {
        put(&store, id, name);
    }
    let deleted = |change: &mut Change<'_>| {
        let provider = Partition::Provider;
        assert!(change.delete::<Thing>(provider, 2)?);
        assert!(!change.delete::<Thing>(provider, 2)?);
        change.put(provider, 3, &thing("aa"))?;
        change.put(provider, 9, &thing("z"))?;
        let all: Result<Vec<_>, ReadError> = change.prefix(provider, NAME, b"").collect();
        let expected = [("a", 1), ("aa", 3), ("z", 9)].map(|(n, id)| (n.as_bytes().to_vec(), id));
        assert_eq!(all?, expected);
        let records: Result<Vec<_>, ReadError> = change.scan::<Thing>(provider, Some(1)).collect();
        assert_eq!(records?, [(3, thing("aa")), (9, thing("z"))]);
        change.allocate(provider)
    };
    assert_eq!(store.write::<_, ChangeError, _>(deleted).unwrap(), 10);
    assert!(store.check(&[KindCheck::of::<Thing>()]).unwrap().is_sound());
}

#[test]
fn a_refused_change_leaves_nothing_behind() {
    let store = store();
    let refused = store.write(|change| {
        change.put(Partition::Provider, 1, &thing("half")).unwrap();
        change.event(Partition::Provider, 1, b"half");
        Err::<(), _>("no")
    });
    assert!(matches!(refused, Err(WriteError::Refused("no"))));
    assert_eq!(store.read().unwrap().get::<Thing>(Partition::Provider, 1).unwrap(), None);
    assert!(store.events().newest(Partition::Provider, None, 9).unwrap().is_empty());
    assert_eq!(store.sequence(), 0);
}

#[test]
fn a_change_that_panics_harms_nobody() {
    let store = store();
    let panicked = store.write(|_| -> Result<(), ChangeError> { panic!("on purpose") });
    assert!(matches!(panicked, Err(WriteError::Panicked)));
    put(&store, 1, "after");
    assert_eq!(store.sequence(), 1);
}

#[test]
fn a_watcher_has_seen_a_change_before_its_caller_is_answered() {
    let store = store();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watching = Arc::clone(&seen);
    store.watch(Box::new(|_| panic!("on purpose")));
    store.watch(Box::new(move |commit| watching.lock().unwrap().push(commit.clone())));
    put(&store, 4, "seen");
    let changed =
        Changed { partition: Partition::Provider, kind: Thing::KIND, id: 4, what: What::Put };
    let commit = Commit { sequence: 1, changes: vec![changed] };
    assert_eq!(*seen.lock().unwrap(), [commit]);
}

#[test]
fn changes_of_many_callers_are_all_kept() {
    let store = memory_store(Options { queue: 2, group: 5, log: 10, ..Options::default() });
    std::thread::scope(|scope| {
        for caller in 0..8_u32 {
            let store = store.clone();
            scope.spawn(move || {
                for size in 0..25 {
                    let name = caller.to_be_bytes().to_vec();
                    let write = move |change: &mut Change<'_>| {
                        let id = change.allocate(Partition::Provider)?;
                        change.put(Partition::Provider, id, &Thing { name, size })
                    };
                    store.write::<_, ChangeError, _>(write).unwrap();
                }
            });
        }
    });
    let report = store.check(&[KindCheck::of::<Thing>()]).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.records, store.sequence()), (200, 200));
}

#[test]
fn a_value_over_the_limit_is_refused() {
    let store = store();
    let long = Thing { name: vec![0; MAX_VALUE + 1], size: 0 };
    let refused = store.write(move |change| change.put(Partition::Provider, 1, &long));
    assert!(matches!(
        refused,
        Err(WriteError::Refused(ChangeError::ValueTooLong { index: NAME, .. }))
    ));
    let longest = Thing { name: vec![0; MAX_VALUE], size: 0 };
    store.write(move |change| change.put(Partition::Provider, 1, &longest)).unwrap();
}

#[test]
fn a_destroyed_partition_loses_its_secrets_at_once_and_its_data_soon() {
    let store = store();
    let acme = organization(7);
    let create = move |change: &mut Change<'_>| {
        change.create_partition(acme)?;
        for id in 0..6000 {
            change.put(acme, id, &thing("many"))?;
        }
        change.put_secret(acme, Kind(7), 1, b"gone")
    };
    store.write::<_, ChangeError, _>(create).unwrap();
    store.write(move |change| change.destroy_partition(acme)).unwrap();
    let snapshot = store.read().unwrap();
    assert!(!snapshot.partition_exists(acme).unwrap());
    assert!(matches!(snapshot.secret(acme, Kind(7), 1), Ok(None) | Err(ReadError::Sealed)));
    let refused = store.write(move |change| change.put(acme, 1, &thing("back")));
    assert!(matches!(refused, Err(WriteError::Refused(ChangeError::NoPartition(_)))));
    while store.read().unwrap().partitions().unwrap().contains(&acme) {
        std::thread::yield_now();
    }
    let mut created = store.write(move |change| change.create_partition(acme));
    while matches!(created, Err(WriteError::Refused(ChangeError::PartitionTaken(_)))) {
        created = store.write(move |change| change.create_partition(acme));
    }
    created.unwrap();
    let report = store.check(&[KindCheck::of::<Thing>()]).unwrap();
    assert!(report.is_sound() && report.records == 0, "{report:?}");
}

#[test]
fn a_directory_in_use_is_refused_and_its_owner_named() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), 1).unwrap();
    put(&store, 1, "kept");
    let Err(OpenError::InUse { owner }) = open(directory.path(), 1) else {
        panic!("two stores in one directory");
    };
    assert_eq!(owner, format!("process {}", std::process::id()));
    drop(store);
    let store = open(directory.path(), 1).unwrap();
    let kept = store.read().unwrap().get::<Thing>(Partition::Provider, 1).unwrap();
    assert_eq!(kept, Some(thing("kept")));
}

#[test]
fn a_file_that_was_not_created_whole_is_created_anew() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("tenantry.redb.unfinished"), b"half a file").unwrap();
    open(directory.path(), 1).unwrap();
}

#[cfg(unix)]
#[test]
fn nobody_but_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    drop(open(&data, 1).unwrap());
    let mode = |name: &str| data.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("."), mode("tenantry.redb"), mode("events")), (0o700, 0o600, 0o700));
}

#[test]
fn a_rotated_master_key_opens_the_store_and_the_old_one_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), 1).unwrap();
    let secret = |change: &mut Change<'_>| change.put_secret(Partition::Provider, Kind(1), 1, b"s");
    store.write(secret).unwrap();
    let before = store.read().unwrap();
    let also = |change: &mut Change<'_>| change.put(Partition::Provider, 1, &thing("beside"));
    store.rotate_master_key::<ChangeError, _>(MasterKey::from_bytes([2; 32]), also).unwrap();
    for snapshot in [before, store.read().unwrap()] {
        let secret = snapshot.secret(Partition::Provider, Kind(1), 1).unwrap().unwrap();
        assert_eq!(secret.expose(), b"s");
    }
    drop(store);
    assert!(matches!(open(directory.path(), 1), Err(OpenError::WrongMasterKey)));
    let store = open(directory.path(), 2).unwrap();
    assert!(store.read().unwrap().get::<Thing>(Partition::Provider, 1).unwrap().is_some());
    assert!(store.check(&[KindCheck::of::<Thing>()]).unwrap().is_sound());
}

#[test]
fn a_check_names_what_does_not_fit_together() {
    let store = store();
    let spoil = |change: &mut Change<'_>| {
        change.put(Partition::Provider, 1, &thing("a"))?;
        change.put(Partition::Provider, 2, &thing("b"))?;
        change.link(Partition::Provider, MEMBER, 1, 2)?;
        let pending = &mut change.made.pending;
        pending.remove(&key::index_entry(Partition::Provider, NAME, b"a", 1));
        pending.insert(key::index_entry(Partition::Provider, NAME, b"z", 2), Some(Vec::new()));
        pending.insert(key::index_entry(Partition::Provider, NAME, b"z", 3), Some(Vec::new()));
        let ends = (2, 1);
        let back = key::link(Partition::Provider, MEMBER, key::Direction::Backward, ends);
        pending.remove(&back);
        pending.insert(key::secret(Partition::Provider, Kind(1), 1), Some(vec![0; 60]));
        Ok(())
    };
    store.write::<_, ChangeError, _>(spoil).unwrap();
    let report = store.check(&[KindCheck::of::<Thing>()]).unwrap();
    assert_eq!(
        report.problems,
        [
            "partition 0: record 1 of kind 7 is not in index 1",
            "partition 0: a link that is there in one direction alone",
            "partition 0: secret 1 of kind 1 cannot be unsealed",
            "partition 0: an index entry that record 2 does not name",
            "partition 0: an index entry that record 3 does not name",
            "partition 0: links differ between their directions",
        ]
    );
}

#[test]
fn what_was_read_of_a_partition_holds_until_that_partition_is_changed() {
    let store = store();
    put(&store, 1, "one");
    let before = store.read().unwrap();
    assert_eq!(before.sequence(), store.sequence());
    store.write(|change| change.create_partition(organization(9))).unwrap();
    let after = store.read().unwrap();
    assert!(after.sequence() > before.sequence());
    assert!(after.agrees_with(Partition::Provider, before.sequence()));
    assert!(!after.agrees_with(organization(9), before.sequence()));
    put(&store, 1, "two");
    assert!(!after.agrees_with(Partition::Provider, before.sequence()));
    let last = store.read().unwrap();
    assert!(last.agrees_with(Partition::Provider, last.sequence()));
    assert!(store.is_unchanged(Partition::Provider, last.sequence()));
    assert!(!store.is_unchanged(Partition::Provider, before.sequence()));
    assert!(!store.is_unchanged(organization(9), before.sequence()));
    assert!(store.is_unchanged(organization(9), after.sequence()));
}

#[test]
fn the_first_of_a_value_is_found_in_a_snapshot_and_in_a_change() {
    let store = store();
    for (id, name) in [(3, "same"), (5, "same"), (4, "samet")] {
        put(&store, id, name);
    }
    let find = |value: &[u8]| store.read().unwrap().find_first(Partition::Provider, NAME, value);
    assert_eq!(find(b"same").unwrap(), Some(3));
    assert_eq!(find(b"samet").unwrap(), Some(4));
    assert_eq!(find(b"sam").unwrap(), None);
    assert_eq!(find(b"z").unwrap(), None);
    let found = store.write(|change| {
        change.put(Partition::Provider, 2, &thing("same"))?;
        change.delete::<Thing>(Partition::Provider, 4)?;
        let first = |change: &Change<'_>, value: &[u8]| {
            change.find_first(Partition::Provider, NAME, value).map_err(ChangeError::Read)
        };
        Ok::<_, ChangeError>((first(change, b"same")?, first(change, b"samet")?))
    });
    assert_eq!(found.unwrap(), (Some(2), None));
}

#[test]
fn what_is_written_behind_is_seen_at_once_and_takes_no_number() {
    let store = store();
    let acme = organization(1);
    store.write(move |change| change.create_partition(acme)).unwrap();
    let before = store.sequence();
    store.write_behind(move |change| change.put(acme, 1, &Loose(7))).unwrap();
    assert_eq!(store.sequence(), before);
    let snapshot = store.read().unwrap();
    assert_eq!(snapshot.get::<Loose>(acme, 1).unwrap(), Some(Loose(7)));
    assert_eq!(snapshot.sequence(), before);
    let refused = store.write_behind(move |change| {
        change.put(acme, 1, &Loose(8))?;
        Err::<(), _>(ChangeError::NoPartition(acme))
    });
    assert!(refused.is_err());
    assert_eq!(store.read().unwrap().get::<Loose>(acme, 1).unwrap(), Some(Loose(7)));
    // What is logged has a number, and so is durable.
    store.write_behind(move |change| change.put(acme, 2, &thing("one"))).unwrap();
    assert_eq!(store.sequence(), before + 1);
}

#[test]
fn what_is_put_without_looking_stands_as_what_is_put() {
    let store = store();
    let acme = organization(1);
    let done = store.write(move |change| {
        change.create_partition(acme)?;
        let id = change.allocate(acme)?;
        change.put_first(acme, id, &thing("one"))?;
        let long = Thing { name: vec![b'x'; MAX_VALUE + 1], size: 1 };
        let other = change.allocate(acme)?;
        assert!(matches!(
            change.put_first(acme, other, &long),
            Err(ChangeError::ValueTooLong { .. })
        ));
        change.put_again(acme, id, &thing("one"))?;
        Ok::<_, ChangeError>(id)
    });
    let id = done.unwrap();
    let snapshot = store.read().unwrap();
    assert_eq!(snapshot.find_first(acme, NAME, b"one").unwrap(), Some(id));
    let report = store.check(&[KindCheck::of::<Thing>()]).unwrap();
    assert!(report.is_sound(), "{report:?}");
}
