//! Which destinations there are, and which of them have something to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use storage::{Commit, EventHash, Partition, Reading, Snapshot, Store, What};

use super::address::HostPort;
use super::key::DestinationKey;
use super::next::standing;
use super::served::{Room, Served};
use crate::access::organization;
use crate::directory::Directory;
use crate::error::Error;
use crate::follow::Bell;
use crate::id::{EventDestinationId, OrganizationId, Place, RecordId};
use crate::records::{DeliveryMark, EventDestination, OrganizationState, Reach, indices, kinds};
use crate::time::Time;

/// The destinations that take events, and how they stand.
#[derive(Default)]
pub(crate) struct Deliveries {
    lanes: Mutex<Lanes>,
    bell: OnceLock<Bell>,
}

#[derive(Default)]
struct Lanes {
    known: BTreeMap<DestinationKey, Lane>,
    /// Where destinations may have been made, changed or deleted.
    changed: BTreeSet<Place>,
    /// Whether it was looked for destinations everywhere.
    is_complete: bool,
    /// Whether dead letters of the provider's may have come, gone, or be wanted.
    letters: bool,
    /// Addresses at which somebody waits for a place.
    crowded: BTreeSet<HostPort>,
    /// Counts what was served.
    turns: u64,
}

/// How a destination stands.
#[derive(Default)]
pub(super) struct Lane {
    /// What is connected to, if anything.
    pub(super) receiver: Option<HostPort>,
    /// Whether the last attempt was in vain.
    pub(super) is_failing: bool,
    is_busy: bool,
    /// Before when nothing is tried.
    due: Time,
    /// The hash of the place's newest event when all up to it was looked at.
    seen: Option<EventHash>,
    /// How far the log was looked at; what lies between that and the progress that is kept goes
    /// nowhere.
    ahead: Option<DeliveryMark>,
    /// Whether there are dead letters to be sent again.
    returns: bool,
    /// Whether one of these had the last turn, so that the next one is that of what is new.
    had_letter: bool,
    /// When it had its last turn.
    turn: u64,
}

/// A destination as the store has it.
struct Found {
    key: DestinationKey,
    receiver: Option<HostPort>,
    /// When the next attempt is due, if the last one was in vain.
    retry: Option<Time>,
    /// Whether there are dead letters to be sent again.
    returns: bool,
}

/// How a destination stands, for who counts them.
pub(super) struct Standing {
    pub(super) key: DestinationKey,
    /// Whether nothing is tried yet.
    pub(super) waits: bool,
    /// The hash of the place's newest event when all up to it was looked at.
    pub(super) seen: Option<EventHash>,
}

/// That a destination is being served; over with its drop.
pub struct DeliveryTurn {
    deliveries: Arc<Deliveries>,
    /// The destination.
    pub key: DestinationKey,
}

impl Drop for DeliveryTurn {
    fn drop(&mut self) {
        self.deliveries.with(self.key, |lane| lane.is_busy = false);
    }
}

impl DeliveryTurn {
    /// Serves the destination no more before a time, whatever the store says of it.
    pub fn postpone(&self, until: Time) {
        self.deliveries.with(self.key, |lane| lane.due = until);
    }

    /// Whether somebody waits for a place at the same address, which another delivery would take.
    pub fn is_awaited(&self) -> bool {
        let lanes = self.deliveries.lock();
        let receiver = lanes.known.get(&self.key).and_then(|lane| lane.receiver.as_ref());
        receiver.is_some_and(|receiver| lanes.crowded.contains(receiver))
    }

    /// Notes whether an attempt was in vain.
    pub(super) fn note_failing(&self, is_failing: bool) {
        self.deliveries.with(self.key, |lane| lane.is_failing = is_failing);
    }

    /// How far the log was looked at, if further than is kept.
    pub(super) fn ahead(&self) -> Option<DeliveryMark> {
        self.deliveries.lock().known.get(&self.key).and_then(|lane| lane.ahead)
    }

    /// Notes how far the log was looked at.
    pub(super) fn pass(&self, mark: DeliveryMark) {
        self.deliveries.with(self.key, |lane| lane.ahead = Some(mark));
    }

