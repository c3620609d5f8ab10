//! What the store promises, with a record that stands for any.

mod crash;
mod isolation;
mod machine;

use std::num::NonZeroU32;
use std::sync::Arc;

use redb::backends::InMemoryBackend;
use serde::{Deserialize, Serialize};

use crate::{
    ChangeError, Entries, Entropy, Index, Kind, MasterKey, Options, Partition, ReadError, Reading,
    Record, Relation, Store,
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
}

/// Random octets that are the same in every run.
pub(crate) struct Counting(std::sync::atomic::AtomicU64);

impl Entropy for Counting {
    fn fill(&self, out: &mut [u8]) {
        for octet in out {
            let step =
                self.0.fetch_add(0x9E37_79B9_7F4A_7C15, std::sync::atomic::Ordering::Relaxed);
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
    let backend = InMemoryBackend::new();
    let master = MasterKey::from_bytes([1; 32]);
    Store::open_backend(backend, master, entropy(), Options::default()).unwrap()
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
