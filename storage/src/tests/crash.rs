//! The store on a disk that fails, tears or loses power, at every single operation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::machine::{Dice, Fault, Machine};
use super::{Loose, MEMBER, Thing, entropy, organization, thing};
use crate::disk::Disk;
use crate::events::tests::settle;
use crate::journal::Journal;
use crate::seal::Vault;
use crate::store::Parts;
use crate::{
    Change, ChangeError, Event, EventOptions, EventsKept, Id, Kind, KindCheck, MasterKey,
    OpenError, Options, Partition, ReadError, Reading, Store, WriteError,
};

#[test]
fn after_a_power_loss_at_any_operation_all_that_was_acknowledged_is_there() {
    let mut n = 0;
    loop {
        n += 1;
        let machine = machine_with_store();
        machine.plan(n, Fault::PowerLoss);
        let acknowledged = work(&machine);
        if !machine.was_hit() {
            assert_eq!(acknowledged, STEPS);
            break;
        }
        let machine = machine.restarted(n);
        verify(&machine, acknowledged, &format!("operation {n}"));
    }
    assert!(n > 300, "the workload has {n} operations only");
}

#[test]
fn a_second_power_loss_during_recovery_is_harmless() {
    let mut dice = Dice(2);
    let mut n = 0;
    loop {
        n += 1 + dice.roll(7);
        let machine = machine_with_store();
        machine.plan(n, Fault::PowerLoss);
        let acknowledged = work(&machine);
        if !machine.was_hit() {
            break;
        }
        let crashed = machine.restarted(n);
        for m in 1.. {
            let machine = crashed.restarted(0);
            machine.plan(m, Fault::PowerLoss);
            let opened = open(&machine);
            let hit = machine.was_hit();
            drop(opened);
            if !hit {
                break;
            }
            let machine = machine.restarted(n ^ m);
            verify(&machine, acknowledged, &format!("operation {n}, then {m}"));
        }
    }
}

#[test]
fn after_a_single_error_at_any_operation_the_store_goes_on() {
    let mut n = 0;
    loop {
        n += 1;
        let machine = Machine::new();
        let store = open(&machine).unwrap();
        machine.plan(n, Fault::OneError);
        for step in 0..STEPS {
            let mut acknowledged = write(&store, step).is_ok();
            for _attempt in 0..3 {
                if acknowledged {
                    break;
                }
                let there = World::of(&store) == World::after(step + 1);
                acknowledged = there || write(&store, step).is_ok();
            }
            assert!(acknowledged, "step {step} is refused for good after an error at {n}");
            if step % 3 == 2 {
                let _failed = store.events().flush();
                settle(store.events());
            }
        }
        let hit = machine.was_hit();
        compare(&store, STEPS, &format!("error at {n}"));
        drop(store);
        verify(&machine.restarted(n), STEPS, &format!("error at {n}, then restart"));
        if !hit {
            break;
        }
    }
}

#[test]
fn a_disk_that_takes_no_writes_can_be_read_until_it_takes_them_again() {
    for n in (1..200).step_by(3) {
        let machine = Machine::new();
        let store = open(&machine).unwrap();
        machine.plan(n, Fault::NoWrites);
        let mut refused = None;
        for step in 0..STEPS {
            if write(&store, step).is_err() {
                refused = Some(step);
                break;
            }
        }
        let Some(refused) = refused else {
            break;
        };
        assert!(write(&store, refused).is_err());
        let world = World::of(&store);
        let before = World::after(refused);
        assert!(world == before || world == World::after(refused + 1), "failure at {n}");
        machine.heal();
        for step in refused..STEPS {
            if World::of(&store) != World::after(step + 1) {
                write(&store, step).unwrap_or_else(|error| panic!("{n}, step {step}: {error}"));
            }
        }
        compare(&store, STEPS, &format!("no writes at {n}"));
    }
}

#[test]
fn after_a_disk_that_cannot_be_read_for_a_while_readers_need_no_help() {
    let machine = Machine::new();
    let store = open_with(&machine, Options { cache_bytes: 0, ..options() }).unwrap();
    for step in 0..3 {
        write(&store, step).unwrap();
    }
    machine.refuse_reads(true);
    assert!(World::read(&store).is_err());
    machine.refuse_reads(false);
    while World::read(&store).is_err() {
        std::thread::yield_now();
    }
    compare(&store, 3, "after reads failed");
    write(&store, 3).unwrap();
    compare(&store, 4, "after reads failed and a change");
}

