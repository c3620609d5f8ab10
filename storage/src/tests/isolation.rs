//! What one partition holds, no reading of another can see.

use std::collections::BTreeMap;
use std::ops::Bound;

use proptest::prelude::*;

use super::{MEMBER, NAME, Thing, organization, store};
use crate::{ChangeError, Id, Index, Partition, ReadError, Reading, Store};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn scans_and_finds_see_exactly_what_their_partition_holds(
        things in prop::collection::vec((0_usize..4, 0_u64..12, value()), 1..40),
        probe in value(),
        until in value(),
    ) {
        let store = store();
        let mut model = Model::new();
        fill(&store, &things, &mut model);
        let snapshot = store.read().unwrap();
        for partition in partitions() {
            let own: BTreeMap<(Vec<u8>, Id), ()> = model
                .iter()
                .filter(|((owner, _), _)| *owner == partition)
                .map(|((_, id), name)| ((name.clone(), *id), ()))
                .collect();
            let all: Vec<_> = own.into_keys().collect();
            let chosen = |choose: &dyn Fn(&[u8]) -> bool| -> Vec<(Vec<u8>, Id)> {
                all.iter().filter(|(name, _)| choose(name)).cloned().collect()
            };

            let found: Vec<_> = values(snapshot.find(partition, NAME, &probe));
            let expected: Vec<_> = chosen(&|name| name == probe).into_iter().map(|e| e.1).collect();
            prop_assert_eq!(found, expected);

            let found = values(snapshot.prefix(partition, NAME, &probe));
            prop_assert_eq!(found, chosen(&|name| name.starts_with(&probe)));

            let everything = values(snapshot.prefix(partition, NAME, &[]));
            prop_assert_eq!(&everything, &all);

            let (from, to) = (Bound::Excluded(&probe[..]), Bound::Included(&until[..]));
            let found = values(snapshot.range(partition, NAME, from, to));
            prop_assert_eq!(found, chosen(&|name| name > &probe[..] && name <= &until[..]));

            let (from, to) = (Bound::Included(&probe[..]), Bound::Excluded(&until[..]));
            let found = values(snapshot.range(partition, NAME, from, to));
            prop_assert_eq!(found, chosen(&|name| name >= &probe[..] && name < &until[..]));

            let mut scanned: Vec<_> = values(snapshot.scan::<Thing>(partition, None))
                .into_iter()
                .map(|(id, thing)| (thing.name, id))
                .collect();
            scanned.sort();
            prop_assert_eq!(&scanned, &all);

            let linked = values(snapshot.linked(partition, MEMBER, 5));
            let expected: Vec<_> = model
                .keys()
                .filter(|(owner, _)| *owner == partition)
                .map(|(_, id)| *id)
                .collect();
            prop_assert_eq!(linked, expected);
            prop_assert!(values(snapshot.prefix(partition, Index(0), &[])).is_empty());
        }
        drop(snapshot);
        prop_assert!(store.check(&[crate::KindCheck::of::<Thing>()]).unwrap().is_sound());
    }
}

type Model = BTreeMap<(Partition, Id), Vec<u8>>;

/// Neighbours in the order of keys, the first and the last possible among them.
fn partitions() -> [Partition; 4] {
    [Partition::Provider, organization(1), organization(256), organization(u32::MAX)]
}

/// Values made of the octets that keys are built with.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop::sample::select(vec![0_u8, 0, 1, 2, 0xFE, 0xFF, 0xFF, b'a']);
    prop::collection::vec(octet, 0..6)
}

/// Puts all things in one change, half of them a second time to move their index entries.
fn fill(store: &Store, things: &[(usize, Id, Vec<u8>)], model: &mut Model) {
    let things: Vec<_> =
        things.iter().map(|(place, id, name)| (partitions()[*place], *id, name.clone())).collect();
    for (partition, id, name) in &things {
        model.insert((*partition, *id), name.clone());
    }
    let inside = model.clone();
    store
        .write::<_, ChangeError, _>(move |change| {
            for partition in partitions().into_iter().skip(1) {
                change.create_partition(partition)?;
            }
            for (partition, id, name) in things {
                change.put(partition, id, &Thing { name, size: 1 })?;
                change.link(partition, MEMBER, 5, id)?;
            }
            for ((partition, id), name) in inside {
                let found = values(change.find(partition, NAME, &name));
                assert!(found.contains(&id), "a change reads its own writes");
            }
            Ok(())
        })
        .unwrap();
}

fn values<T>(found: impl Iterator<Item = Result<T, ReadError>>) -> Vec<T> {
    found.map(Result::unwrap).collect()
}
