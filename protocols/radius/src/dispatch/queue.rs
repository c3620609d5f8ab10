//! Orders that wait for their turn, each party's own.
//!
//! What waits stands in a line for each destination, and a line whose destination has no place is
//! put aside until there is one: no step looks at what cannot be sent, however much of it waits.

mod lines;

use core::net::SocketAddr;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

use super::NewOrder;
use lines::Lines;

/// What waits, and how much of each party is under way.
pub(super) struct Queue<S, K> {
    parties: HashMap<S, Party<K>>,
    /// Whose turn it is, in order; who has a turn is in it once.
    turns: VecDeque<S>,
    /// The lines that were put aside; few parties share what gear they have.
    aside: HashMap<SocketAddr, Vec<(S, bool)>>,
    /// How many orders of each party may give way.
    sizes: BTreeSet<(usize, S)>,
    waiting: usize,
    most: usize,
    most_of_one: usize,
}

struct Party<K> {
    urgent: Lines<K>,
    others: Lines<K>,
    under_way: usize,
    has_turn: bool,
}

impl<K> Default for Party<K> {
    fn default() -> Self {
        let (urgent, others) = (Lines::default(), Lines::default());
        Self { urgent, others, under_way: 0, has_turn: false }
    }
}

impl<K> Party<K> {
    fn lines(&mut self, urgent: bool) -> &mut Lines<K> {
        if urgent { &mut self.urgent } else { &mut self.others }
    }

    fn len(&self) -> usize {
        self.urgent.len() + self.others.len()
    }
}

impl<S: Copy + Eq + Hash + Ord, K> Queue<S, K> {
    /// Lets so many orders wait in all, and of each party.
    pub(super) fn new(most: usize, most_of_one: usize) -> Self {
        let (parties, aside) = (HashMap::new(), HashMap::new());
        let (turns, sizes) = (VecDeque::new(), BTreeSet::new());
        Self { parties, turns, aside, sizes, waiting: 0, most, most_of_one }
    }

    /// Adds an order behind those of its party that are as urgent. Where too many wait one gives way,
    /// whose key is given back: the last of the party that has most, or else this one. Nothing
    /// urgent gives way to others.
    pub(super) fn add(&mut self, order: NewOrder<S, K>) -> Option<K> {
        let NewOrder { share, key, to, urgent } = order;
        let own = self.parties.get(&share).map_or(0, Party::len);
        let mut gave_way = None;
        if own >= self.most_of_one || self.waiting >= self.most {
            let largest = self.sizes.last().copied();
            let loser = match largest {
                _ if own >= self.most_of_one => urgent.then_some(share),
                Some((size, party)) if urgent || size > own + 1 => Some(party),
                Some(_) | None => None,
            };
            gave_way = loser.and_then(|loser| self.give_way(loser));
            if gave_way.is_none() {
                return Some(key);
            }
        }
        let party = self.parties.entry(share).or_default();
        let before = party.others.len();
        party.lines(urgent).add(to, key);
        let now = party.others.len();
        self.waiting += 1;
        self.resize(share, before, now);
        self.call(share);
        gave_way
    }

    /// Takes an order whose destination is not full, of the party whose turn it is among those of
    /// which fewer than `most` are under way; it is under way then.
    pub(super) fn take(
        &mut self,
        most: usize,
        is_full: impl Fn(&SocketAddr) -> bool,
    ) -> Option<NewOrder<S, K>> {
        while let Some(share) = self.turns.pop_front() {
            let Some(party) = self.parties.get_mut(&share) else { continue };
            party.has_turn = false;
            if party.under_way >= most {
                // Its turn comes again once one of them has ended.
                continue;
            }
            let before = party.others.len();
            let mut found = None;
            for urgent in [true, false] {
                let aside = |to| self.aside.entry(to).or_default().push((share, urgent));
                if found.is_none()
                    && let Some((to, key)) = party.lines(urgent).take(&is_full, aside)
                {
                    found = Some(NewOrder { share, key, to, urgent });
                }
            }
            if found.is_some() {
                party.under_way += 1;
                self.waiting = self.waiting.saturating_sub(1);
            }
            let now = party.others.len();
            self.resize(share, before, now);
            self.call(share);
            self.tidy(share);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// An order of a party is not under way any more, and its destination has a place.
    pub(super) fn ended(&mut self, share: S, to: SocketAddr) {
        if let Some(party) = self.parties.get_mut(&share) {
            party.under_way = party.under_way.saturating_sub(1);
        }
        for (waiting, urgent) in self.aside.remove(&to).unwrap_or_default() {
            if let Some(party) = self.parties.get_mut(&waiting) {
                party.lines(urgent).wake(to);
            }
            self.call(waiting);
        }
        self.call(share);
        self.tidy(share);
    }

    /// Whether nothing waits and nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0 && self.parties.values().all(|party| party.under_way == 0)
    }

    /// The last order of a party that may give way does.
    fn give_way(&mut self, share: S) -> Option<K> {
        let party = self.parties.get_mut(&share)?;
        let before = party.others.len();
        let key = party.others.drop_last()?;
        self.waiting = self.waiting.saturating_sub(1);
        self.resize(share, before, before - 1);
        Some(key)
    }

    fn resize(&mut self, share: S, before: usize, now: usize) {
        if before != now {
            self.sizes.remove(&(before, share));
            if now > 0 {
                self.sizes.insert((now, share));
            }
        }
    }

    /// Gives a party a turn that has something to send.
    fn call(&mut self, share: S) {
        let Some(party) = self.parties.get_mut(&share) else { return };
        let is_ready = party.urgent.is_ready() || party.others.is_ready();
        if is_ready && !party.has_turn {
            party.has_turn = true;
            self.turns.push_back(share);
        }
    }

    /// Forgets a party of which nothing is left.
    fn tidy(&mut self, share: S) {
        let is_over = |party: &Party<K>| {
            party.under_way == 0 && party.urgent.is_over() && party.others.is_over()
        };
        if self.parties.get(&share).is_some_and(is_over) {
            self.parties.remove(&share);
        }
    }
}