#[test]
fn after_a_power_loss_what_was_written_behind_is_as_old_as_a_durable_change_at_most() {
    let mut n = 0;
    loop {
        n += 1;
        let machine = machine_with_store();
        machine.plan(n, Fault::PowerLoss);
        let acknowledged = work_behind(&machine);
        let finished = !machine.was_hit();
        let machine = machine.restarted(n);
        let store = open(&machine).unwrap_or_else(|error| panic!("operation {n}: {error}"));
        let snapshot = store.read().unwrap();
        let found = snapshot.get::<Loose>(Partition::Provider, 1).unwrap().map_or(0, |it| it.0);
        let twin = snapshot.get::<Loose>(Partition::Provider, 2).unwrap().map_or(0, |it| it.0);
        assert!(found >= acknowledged, "operation {n}: {found} of {acknowledged}");
        assert_eq!(found, twin, "operation {n}: as a whole");
        let report = store.check(&[KindCheck::of::<Loose>(), KindCheck::of::<Thing>()]).unwrap();
        assert!(report.is_sound(), "operation {n}: {report:?}");
        if finished {
            break;
        }
    }
    assert!(n > 50, "the workload has {n} operations only");
}

#[test]
fn a_power_loss_at_any_operation_of_a_rotation_leaves_one_master_key_that_opens_everything() {
    let mut n = 0;
    loop {
        n += 1;
        let machine = machine_with_store();
        let store = open(&machine).unwrap();
        (0..4).for_each(|step| write(&store, step).unwrap());
        machine.plan(n, Fault::PowerLoss);
        let next = MasterKey::from_bytes([2; 32]);
        let acknowledged = store.rotate_master_key::<ChangeError, _>(next, |_| Ok(())).is_ok();
        drop(store);
        let finished = !machine.was_hit();
        let opened = [1, 2].map(|key| open_by(&machine.restarted(n), key, options()));
        let (store, is_new) = match opened {
            [Ok(store), Err(OpenError::WrongMasterKey)] => (store, false),
            [Err(OpenError::WrongMasterKey), Ok(store)] => (store, true),
            other => panic!("operation {n}: {:?}", other.map(Result::err)),
        };
        assert!(is_new || !acknowledged, "operation {n}: what was acknowledged is gone");
        compare(&store, 4, &format!("operation {n}"));
        if finished {
            assert!(is_new);
            break;
        }
    }
    assert!(n > 3, "the rotation has {n} operations only");
}

#[test]
fn a_rotation_whose_change_is_refused_leaves_the_key_in_force() {
    let machine = machine_with_store();
    let store = open(&machine).unwrap();
    let next = MasterKey::from_bytes([2; 32]);
    let refused = store.rotate_master_key(next, |change| {
        change.event(organization(1), 1, b"half");
        Err(ChangeError::NoPartition(organization(1)))
    });
    assert!(matches!(refused, Err(WriteError::Refused(ChangeError::NoPartition(_)))));
    write(&store, 0).unwrap();
    drop(store);
    compare(&open(&machine).unwrap(), 1, "after a rotation that was refused");
}

/// Writes ever greater numbers behind, and every third time something durably; says which number
/// was there by the last durable change.
fn work_behind(machine: &Machine) -> u64 {
    let Ok(store) = open(machine) else {
        return 0;
    };
    let mut acknowledged = 0;
    for number in 1..=12 {
        let behind = store.write_behind(move |change| {
            change.put(Partition::Provider, 1, &Loose(number))?;
            change.put(Partition::Provider, 2, &Loose(number))
        });
        if behind.is_err() {
            break;
        }
        if number % 3 == 0 {
            if store.write(move |change| change.put(Partition::Provider, 3, &thing("x"))).is_err() {
                break;
            }
            acknowledged = number;
        }
    }
    acknowledged
}

/// How many changes the workload has.
const STEPS: u64 = 16;

const SECRET: Kind = Kind(9);

