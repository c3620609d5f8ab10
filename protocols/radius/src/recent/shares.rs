//! How much each owner of RADIUS clients takes of a memory that all of them share.

use std::collections::HashMap;

use super::chain::{Chain, Link};
use super::ranks::Ranks;

/// What one owner takes.
#[derive(Clone, Copy, Default)]
struct Share {
    owner: u32,
    waiting: usize,
    answered: Chain,
    /// Octets of its answers.
    octets: usize,
}

/// The shares of all owners that take something.
#[derive(Default)]
pub(super) struct Shares {
    places: HashMap<u32, usize>,
    shares: Vec<Share>,
    free: Vec<usize>,
    /// Chains each owner's answered slots by age.
    links: Vec<Link>,
    /// Who has most answers, and whose have most octets.
    by_count: Ranks,
    by_octets: Ranks,
}

impl Shares {
    /// How many requests of an owner wait.
    pub(super) fn waiting(&self, owner: u32) -> usize {
        let share = self.places.get(&owner).and_then(|place| self.shares.get(*place));
        share.map_or(0, |share| share.waiting)
    }

    /// Notes that a request of an owner waits; tells the place of its share.
    pub(super) fn wait(&mut self, owner: u32) -> usize {
        let place = *self.places.entry(owner).or_insert_with(|| {
            let share = Share { owner, ..Share::default() };
            let place = self.free.pop().unwrap_or(self.shares.len());
            match self.shares.get_mut(place) {
                Some(free) => *free = share,
                None => self.shares.push(share),
            }
            place
        });
        if let Some(share) = self.shares.get_mut(place) {
            share.waiting += 1;
        }
        place
    }

    /// Notes that the request in a slot was answered by so many octets.
    pub(super) fn answer(&mut self, place: usize, slot: usize, octets: usize) {
        if self.links.len() <= slot {
            self.links.resize(slot + 1, Link::default());
        }
        if let Some(share) = self.shares.get_mut(place) {
            share.waiting = share.waiting.saturating_sub(1);
            share.answered.push(&mut self.links, slot);
            share.octets = share.octets.saturating_add(octets);
        }
        self.rank(place);
    }

    /// Notes that the answer in a slot, of so many octets, is forgotten.
    pub(super) fn forget_answer(&mut self, place: usize, slot: usize, octets: usize) {
        if let Some(share) = self.shares.get_mut(place) {
            share.answered.remove(&mut self.links, slot);
            share.octets = share.octets.saturating_sub(octets);
        }
        self.rank(place);
        self.tidy(place);
    }

    /// Notes that a request does not wait any more, unanswered.
    pub(super) fn give_up(&mut self, place: usize) {
        if let Some(share) = self.shares.get_mut(place) {
            share.waiting = share.waiting.saturating_sub(1);
        }
        self.tidy(place);
    }

    /// The slot with the oldest answer to who has most of them, or hardly less.
    pub(super) fn oldest_of_the_largest(&self) -> Option<usize> {
        self.shares.get(self.by_count.first()?)?.answered.oldest()
    }

    /// The slot with the oldest answer to whose answers have most octets, or hardly fewer.
    pub(super) fn oldest_of_the_heaviest(&self) -> Option<usize> {
        self.shares.get(self.by_octets.first()?)?.answered.oldest()
    }

    fn rank(&mut self, place: usize) {
        let Some(share) = self.shares.get(place) else { return };
        self.by_count.note(place, share.answered.length());
        self.by_octets.note(place, share.octets);
    }

    fn tidy(&mut self, place: usize) {
        let Some(share) = self.shares.get(place) else { return };
        if share.waiting == 0 && share.answered.length() == 0 {
            self.places.remove(&share.owner);
            self.free.push(place);
        }
    }

    /// How many owners take something.
    #[cfg(test)]
    pub(super) fn owners(&self) -> usize {
        self.places.len()
    }
}
