//! Who was asked for a code, until it comes or takes too long.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use storage::Id;

use crate::id::RadiusClientId;

/// How many may be asked for a code at the same time, and how long each may take.
#[derive(Clone, Copy, Debug)]
pub struct ChallengeLimits {
    /// Of all organizations.
    pub all: usize,
    /// Of one organization; its own oldest one gives way to one more.
    pub of_organization: usize,
    /// How long a code may take, in milliseconds.
    pub patience: u64,
}

impl Default for ChallengeLimits {
    fn default() -> Self {
        Self { all: 16_384, of_organization: 1_024, patience: 60_000 }
    }
}

/// How often one user may be asked at the same time: a few machines that log in at once.
const OF_USER: usize = 4;

/// What an answer has to bring back: sixteen octets that nobody can guess.
pub(super) type State = [u8; 16];

/// Who is asked, through which client, and as whom the credential stood then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) client: RadiusClientId,
    pub(super) user: Id,
    pub(super) version: u64,
}

struct Waiting {
    state: State,
    asked: Asked,
    until: u64,
}

/// Those who were asked, by the numbers of their organizations; the oldest first.
type Held = HashMap<u32, VecDeque<Waiting>>;

/// Those who were asked for a code.
pub(crate) struct Challenges {
    limits: ChallengeLimits,
    held: Mutex<Held>,
}

impl Challenges {
    /// Starts with nobody.
    pub(crate) fn new(limits: ChallengeLimits) -> Self {
        Self { limits, held: Mutex::default() }
    }

    /// Notes that somebody was asked, and that `state` comes with the answer.
    pub(super) fn put(&self, organization: u32, state: State, asked: Asked, now: u64) {
        let mut held = self.lock();
        let line = held.entry(organization).or_default();
        // All wait equally long, so that the oldest end first.
        line.retain(|waiting| waiting.until > now);
        let is_same = |waiting: &Waiting| waiting.asked.user == asked.user;
        if line.iter().filter(|waiting| is_same(waiting)).count() >= OF_USER
            && let Some(oldest) = line.iter().position(is_same)
        {
            line.remove(oldest);
        }
        if line.len() >= self.limits.of_organization.max(1) {
            line.pop_front();
        }
        let is_full =
            |held: &Held| held.values().map(VecDeque::len).sum::<usize>() >= self.limits.all.max(1);
        if is_full(&held) {
            forget_expired(&mut held, now);
        }
        if is_full(&held) {
            take_from_the_longest(&mut held);
        }
        let until = now.saturating_add(self.limits.patience);
        held.entry(organization).or_default().push_back(Waiting { state, asked, until });
    }

    /// Whether exactly this one was asked and still is; it is not any more then. What somebody
    /// else's answer brings stays for whom it was made.
    pub(super) fn take(&self, organization: u32, state: &State, asked: Asked, now: u64) -> bool {
        let mut held = self.lock();
        let Some(line) = held.get_mut(&organization) else { return false };
        let is_it = |waiting: &Waiting| waiting.state == *state && waiting.asked == asked;
        let found = line.iter().position(is_it).and_then(|at| line.remove(at));
        if line.is_empty() {
            held.remove(&organization);
        }
        found.is_some_and(|waiting| waiting.until > now)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Nothing can panic halfway through a change of it, so a poisoned one is whole.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever took too long gives way before anybody who is still asked.
fn forget_expired(held: &mut Held, now: u64) {
    held.retain(|_, line| {
        line.retain(|waiting| waiting.until > now);
        !line.is_empty()
    });
}

fn take_from_the_longest(held: &mut Held) {
    let longest = held.iter().max_by_key(|(_, line)| line.len()).map(|(number, _)| *number);
    let Some(longest) = longest else { return };
    if let Some(line) = held.get_mut(&longest) {
        line.pop_front();
        if line.is_empty() {
            held.remove(&longest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RecordId;

    const LIMITS: ChallengeLimits = ChallengeLimits { all: 6, of_organization: 5, patience: 10 };

    fn asked(user: Id) -> Asked {
        Asked { client: RadiusClientId::from_record(1).unwrap(), user, version: 3 }
    }

    fn state(number: u8) -> State {
        [number; 16]
    }

    #[test]
    fn an_answer_counts_once_in_time_and_for_whom_was_asked_alone() {
        let challenges = Challenges::new(LIMITS);
        challenges.put(7, state(1), asked(5), 100);
        let mine = asked(5);
        let client = RadiusClientId::from_record(2).unwrap();
        for (organization, state, other) in [
            (8, state(1), mine),
            (7, state(2), mine),
            (7, state(1), asked(6)),
            (7, state(1), Asked { client, ..mine }),
            (7, state(1), Asked { version: 4, ..mine }),
        ] {
            assert!(!challenges.take(organization, &state, other, 101), "{organization} {other:?}");
        }
        assert!(challenges.take(7, &state(1), mine, 101));
        assert!(!challenges.take(7, &state(1), mine, 101), "twice");
        challenges.put(7, state(1), mine, 100);
        assert!(!challenges.take(7, &state(1), mine, 110), "too late");
        assert!(challenges.lock().is_empty());
    }

    #[test]
    fn the_oldest_of_a_user_an_organization_and_the_longest_line_give_way() {
        let challenges = Challenges::new(LIMITS);
        let held = |organization, number, user: Id| {
            challenges.lock().get(&organization).is_some_and(|line| {
                line.iter().any(|it| it.state == state(number) && it.asked == asked(user))
            })
        };
        for number in 1..=5 {
            challenges.put(7, state(number), asked(5), 100);
        }
        assert!(!held(7, 1, 5) && held(7, 2, 5) && held(7, 5, 5), "four of a user");
        challenges.put(7, state(6), asked(6), 100);
        challenges.put(7, state(7), asked(7), 100);
        assert!(!held(7, 2, 5) && held(7, 7, 7), "five of an organization");
        challenges.put(8, state(8), asked(8), 100);
        challenges.put(8, state(9), asked(9), 100);
        assert!(!held(7, 3, 5), "six of all");
        assert!(held(7, 4, 5) && held(8, 8, 8) && held(8, 9, 9));
        challenges.put(7, state(10), asked(9), 110);
        assert_eq!(challenges.lock()[&7].len(), 1, "what took too long is forgotten");
    }
}