/// One thing that a change of the workload does.
enum Action {
    Create(u32),
    Destroy(u32),
    Put(u32, Id, Thing),
    Delete(u32, Id),
    Link(u32, Id, Id),
    Unlink(u32, Id, Id),
    Secret(u32, Id, Vec<u8>),
    Event(u32, Vec<u8>),
}

/// What the n-th change does.
fn actions(step: u64) -> Vec<Action> {
    use Action::{Create, Delete, Destroy, Event, Link, Put, Secret, Unlink};
    let id = step + 1;
    let number = u32::try_from(step).unwrap();
    let named = |name: String, size: u32| Thing { name: name.into_bytes(), size };
    let event = Event(1, format!("change {step}").into_bytes());
    let mut actions = match step % 8 {
        0 => vec![Create(number + 1), Put(1, id, thing("first"))],
        1 => (0..20).map(|k| Put(1, 100 + k, named(format!("many {k}"), 1))).collect(),
        2 => vec![Put(1, 1, named("renamed".repeat(30), 2)), Link(1, 1, 100), Link(1, 1, 101)],
        3 => vec![Secret(1, 100, vec![7; 300]), Secret(1, 101, b"short".to_vec())],
        4 => vec![
            Create(40 + number),
            Put(40 + number, 1, thing("gone soon")),
            Secret(40 + number, 1, b"x".to_vec()),
        ],
        5 => vec![Unlink(1, 1, 100), Delete(1, 105), Put(1, 106, named("moved".into(), 9))],
        6 => vec![Destroy(38 + number), Link(1, 102, 1)],
        _ => vec![Put(1, 200 + step, named(format!("late {step}"), 4)), Event(1, vec![b'x'; 900])],
    };
    actions.push(event);
    actions
}

/// Writes one change of the workload.
fn write(store: &Store, step: u64) -> Result<(), WriteError<ChangeError>> {
    store.write(move |change| actions(step).into_iter().try_for_each(|action| act(change, action)))
}

fn act(change: &mut Change<'_>, action: Action) -> Result<(), ChangeError> {
    let of = organization;
    match action {
        Action::Create(p) => change.create_partition(of(p)),
        Action::Destroy(p) => change.destroy_partition(of(p)),
        Action::Put(p, id, thing) => change.put(of(p), id, &thing),
        Action::Delete(p, id) => change.delete::<Thing>(of(p), id).map(drop),
        Action::Link(p, from, to) => change.link(of(p), MEMBER, from, to).map(drop),
        Action::Unlink(p, from, to) => change.unlink(of(p), MEMBER, from, to).map(drop),
        Action::Secret(p, id, secret) => change.put_secret(of(p), SECRET, id, &secret),
        Action::Event(p, body) => {
            change.event(of(p), 1_000, &body);
            Ok(())
        }
    }
}

/// What the store should hold.
#[derive(Clone, Eq, PartialEq, Default, Debug)]
struct World {
    organizations: BTreeMap<u32, Content>,
    events: Vec<Vec<u8>>,
}

#[derive(Clone, Eq, PartialEq, Default, Debug)]
struct Content {
    records: BTreeMap<Id, Thing>,
    links: BTreeSet<(Id, Id)>,
    secrets: BTreeMap<Id, Vec<u8>>,
}

