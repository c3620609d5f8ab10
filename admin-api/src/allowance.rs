//! How often somebody may ask: so much in a minute, of which all may come at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use directory::Time;

/// A minute, in which so much is to be had, in milliseconds.
const MINUTE: u64 = 60_000;
/// What was taken of late, by whom.
pub(crate) struct Allowance<K> {
    each_minute: u32,
    /// How many are told apart at most; all others share what one has.
    most: usize,
    /// When all of the minute is to be had again, in microseconds: a request may cost less than a
    /// millisecond of it.
    pub(crate) spent: Mutex<HashMap<K, u64>>,
    /// Who stands for all that are not told apart.
    others: K,
}

/// What is left after a request was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// So many requests of the minute.
    pub(crate) all: u32,
    /// So many may still come now.
    pub(crate) now: u32,
    /// After so many seconds all of the minute is to be had again.
    pub(crate) whole_in: u64,
}

impl<K: Copy + Eq + Hash> Allowance<K> {
    /// Lets each have so much in a minute, and tells `most` apart.
    pub(crate) fn new(each_minute: u32, most: usize, others: K) -> Self {
        Self { each_minute: each_minute.max(1), most, spent: Mutex::default(), others }
    }

    /// Takes a request.
    ///
    /// # Errors
    /// After how many seconds the next one is taken, when this one is not.
    pub(crate) fn take(&self, mut who: K, now: Time) -> Result<Left, u64> {
        const ALL: u64 = MINUTE * 1_000;
        let (now, cost) = (now.0.saturating_mul(1_000), self.cost());
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        if spent.len() >= self.most && !spent.contains_key(&who) {
            spent.retain(|_, until| *until > now && *until <= now.saturating_add(ALL));
            if spent.len() >= self.most {
                who = self.others;
            }
        }
        let until = spent.entry(who).or_default();
        // A clock that was put back would refuse for as long.
        if *until > now.saturating_add(ALL) {
            *until = now;
        }
        let then = (*until).max(now).saturating_add(cost);
        let taken = then.saturating_sub(now);
        if taken > ALL {
            return Err((taken - ALL).div_ceil(1_000_000));
        }
        *until = then;
        let left = ALL.saturating_sub(taken).checked_div(cost).unwrap_or_default();
        let now = u32::try_from(left).unwrap_or(u32::MAX);
        Ok(Left { all: self.each_minute, now, whole_in: taken.div_ceil(1_000_000) })
    }

    fn cost(&self) -> u64 {
        (MINUTE * 1_000 / u64::from(self.each_minute)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_minute_and_nobody_pays_for_another() {
        let allowance = Allowance::new(6, 9, 0);
        let start = Time(1_000_000);
        for left in (0..6).rev() {
            assert_eq!(allowance.take(1, start).unwrap().now, left);
        }
        assert_eq!(allowance.take(1, start), Err(10));
        assert_eq!(allowance.take(2, start).unwrap(), Left { all: 6, now: 5, whole_in: 10 });
        assert_eq!(allowance.take(1, Time(start.0 + 9_999)), Err(1));
        assert_eq!(allowance.take(1, Time(start.0 + 10_000)).unwrap().now, 0);
        assert_eq!(allowance.take(1, Time(start.0 + 80_000)).unwrap().now, 5);
    }

    #[test]
    fn a_minute_has_room_for_more_requests_than_milliseconds() {
        let allowance = Allowance::new(600_000, 9, 0);
        let taken = (0..700_000).take_while(|_| allowance.take(1, Time(5)).is_ok()).count();
        assert_eq!(taken, 600_000);
    }

    #[test]
    fn no_number_of_them_takes_more_memory() {
        let (allowance, start) = (Allowance::new(1, 100, 0), Time(1_000_000));
        for number in 1..1_000 {
            let _taken = allowance.take(number, start);
        }
        assert_eq!(allowance.spent.lock().unwrap().len(), 100 + 1);
        assert!(allowance.take(30_000, start).is_err(), "what all others share");
        assert!(allowance.take(30_000, Time(start.0 + MINUTE)).is_ok());
    }
}
