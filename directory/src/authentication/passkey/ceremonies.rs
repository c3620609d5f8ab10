//! Challenges that browsers were given, until an answer comes or takes too long.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What an answer has to bring back: octets that nobody can guess.
pub(crate) type Challenge = [u8; 32];

/// How many may be under way, and how long each may take.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// Of everybody.
    pub(super) all: usize,
    /// Of one holder, whose own oldest one gives way to one more.
    pub(super) of_holder: usize,
    /// How long one may take, in milliseconds.
    pub(super) patience: u64,
}

/// Challenges for holders, each with what it is about. All wait equally long, so that the oldest end
/// first.
pub(super) struct Ceremonies<H, A> {
    bounds: Bounds,
    /// Of which crowd a holder is: when there are too many of all, one of the largest gives way.
    crowd: fn(H) -> H,
    held: Mutex<VecDeque<Waiting<H, A>>>,
}

struct Waiting<H, A> {
    challenge: Challenge,
    holder: H,
    about: A,
    until: u64,
}

impl<H: Copy + Eq + Hash, A> Ceremonies<H, A> {
    /// Starts with none.
    pub(super) fn new(bounds: Bounds, crowd: fn(H) -> H) -> Self {
        Self { bounds, crowd, held: Mutex::default() }
    }

    /// Keeps a challenge that was just made.
    pub(super) fn put(&self, challenge: Challenge, holder: H, about: A, now: u64) {
        let mut held = self.lock();
        held.retain(|waiting| waiting.until > now);
        let theirs = held.iter().filter(|waiting| waiting.holder == holder).count();
        let gives_way = if theirs >= self.bounds.of_holder {
            held.iter().position(|waiting| waiting.holder == holder)
        } else if held.len() >= self.bounds.all {
            let largest = self.largest_crowd(&held);
            held.iter().position(|waiting| Some((self.crowd)(waiting.holder)) == largest)
        } else {
            None
        };
        if let Some(oldest) = gives_way {
            held.remove(oldest);
        }
        let until = now.saturating_add(self.bounds.patience);
        held.push_back(Waiting { challenge, holder, about, until });
    }

    /// For whom a challenge was made and what about, while an answer may come; it counts no more then.
    pub(super) fn take(&self, challenge: &Challenge, now: u64) -> Option<(H, A)> {
        let mut held = self.lock();
        let at = held.iter().position(|waiting| waiting.challenge == *challenge)?;
        let Waiting { holder, about, until, .. } = held.remove(at)?;
        (until > now).then_some((holder, about))
    }

    /// Who hold most together.
    fn largest_crowd(&self, held: &VecDeque<Waiting<H, A>>) -> Option<H> {
        let mut counts = HashMap::<H, usize>::new();
        for waiting in held {
            let count = counts.entry((self.crowd)(waiting.holder)).or_default();
            *count = count.saturating_add(1);
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(crowd, _)| crowd)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting<H, A>>> {
        // Nothing can panic halfway through a change of it, so a poisoned one is whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ceremonies() -> Ceremonies<u8, &'static str> {
        Ceremonies::new(Bounds { all: 6, of_holder: 4, patience: 10 }, |holder| holder / 10)
    }

    #[test]
    fn a_challenge_is_good_for_one_answer_in_time() {
        let held = ceremonies();
        held.put([1; 32], 7, "x", 100);
        assert_eq!(held.take(&[2; 32], 101), None);
        assert_eq!(held.take(&[1; 32], 109), Some((7, "x")));
        assert_eq!(held.take(&[1; 32], 109), None, "twice");
        held.put([1; 32], 7, "x", 100);
        assert_eq!(held.take(&[1; 32], 110), None, "too late");
        assert!(held.lock().is_empty());
    }

    #[test]
    fn the_oldest_of_a_holder_and_of_who_holds_most_give_way() {
        let held = ceremonies();
        let has = |number: u8| held.lock().iter().any(|it| it.challenge == [number; 32]);
        for number in 1..=5 {
            held.put([number; 32], 7, "", 100);
        }
        assert!(!has(1) && has(2) && has(5), "four of a holder");
        held.put([6; 32], 8, "", 100);
        held.put([7; 32], 9, "", 100);
        held.put([8; 32], 9, "", 100);
        assert!(!has(2) && has(3) && has(6) && has(8), "six of all");
        held.put([9; 32], 9, "", 110);
        assert_eq!(held.lock().len(), 1, "what took too long is forgotten");
    }

    #[test]
    fn many_holders_of_one_crowd_push_out_each_other_alone() {
        let held = ceremonies();
        let has = |number: u8| held.lock().iter().any(|it| it.challenge == [number; 32]);
        held.put([1; 32], 7, "", 100);
        held.put([2; 32], 25, "", 100);
        for number in 30..=39 {
            held.put([number; 32], number, "", 100);
        }
        assert!(has(1) && has(2) && has(39) && !has(30), "a crowd of holders with one each");
    }
}
