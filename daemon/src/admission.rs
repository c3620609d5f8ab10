//! How many connections there may be: all together, from one source, and of one organization.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use crate::metrics::Count;

/// Counts what is open, all together and by a key: a source, an organization.
#[derive(Debug)]
pub(crate) struct Admission<K: Copy + Eq + Hash> {
    total: u32,
    each: u32,
    open: Mutex<Open<K>>,
    /// How often there was no place, of all or of one key.
    refused: Count,
    refused_of_key: Count,
}

#[derive(Debug)]
struct Open<K> {
    total: u32,
    each: HashMap<K, u32>,
}

/// How many are open, how many may be, and how often there was no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Admitted {
    pub(crate) open: u32,
    pub(crate) most: u32,
    /// Because there are as many as there may be.
    pub(crate) refused: u64,
    /// Because of one key there are as many as there may be.
    pub(crate) refused_of_key: u64,
}

/// What tells how many it has admitted, of whatever key.
pub(crate) trait Admits: Send + Sync {
    /// How many.
    fn admitted(&self) -> Admitted;
}

/// A place that is taken; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Place<K: Copy + Eq + Hash> {
    admission: Arc<Admission<K>>,
    key: K,
}

/// Where a connection comes from: an IPv4 address, or the network of 64 bits that one site has of
/// IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Source(IpAddr);

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        })
    }
}

impl<K: Copy + Eq + Hash> Admission<K> {
    /// Admits up to `total`, and up to `each` of one key.
    pub(crate) fn new(total: u32, each: u32) -> Arc<Self> {
        let open = Mutex::new(Open { total: 0, each: HashMap::new() });
        let (refused, refused_of_key) = (Count::default(), Count::default());
        Arc::new(Self { total, each, open, refused, refused_of_key })
    }

    /// Takes a place; `None` when there is none.
    pub(crate) fn enter(self: &Arc<Self>, key: K) -> Option<Place<K>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = open.each.get(&key).copied().unwrap_or(0);
        if open.total >= self.total {
            self.refused.one();
            return None;
        }
        if of_key >= self.each {
            self.refused_of_key.one();
            return None;
        }
        open.total += 1;
        open.each.insert(key, of_key + 1);
        drop(open);
        Some(Place { admission: Arc::clone(self), key })
    }
}

impl<K: Copy + Eq + Hash + Send> Admits for Admission<K> {
    fn admitted(&self) -> Admitted {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).total;
        let (refused, refused_of_key) = (self.refused.value(), self.refused_of_key.value());
        Admitted { open, most: self.total, refused, refused_of_key }
    }
}

impl<K: Copy + Eq + Hash> Place<K> {
    /// Whose place it is.
    pub(crate) const fn key(&self) -> K {
        self.key
    }
}

impl<K: Copy + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut open = self.admission.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Some(count) = open.each.get_mut(&self.key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.each.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(address: &str) -> Source {
        address.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_place_that_was_left_is_free_again() {
        let admission = Admission::new(2, 1);
        let (one, other) = (source("192.0.2.1"), source("192.0.2.2"));
        let first = admission.enter(one).unwrap();
        assert!(admission.enter(one).is_none());
        let _second = admission.enter(other).unwrap();
        assert!(admission.enter(source("192.0.2.3")).is_none());
        assert_eq!(first.key(), one);
        drop(first);
        assert!(admission.enter(one).is_some());
    }

    #[test]
    fn it_is_told_how_many_are_open_and_why_others_are_not() {
        let admission = Admission::new(2, 1);
        let _first = admission.enter(source("192.0.2.1"));
        assert!(admission.enter(source("192.0.2.1")).is_none());
        let second = admission.enter(source("192.0.2.2"));
        assert!(admission.enter(source("192.0.2.3")).is_none());
        assert!(admission.enter(source("192.0.2.1")).is_none());
        drop(second);
        let told = Admitted { open: 1, most: 2, refused: 2, refused_of_key: 1 };
        assert_eq!(admission.admitted(), told);
    }

    #[test]
    fn a_site_with_many_ipv6_addresses_is_one_source() {
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:1"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
    }
}
