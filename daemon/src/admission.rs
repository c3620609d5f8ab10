//! How many connections there may be, all together and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts open connections.
#[derive(Debug)]
pub(crate) struct Admission {
    total: u32,
    per_source: u32,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: u32,
    sources: HashMap<IpAddr, u32>,
}

/// A connection's place; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Place {
    admission: Arc<Admission>,
    source: IpAddr,
}

impl Admission {
    /// Admits up to `total` connections, and up to `per_source` from one address.
    pub(crate) fn new(total: u32, per_source: u32) -> Arc<Self> {
        Arc::new(Self { total, per_source, open: Mutex::default() })
    }

    /// Takes a place; `None` when there is none.
    pub(crate) fn enter(self: &Arc<Self>, source: IpAddr) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = open.sources.get(&source).copied().unwrap_or(0);
        if open.total >= self.total || from_there >= self.per_source {
            return None;
        }
        open.total += 1;
        open.sources.insert(source, from_there + 1);
        Some(Place { admission: Arc::clone(self), source })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.admission.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total = open.total.saturating_sub(1);
        if let Some(count) = open.sources.get_mut(&self.source) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.sources.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_was_left_is_free_again() {
        let admission = Admission::new(2, 1);
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = admission.enter(one).unwrap();
        assert!(admission.enter(one).is_none());
        let _second = admission.enter(other).unwrap();
        assert!(admission.enter("192.0.2.3".parse().unwrap()).is_none());
        drop(first);
        assert!(admission.enter(one).is_some());
    }
}
