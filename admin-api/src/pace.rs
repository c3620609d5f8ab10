//! How often somebody may ask for something.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use directory::Time;

/// A minute, in which so much is to be had, in milliseconds.
const MINUTE: u64 = 60_000;

/// What each asked of late.
pub(crate) struct Pace<K> {
    /// What a request takes of the minute.
    cost: u64,
    /// How many are told apart at most; all others share what one has.
    most: usize,
    /// When all of the minute is to be had again.
    pub(crate) spent: Mutex<HashMap<K, u64>>,
}

impl<K: Copy + Eq + Hash> Pace<K> {
    /// Lets each ask so often in a minute, and tells `most` apart.
    pub(crate) fn new(each_minute: u32, most: usize) -> Self {
        let cost = (MINUTE / u64::from(each_minute.max(1))).max(1);
        Self { cost, most, spent: Mutex::default() }
    }

    /// Takes a request of somebody, or of `rest` where too many are told apart already.
    ///
    /// # Errors
    /// After how many seconds the next one is taken, when this one is not.
    pub(crate) fn admit(&self, mut who: K, rest: K, now: Time) -> Result<(), u64> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() >= self.most && !spent.contains_key(&who) {
            spent.retain(|_, until| *until > now.0 && *until <= now.0.saturating_add(MINUTE));
            if spent.len() >= self.most {
                who = rest;
            }
        }
        let until = spent.entry(who).or_default();
        // A clock that was put back would refuse for as long.
        if *until > now.0.saturating_add(MINUTE) {
            *until = now.0;
        }
        let then = (*until).max(now.0).saturating_add(self.cost);
        let too_much = then.saturating_sub(now.0).saturating_sub(MINUTE);
        if too_much > 0 {
            return Err(too_much.div_ceil(1_000));
        }
        *until = then;
        Ok(())
    }
}