    /// Whether what was looked at last was a dead letter.
    pub(super) fn had_letter(&self) -> bool {
        self.deliveries.lock().known.get(&self.key).is_some_and(|lane| lane.had_letter)
    }

    /// Notes whether what is looked at is a dead letter.
    pub(super) fn note_letter(&self, is_letter: bool) {
        self.deliveries.with(self.key, |lane| lane.had_letter = is_letter);
    }

    /// Notes that all was looked at, when the place's newest event had a hash.
    pub(super) fn rest(&self, head: EventHash) {
        self.deliveries.with(self.key, |lane| lane.seen = Some(head));
    }

    /// Has read again from the store when the next attempt is due.
    pub(super) fn look_again(&self) {
        self.deliveries.lock().changed.insert(self.key.place);
    }
}

impl Deliveries {
    /// Begins to follow a store's changes.
    pub(crate) fn of(store: &Store) -> Arc<Self> {
        let deliveries = Arc::new(Self::default());
        let follower = Arc::clone(&deliveries);
        store.watch(Box::new(move |commit| follower.tell(commit)));
        deliveries
    }

    fn tell(&self, commit: &Commit) {
        let (mut changed, mut letters) = (Vec::new(), false);
        for change in &commit.changes {
            let place = place_of(change.partition);
            match change.kind {
                // Of organizations' events there may be many, so each is looked at by itself.
                kinds::DEAD_LETTER if change.partition == Partition::Provider => letters = true,
                kinds::EVENT_DESTINATION
                | kinds::DEAD_LETTER
                | kinds::WEBHOOK_SECRET
                | kinds::DELIVERY_KEY => changed.extend(place),
                // Whose events they are may have gone, or come back.
                kinds::ORGANIZATION if change.partition == Partition::Provider => {
                    changed.extend(OrganizationId::from_record(change.id).map(Place::from));
                }
                _ if change.what == What::PartitionDestroyed => changed.extend(place),
                _ => {}
            }
        }
        if letters || !changed.is_empty() {
            let mut lanes = self.lock();
            lanes.changed.extend(changed);
            lanes.letters |= letters;
            drop(lanes);
            if let Some(bell) = self.bell.get() {
                bell();
            }
        }
    }

    /// How the destinations that are known stand.
    pub(super) fn standing(&self, now: Time) -> Vec<Standing> {
        let lanes = self.lock();
        let standing = |(key, lane): (&DestinationKey, &Lane)| Standing {
            key: *key,
            waits: lane.due > now,
            seen: lane.seen,
        };
        lanes.known.iter().map(standing).collect()
    }

