//! How many are served at once: of one organization, and at one address.

use std::collections::BTreeMap;

use super::DestinationKey;
use super::address::HostPort;
use super::lanes::Lane;
use crate::id::{EventDestinationId, Place};

/// Destinations of one organization that are served at once at most, and organizations whose events go
/// to one destination at once.
const OF_ONE: usize = 4;

/// What there is room for.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// So many more are served.
    pub(super) more: usize,
    /// So many are served at one address.
    pub(super) at_address: usize,
}

/// Those that are served, counted.
pub(super) struct Served {
    at_address: usize,
    /// By whose they are; what takes the events of all organizations counts for itself.
    of_one: BTreeMap<(Place, Option<EventDestinationId>), usize>,
    addresses: BTreeMap<HostPort, AtAddress>,
}

#[derive(Clone, Copy, Default)]
struct AtAddress {
    all: usize,
    /// Those whose last attempt was in vain.
    failing: usize,
}

impl Served {
    /// Nobody yet.
    pub(super) fn nobody(room: Room) -> Self {
        Self { at_address: room.at_address, of_one: BTreeMap::new(), addresses: BTreeMap::new() }
    }

    /// Counts one.
    pub(super) fn count(&mut self, key: DestinationKey, lane: &Lane) {
        *self.of_one.entry(owner(key)).or_default() += 1;
        if let Some(receiver) = &lane.receiver {
            let there = self.addresses.entry(receiver.clone()).or_default();
            there.all += 1;
            there.failing += usize::from(lane.is_failing);
        }
    }

    /// Whether one may be served where its address has a place. Those that fail may hold one for as
    /// long as patience lasts: so they have half of the places, and the others wait for none of them.
    pub(super) fn may_come(&self, key: DestinationKey, lane: &Lane) -> bool {
        let of_one = self.of_one.get(&owner(key)).copied().unwrap_or_default();
        let failing = lane.receiver.as_ref().map_or(0, |receiver| self.at(receiver).failing);
        let is_slow = lane.is_failing && failing >= self.at_address.div_ceil(2);
        of_one < OF_ONE && !is_slow
    }

    /// Whether an address has no place.
    pub(super) fn is_full(&self, receiver: &HostPort) -> bool {
        self.at(receiver).all >= self.at_address
    }

    fn at(&self, receiver: &HostPort) -> AtAddress {
        self.addresses.get(receiver).copied().unwrap_or_default()
    }
}

fn owner(key: DestinationKey) -> (Place, Option<EventDestinationId>) {
    (key.home, key.reached().map(|_| key.id))
}