impl World {
    /// The world after the first `steps` changes.
    fn after(steps: u64) -> Self {
        let mut world = Self::default();
        for action in (0..steps).flat_map(actions) {
            world.act(action);
        }
        world
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Create(p) => drop(self.organizations.entry(p).or_default()),
            Action::Destroy(p) => drop(self.organizations.remove(&p)),
            Action::Put(p, id, thing) => drop(self.content(p).records.insert(id, thing)),
            Action::Delete(p, id) => drop(self.content(p).records.remove(&id)),
            Action::Link(p, from, to) => drop(self.content(p).links.insert((from, to))),
            Action::Unlink(p, from, to) => drop(self.content(p).links.remove(&(from, to))),
            Action::Secret(p, id, secret) => drop(self.content(p).secrets.insert(id, secret)),
            Action::Event(_, body) => self.events.push(body),
        }
    }

    fn content(&mut self, number: u32) -> &mut Content {
        self.organizations.get_mut(&number).unwrap()
    }

    /// The world as a store tells it.
    fn of(store: &Store) -> Self {
        Self::read(store).unwrap()
    }

    fn read(store: &Store) -> Result<Self, ReadError> {
        let snapshot = store.read()?;
        let mut world = Self::default();
        for number in 1..60 {
            let partition = organization(number);
            if !snapshot.partition_exists(partition)? {
                continue;
            }
            let content = world.organizations.entry(number).or_default();
            content.records = snapshot.scan(partition, None).collect::<Result<_, _>>()?;
            for id in (1..3).chain(100..120) {
                for to in snapshot.linked(partition, MEMBER, id) {
                    content.links.insert((id, to?));
                }
                if let Some(secret) = snapshot.secret(partition, SECRET, id)? {
                    content.secrets.insert(id, secret.expose().to_vec());
                }
            }
        }
        let events = store.events().newest(organization(1), None, 10_000).unwrap();
        world.events = events.into_iter().rev().map(|event| event.body).collect();
        Ok(world)
    }
}

/// A machine on which the store was created and closed.
fn machine_with_store() -> Machine {
    let machine = Machine::new();
    drop(open(&machine).unwrap());
    machine
}

/// Runs the workload until something fails, and says how many changes were acknowledged.
fn work(machine: &Machine) -> u64 {
    let Ok(store) = open(machine) else {
        return 0;
    };
    for step in 0..STEPS {
        if write(&store, step).is_err() {
            return step;
        }
        let sign_in = Event { time_ms: 1_000, partition: organization(2), body: b"in".to_vec() };
        let _dropped = store.events().append(vec![sign_in]);
        if step % 3 == 2 {
            let _failed = store.events().flush();
            settle(store.events());
        }
        if step % 6 == 5 {
            // Who signed in is forgotten, in segments where changes of others stay.
            let of = [(organization(2), 2_000)].into_iter().collect();
            let _failed = store.events().forget(&EventsKept { of, ..EventsKept::default() });
        }
    }
    STEPS
}

/// Opens the store and compares it with the world after the acknowledged changes; one more may be
/// there, as a whole.
fn verify(machine: &Machine, acknowledged: u64, circumstances: &str) {
    let store = open(machine).unwrap_or_else(|error| panic!("{circumstances}: {error}"));
    compare(&store, acknowledged, circumstances);
    let next = World::of(&store) == World::after(acknowledged + 1);
    for step in acknowledged + u64::from(next)..STEPS {
        write(&store, step).unwrap_or_else(|error| panic!("{circumstances}, {step}: {error}"));
    }
    compare(&store, STEPS, circumstances);
}

fn compare(store: &Store, acknowledged: u64, circumstances: &str) {
    let world = World::of(store);
    if world != World::after(acknowledged) {
        assert_eq!(world, World::after(acknowledged + 1), "{circumstances}");
    }
    // A planned error may meet the first attempt.
    let flushed = store.events().flush().or_else(|_| store.events().flush());
    flushed.unwrap_or_else(|error| panic!("{circumstances}: {error}"));
    for number in [1, 2] {
        crate::events::tests::chain(store.events(), organization(number));
    }
    let report = store.check(&[KindCheck::of::<Thing>()]).unwrap();
    assert!(report.is_sound(), "{circumstances}: {report:?}");
}

fn options() -> Options {
    Options {
        events: EventOptions {
            delay: Duration::from_secs(3600),
            segment_events: 12,
            ..EventOptions::default()
        },
        log: 5,
        ..Options::default()
    }
}

fn open(machine: &Machine) -> Result<Store, OpenError> {
    open_with(machine, options())
}

fn open_with(machine: &Machine, options: Options) -> Result<Store, OpenError> {
    open_by(machine, 1, options)
}

/// Opens the store with a master key that is this octet all over.
fn open_by(machine: &Machine, key: u8, options: Options) -> Result<Store, OpenError> {
    let events = Arc::new(machine.clone());
    let vault = Vault::new(MasterKey::from_bytes([key; 32]), entropy());
    let (disk, journal) = (Disk::new(machine.file("database")), Journal::open(machine, 4_096)?);
    Store::start(Parts { disk, events, journal, lock: None }, vault, options)
}
