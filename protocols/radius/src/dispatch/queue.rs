//! Orders that wait for their turn, each party's own.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use super::NewOrder;

/// What waits, and how much of each party is under way.
pub(super) struct Queue<S, K> {
    parties: HashMap<S, Party<S, K>>,
    /// Whose turn it is, in order; every party of which something waits is in it once.
    turns: VecDeque<S>,
    most: usize,
}

struct Party<S, K> {
    waiting: VecDeque<NewOrder<S, K>>,
    under_way: usize,
}

impl<S, K> Default for Party<S, K> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), under_way: 0 }
    }
}

impl<S: Copy + Eq + Hash, K> Queue<S, K> {
    /// Lets so many orders of each party wait.
    pub(super) fn new(most: usize) -> Self {
        Self { parties: HashMap::new(), turns: VecDeque::new(), most }
    }

    /// Adds an order behind those of its party, or in front of them where it is urgent; gives
    /// back its key where too many of them wait.
    pub(super) fn add(&mut self, order: NewOrder<S, K>) -> Result<(), K> {
        let share = order.share;
        let party = self.parties.entry(share).or_default();
        if party.waiting.len() >= self.most {
            return Err(order.key);
        }
        if party.waiting.is_empty() {
            self.turns.push_back(share);
        }
        if order.urgent {
            party.waiting.push_front(order);
        } else {
            party.waiting.push_back(order);
        }
        Ok(())
    }

    /// Takes an order that `may` be sent now, of the party whose turn it is among those of which
    /// fewer than `most` are under way; it is under way then.
    pub(super) fn take(
        &mut self,
        most: usize,
        may: impl Fn(&NewOrder<S, K>) -> bool,
    ) -> Option<NewOrder<S, K>> {
        for _ in 0..self.turns.len() {
            let share = self.turns.pop_front()?;
            let Some(party) = self.parties.get_mut(&share) else { continue };
            let free = party.under_way < most;
            let found = party.waiting.iter().position(&may).filter(|_| free);
            let order = found.and_then(|position| party.waiting.remove(position));
            if order.is_some() {
                party.under_way += 1;
            }
            if !party.waiting.is_empty() {
                self.turns.push_back(share);
            }
            if order.is_some() {
                return order;
            }
        }
        None
    }

    /// An order of a party is not under way any more.
    pub(super) fn ended(&mut self, share: S) {
        if let Some(party) = self.parties.get_mut(&share) {
            party.under_way = party.under_way.saturating_sub(1);
            if party.under_way == 0 && party.waiting.is_empty() {
                self.parties.remove(&share);
            }
        }
    }

    /// Whether nothing waits and nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.parties.is_empty()
    }
}
