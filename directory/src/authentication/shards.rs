//! Bounded maps behind many locks: what authentication remembers between requests.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many locks share the keys.
const SHARDS: usize = 64;

/// A value that is worth nothing after a time.
pub(super) trait Fades {
    /// When the value may be forgotten, in milliseconds.
    fn fades_at(&self) -> u64;
}

/// A map whose keys are spread over [`SHARDS`] locks, and that holds a bounded number of values.
pub(super) struct Shards<K, V> {
    hasher: RandomState,
    first: Mutex<HashMap<K, V>>,
    rest: Box<[Mutex<HashMap<K, V>>]>,
    capacity_per_shard: usize,
}

impl<K: Eq + Hash, V: Fades> Shards<K, V> {
    /// Makes an empty map for `capacity` values, rounded up to a multiple of [`SHARDS`].
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            first: Mutex::default(),
            rest: (1..SHARDS).map(|_| Mutex::default()).collect(),
            capacity_per_shard: capacity.div_ceil(SHARDS).max(1),
        }
    }

    /// Locks the part of the map that holds `key`.
    pub(super) fn of(&self, key: &K) -> Shard<'_, K, V> {
        let place = self.hasher.hash_one(key) % SHARDS as u64;
        let shard = usize::try_from(place)
            .ok()
            .and_then(|place| self.rest.get(place))
            .unwrap_or(&self.first);
        Shard { values: lock(shard), capacity: self.capacity_per_shard }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.rest.iter().chain([&self.first]).map(|shard| lock(shard).len()).sum()
    }
}

/// Nothing can panic halfway through a change of a shard, so a poisoned one is whole.
fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One locked part of [`Shards`].
pub(super) struct Shard<'a, K, V> {
    values: MutexGuard<'a, HashMap<K, V>>,
    capacity: usize,
}

impl<K: Copy + Eq + Hash, V: Fades> Shard<'_, K, V> {
    pub(super) fn value(&self, key: &K) -> Option<&V> {
        self.values.get(key)
    }

    pub(super) fn value_mut(&mut self, key: &K) -> Option<&mut V> {
        self.values.get_mut(key)
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.values.remove(key);
    }

    /// Changes the value of `key`, made by `new` if there is none.
    pub(super) fn change<R>(
        &mut self,
        key: K,
        new: impl FnOnce() -> V,
        change: impl FnOnce(&mut V) -> R,
    ) -> R {
        self.make_room_for(&key);
        change(self.values.entry(key).or_insert_with(new))
    }

    pub(super) fn put(&mut self, key: K, value: V) {
        self.make_room_for(&key);
        self.values.insert(key, value);
    }

    /// Forgets the value that fades first when a new one would be one too many.
    fn make_room_for(&mut self, key: &K) {
        if self.values.len() < self.capacity || self.values.contains_key(key) {
            return;
        }
        let first = self.values.iter().min_by_key(|(_, value)| value.fades_at());
        if let Some(key) = first.map(|(key, _)| *key) {
            self.values.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Until(u64);

    impl Fades for Until {
        fn fades_at(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn a_full_map_forgets_what_fades_first() {
        let map: Shards<u64, Until> = Shards::new(1);
        let (one, two) = (0..)
            .flat_map(|two| (0..two).map(move |one| (one, two)))
            .find(|(one, two)| map.hasher.hash_one(one) % 64 == map.hasher.hash_one(two) % 64)
            .unwrap();
        map.of(&one).put(one, Until(10));
        map.of(&two).put(two, Until(5));
        assert!(map.of(&one).value(&one).is_none());
        map.of(&two).put(two, Until(6));
        assert!(map.of(&two).value(&two).is_some_and(|until| until.0 == 6));
    }

    #[test]
    fn a_flood_of_keys_stays_within_the_capacity() {
        let map: Shards<u64, Until> = Shards::new(640);
        for key in 0..100_000 {
            map.of(&key).put(key, Until(key));
        }
        assert_eq!(map.len(), 640);
    }
}