    fn with(&self, key: DestinationKey, work: impl FnOnce(&mut Lane)) {
        if let Some(lane) = self.lock().known.get_mut(&key) {
            work(lane);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    /// Takes in the destinations that there are at a place.
    fn settle(&mut self, place: Place, found: Vec<Found>) {
        let keys: BTreeSet<DestinationKey> = found.iter().map(|found| found.key).collect();
        self.known.retain(|key, _| key.place != place || keys.contains(key));
        for Found { key, receiver, retry, returns } in found {
            let fresh = || Lane { is_failing: retry.is_some(), ..Lane::default() };
            // What another address did tells nothing of this one.
            let moved = |lane: &mut Lane| lane.is_failing &= lane.receiver == receiver;
            let lane = self.known.entry(key).and_modify(moved).or_insert_with(fresh);
            (lane.receiver, lane.due, lane.returns) = (receiver, retry.unwrap_or(Time(0)), returns);
            // It may be another filter that all is to be looked at with.
            lane.seen = None;
        }
    }

    /// Chooses destinations to serve, those that waited longest first, and notes where others wait.
    fn choose(
        &mut self,
        now: Time,
        room: Room,
        head: impl Fn(Place) -> Option<EventHash>,
    ) -> Vec<DestinationKey> {
        let mut served = Served::nobody(room);
        for (key, lane) in self.known.iter().filter(|(_, lane)| lane.is_busy) {
            served.count(*key, lane);
        }
        let is_due = |lane: &Lane| !lane.is_busy && lane.due <= now;
        let has_news = |key: &DestinationKey, lane: &Lane| {
            lane.returns || lane.seen.is_none() || lane.seen != head(key.place)
        };
        let wanted = self.known.iter().filter(|(key, lane)| is_due(lane) && has_news(key, lane));
        let mut wanted: Vec<(u64, DestinationKey)> =
            wanted.map(|(key, lane)| (lane.turn, *key)).collect();
        wanted.sort_unstable();
        self.crowded.clear();
        let mut chosen = Vec::new();
        for (_, key) in wanted {
            let Some(lane) = self.known.get_mut(&key) else { continue };
            if !served.may_come(key, lane) {
                continue;
            }
            if let Some(full) = lane.receiver.as_ref().filter(|receiver| served.is_full(receiver)) {
                self.crowded.insert(full.clone());
            } else if chosen.len() < room.more {
                served.count(key, lane);
                self.turns = self.turns.wrapping_add(1);
                (lane.is_busy, lane.turn) = (true, self.turns);
                chosen.push(key);
            }
        }
        chosen
    }
}

impl Directory {
    /// Has `bell` rung whenever destinations were changed, which may be so at once. It must be quick:
    /// changes wait for it. The first one stays. Of new events nobody is told.
    pub fn follow_destinations(&self, bell: Bell) {
        let deliveries = &self.inner.deliveries;
        let _another = deliveries.bell.set(bell);
        if let Some(bell) = deliveries.bell.get() {
            bell();
        }
    }

    /// Has destinations looked for everywhere, once: nobody who starts the daemon waits for that.
    fn look_everywhere(&self) -> Result<(), Error> {
        let deliveries = &self.inner.deliveries;
        if !deliveries.lock().is_complete {
            let partitions = self.inner.store.read()?.partitions()?;
            let mut lanes = deliveries.lock();
            lanes.changed.extend(partitions.into_iter().filter_map(place_of));
            lanes.is_complete = true;
        }
        Ok(())
    }

    /// Whether some have something to do and wait for a place at their address: it is looked again for
    /// them once a turn has ended.
    pub fn deliveries_wait(&self) -> bool {
        !self.inner.deliveries.lock().crowded.is_empty()
    }

    /// The destinations that have something to do, at most so many, a few of each place, and a few at
    /// each address; each is among them once until what is returned for it is dropped.
    ///
    /// # Errors
    /// When the store fails.
    pub fn due_destinations(&self, now: Time, room: usize) -> Result<Vec<DeliveryTurn>, Error> {
        let deliveries = &self.inner.deliveries;
        self.look_everywhere()?;
        self.look_at_letters()?;
        let mut changed = std::mem::take(&mut deliveries.lock().changed);
        match self.reached(&changed) {
            Ok(reached) => changed.extend(reached),
            Err(error) => {
                deliveries.lock().changed.extend(changed);
                return Err(error);
            }
        }
        let mut unreadable = None;
        for place in changed {
            let found = self.inner.store.read().map_err(Error::from);
            match found.and_then(|snapshot| destinations_at(&snapshot, place)) {
                Ok(found) => deliveries.lock().settle(place, found),
                // It keeps no other from being served, and is looked at again.
                Err(error) => {
                    deliveries.lock().changed.insert(place);
                    unreadable = Some(error);
                }
            }
        }
        let places: BTreeSet<Place> = deliveries.lock().known.keys().map(|key| key.place).collect();
        // The log is asked while nobody waits for what is known of destinations.
        let head = |place: Place| (place, self.inner.store.events().end(place.partition()).1);
        let heads: BTreeMap<Place, EventHash> = places.into_iter().map(head).collect();
        let head = |place: Place| heads.get(&place).copied();
        let at_address = self.inner.tools.delivery_bounds().at_address;
        let chosen = deliveries.lock().choose(now, Room { more: room, at_address }, head);
        if let Some(error) = unreadable.filter(|_| chosen.is_empty()) {
            return Err(error);
        }
        let turn = |key| DeliveryTurn { deliveries: Arc::clone(deliveries), key };
        Ok(chosen.into_iter().map(turn).collect())
    }
}

impl Directory {
    /// Finds out which of the provider's destinations have dead letters to be sent again, and when
    /// each of them is tried next: where some are gone, what they held up is tried at once.
    fn look_at_letters(&self) -> Result<(), Error> {
        let deliveries = &self.inner.deliveries;
        let keys: Vec<DestinationKey> = {
            let mut lanes = deliveries.lock();
            if !std::mem::take(&mut lanes.letters) {
                return Ok(());
            }
            let keys = lanes.known.keys().filter(|key| key.home == Place::Provider);
            keys.copied().collect()
        };
        let looked = self.inner.store.read().map_err(Error::from).and_then(|snapshot| {
            let (partition, index) = (Partition::Provider, indices::DEAD_LETTER_WANTED);
            for key in keys {
                let returns = snapshot.find_first(partition, index, &key.wanted())?.is_some();
                let due = key.progress(&snapshot)?.retry.unwrap_or(Time(0));
                deliveries.with(key, |lane| {
                    (lane.returns, lane.due) = (returns, due);
                });
            }
            Ok(())
        });
        if looked.is_err() {
            deliveries.lock().letters = true;
        }
        looked
    }

    /// The organizations whose events go to other destinations, or may do so, now that some of the
    /// provider's have changed.
    fn reached(&self, changed: &BTreeSet<Place>) -> Result<Vec<Place>, Error> {
        if !changed.contains(&Place::Provider) {
            return Ok(Vec::new());
        }
        let is_known = {
            let lanes = self.inner.deliveries.lock();
            lanes.known.keys().any(|key| key.reach() == Reach::All)
        };
        let snapshot = self.inner.store.read()?;
        let mut reaches = is_known;
        for found in snapshot.scan::<EventDestination>(Partition::Provider, None) {
            reaches |= found?.1.reach == Reach::All;
        }
        match reaches {
            true => Ok(snapshot.partitions()?.into_iter().filter_map(place_of).collect()),
            false => Ok(Vec::new()),
        }
    }

    /// Makes sure that it is on the disk how far destinations are, so that little is sent twice.
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_deliveries(&self) -> Result<(), Error> {
        let known: Vec<_> = self.inner.deliveries.lock().known.keys().copied().collect();
        if known.is_empty() {
            return Ok(());
        }
        // What is written durably takes along what was written behind before. Some that are known may
        // be gone by now.
        let done = self.inner.store.write(move |change| {
            for key in known {
                if let Some((_, progress)) = standing(&*change, key)? {
                    key.keep(change, progress)?;
                    break;
                }
            }
            Ok::<_, Error>(())
        });
        Ok(done?)
    }
}

/// The destinations at a place that take events.
fn destinations_at(snapshot: &Snapshot, place: Place) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    if !serves(snapshot, place)? {
        return Ok(found);
    }
    for home in BTreeSet::from([place, Place::Provider]) {
        let partition = home.partition();
        for record in snapshot.scan::<EventDestination>(partition, None) {
            let (number, destination) = record?;
            let Some(id) = EventDestinationId::from_record(number) else { continue };
            let key = DestinationKey { place, home, id };
            if destination.fields.paused || destination.reach != key.reach() {
                continue;
            }
            let wanted = key.wanted();
            let wanted = snapshot.find_first(partition, indices::DEAD_LETTER_WANTED, &wanted)?;
            let receiver = destination.fields.way.receiver();
            let (retry, returns) = (key.progress(snapshot)?.retry, wanted.is_some());
            found.push(Found { key, receiver, retry, returns });
        }
    }
    Ok(found)
}

/// Whether events of a place are delivered: those of a deleted organization are not, those of a
/// suspended one are.
pub(super) fn serves(source: &impl Reading, place: Place) -> Result<bool, Error> {
    let Place::Organization(id) = place else { return Ok(true) };
    Ok(organization(source, id)?.is_some_and(|record| match record.state {
        OrganizationState::Active | OrganizationState::Suspended => true,
        OrganizationState::Deleted { .. } => false,
    }))
}

pub(super) fn place_of(partition: Partition) -> Option<Place> {
    match partition {
        Partition::Provider => Some(Place::Provider),
        Partition::Organization(number) => {
            OrganizationId::from_record(number.get().into()).map(Place::from)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;

    use super::*;
    use crate::delivery::WebAddress;

    fn key(organization: u64, id: u64) -> DestinationKey {
        let place = OrganizationId::from_record(organization).unwrap().into();
        DestinationKey::own(place, EventDestinationId::from_record(id).unwrap())
    }

    /// What goes into files, so that no address counts.
    fn files(key: DestinationKey) -> Found {
        Found { key, receiver: None, retry: None, returns: false }
    }

    fn lanes(keys: &[(u64, u64)]) -> Lanes {
        let mut lanes = Lanes::default();
        for organization in keys.iter().map(|(organization, _)| *organization) {
            let of = keys.iter().filter(|(other, _)| *other == organization);
            let found = of.map(|(organization, id)| files(key(*organization, *id)));
            lanes.settle(key(organization, 0).place, found.collect());
        }
        lanes
    }

    const HEAD: EventHash = EventHash([1; 32]);
    const ROOM: Room = Room { more: 100, at_address: 4 };

    fn receiver(host: &str) -> HostPort {
        WebAddress::read(&format!("https://{host}/")).unwrap().host_port()
    }

    /// Destinations of as many organizations, all at one address.
    fn neighbours(organizations: RangeInclusive<u64>) -> Lanes {
        let mut lanes = Lanes::default();
        for organization in organizations {
            let key = key(organization, 1);
            let receiver = Some(receiver("siem.example"));
            lanes.settle(key.place, vec![Found { receiver, ..files(key) }]);
        }
        lanes
    }

    fn chosen(lanes: &mut Lanes) -> Vec<DestinationKey> {
        lanes.choose(Time(5), ROOM, |_| Some(HEAD))
    }

    #[test]
    fn few_of_all_organizations_are_served_at_one_address_and_each_has_its_turn() {
        let mut lanes = neighbours(1..=6);
        let found = Found { receiver: Some(receiver("other.example")), ..files(key(7, 1)) };
        lanes.settle(found.key.place, vec![found]);
        let first = [key(1, 1), key(2, 1), key(3, 1), key(4, 1), key(7, 1)];
        assert_eq!(chosen(&mut lanes), first);
        assert_eq!(lanes.crowded, BTreeSet::from([receiver("siem.example")]));
        assert!(chosen(&mut lanes).is_empty());
        for ended in [2, 3, 4] {
            lanes.known.get_mut(&key(ended, 1)).unwrap().is_busy = false;
        }
        assert_eq!(chosen(&mut lanes), [key(5, 1), key(6, 1), key(2, 1)]);
        assert_eq!(lanes.crowded, BTreeSet::from([receiver("siem.example")]), "others wait");
        for ended in [1, 2, 5, 6] {
            lanes.known.get_mut(&key(ended, 1)).unwrap().is_busy = false;
        }
        assert_eq!(chosen(&mut lanes), [key(1, 1), key(3, 1), key(4, 1), key(5, 1)]);
        // Who has nothing to do waits for nothing.
        for lane in lanes.known.values_mut() {
            (lane.is_busy, lane.seen) = (false, Some(HEAD));
        }
        assert!(chosen(&mut lanes).is_empty());
        assert!(lanes.crowded.is_empty());
    }

    #[test]
    fn who_failed_last_leaves_half_of_an_address_to_others() {
        let mut lanes = neighbours(1..=8);
        for failing in 1..=6 {
            lanes.known.get_mut(&key(failing, 1)).unwrap().is_failing = true;
        }
        assert_eq!(chosen(&mut lanes), [key(1, 1), key(2, 1), key(7, 1), key(8, 1)]);
        assert!(lanes.crowded.is_empty(), "a place would be of no use to who waits");
        lanes.known.get_mut(&key(7, 1)).unwrap().is_busy = false;
        assert_eq!(chosen(&mut lanes), [key(7, 1)]);
        lanes.known.get_mut(&key(1, 1)).unwrap().is_busy = false;
        assert_eq!(chosen(&mut lanes), [key(3, 1)]);
    }

    #[test]
    fn where_one_place_is_all_who_failed_last_has_it_in_turn() {
        let mut lanes = neighbours(1..=2);
        lanes.known.get_mut(&key(1, 1)).unwrap().is_failing = true;
        let room = Room { at_address: 1, ..ROOM };
        let mut next = || {
            let next = lanes.choose(Time(5), room, |_| Some(HEAD));
            lanes.known.values_mut().for_each(|lane| lane.is_busy = false);
            next
        };
        assert_eq!([next(), next(), next()], [[key(1, 1)], [key(2, 1)], [key(1, 1)]]);
    }

    #[test]
    fn whether_the_last_attempt_was_in_vain_is_known_after_a_start_and_stays_with_a_change() {
        let mut lanes = neighbours(1..=2);
        let retried = |organization| {
            let key = key(organization, 1);
            vec![Found { retry: Some(Time(1)), ..files(key) }]
        };
        lanes.settle(key(2, 1).place, retried(2));
        lanes.settle(key(3, 1).place, retried(3));
        let failing = |lanes: &Lanes, organization| lanes.known[&key(organization, 1)].is_failing;
        assert_eq!([1, 2, 3].map(|number| failing(&lanes, number)), [false, false, true]);
        // But for a change of where it goes.
        lanes.known.get_mut(&key(1, 1)).unwrap().is_failing = true;
        lanes.settle(key(1, 1).place, retried(1));
        assert!(!failing(&lanes, 1));
    }

    #[test]
    fn those_that_waited_longest_come_first_and_few_of_one_organization() {
        let mut lanes = lanes(&[(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6), (2, 1), (2, 2)]);
        let first = chosen(&mut lanes);
        assert_eq!(first, [key(1, 1), key(1, 2), key(1, 3), key(1, 4), key(2, 1), key(2, 2)]);
        assert!(chosen(&mut lanes).is_empty(), "one of it has four already");
        for key in &first {
            lanes.known.get_mut(key).unwrap().is_busy = false;
        }
        let second = lanes.choose(Time(5), Room { more: 3, ..ROOM }, |_| Some(HEAD));
        assert_eq!(second, [key(1, 5), key(1, 6), key(1, 1)]);
    }

    #[test]
    fn what_takes_the_events_of_all_organizations_keeps_no_other_waiting() {
        let mut lanes = Lanes::default();
        let id = |id| EventDestinationId::from_record(id).unwrap();
        let reaching = |organization: u64, of| {
            let key = key(organization, of);
            DestinationKey { home: Place::Provider, ..key }
        };
        for organization in 1..=9 {
            let found =
                [reaching(organization, 1), reaching(organization, 2), key(organization, 1)];
            let place = found[0].place;
            lanes.settle(place, found.map(files).into());
        }
        let own = DestinationKey::own(Place::Provider, id(3));
        lanes.settle(Place::Provider, vec![files(own)]);
        let chosen = chosen(&mut lanes);
        let of = |of: u64| {
            let served = |key: &&DestinationKey| key.home == Place::Provider && key.id == id(of);
            chosen.iter().filter(served).count()
        };
        assert_eq!((of(1), of(2), of(3), chosen.len()), (4, 4, 1, 18));
    }

    #[test]
    fn whoever_has_seen_all_rests_until_there_is_more() {
        let mut lanes = lanes(&[(1, 1), (1, 2)]);
        lanes.known.get_mut(&key(1, 1)).unwrap().seen = Some(HEAD);
        lanes.known.get_mut(&key(1, 2)).unwrap().due = Time(9);
        assert!(lanes.choose(Time(8), ROOM, |_| Some(HEAD)).is_empty());
        let chosen = lanes.choose(Time(9), ROOM, |_| Some(EventHash([2; 32])));
        assert_eq!(chosen, [key(1, 1), key(1, 2)]);
    }

    #[test]
    fn what_is_gone_from_a_place_is_served_no_more_and_what_was_changed_looks_again() {
        let mut lanes = lanes(&[(1, 1), (1, 2), (2, 1)]);
        let mark = DeliveryMark { sequence: 7, hash: None };
        let lane = lanes.known.get_mut(&key(1, 1)).unwrap();
        (lane.seen, lane.ahead, lane.is_busy) = (Some(HEAD), Some(mark), true);
        let found = Found { retry: Some(Time(3)), returns: true, ..files(key(1, 1)) };
        lanes.settle(key(1, 0).place, vec![found]);
        let keys: Vec<_> = lanes.known.keys().copied().collect();
        assert_eq!(keys, [key(1, 1), key(2, 1)]);
        let lane = &lanes.known[&key(1, 1)];
        assert_eq!((lane.seen, lane.ahead, lane.due), (None, Some(mark), Time(3)));
        assert!(lane.is_busy && lane.returns);
    }
}
