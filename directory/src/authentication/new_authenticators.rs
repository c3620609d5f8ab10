//! Authenticators that are to take the place of admins' own, until a code of them is confirmed.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::totp::{Seed, verify};
use crate::id::AdminId;
use crate::time::Time;

/// So many wait for their first code at most; the oldest give way.
const WAITING: usize = 1_024;

/// For whom an authenticator is new: the admin, and the session that began it.
pub(crate) type Beginner = (AdminId, Uuid);

/// The seeds that admins have put into a new authenticator, or are about to. They are in no store: who
/// does not go on begins anew, and the authenticator in use counts all the while.
#[derive(Default)]
pub(crate) struct NewAuthenticators {
    waiting: Mutex<VecDeque<Waiting>>,
}

struct Waiting {
    beginner: Beginner,
    seed: Seed,
    until: Time,
}

/// What came of a first code.
pub(crate) enum FirstCode {
    /// It is that of this step: the seed counts from here on.
    Right(Seed, u64),
    /// It is another one; the next may be right.
    Wrong,
    /// Nothing was begun in that session, or too long ago.
    Unbegun,
}

impl NewAuthenticators {
    /// Keeps a seed that was just made; one that the same session began before ends.
    pub(crate) fn begin(&self, beginner: Beginner, seed: Seed, until: Time, now: Time) {
        let mut waiting = self.lock();
        waiting.retain(|it| it.until > now && it.beginner != beginner);
        if waiting.len() >= WAITING {
            waiting.pop_front();
        }
        waiting.push_back(Waiting { beginner, seed, until });
    }

    /// Looks at the first code; the seed is handed over with a right one.
    pub(crate) fn confirm(&self, beginner: Beginner, code: &str, now: Time) -> FirstCode {
        let mut waiting = self.lock();
        waiting.retain(|it| it.until > now);
        let Some(at) = waiting.iter().position(|it| it.beginner == beginner) else {
            return FirstCode::Unbegun;
        };
        let step = waiting.get(at).and_then(|it| verify(&it.seed, code, now.seconds(), None));
        match step {
            Some(step) => match waiting.remove(at) {
                Some(begun) => FirstCode::Right(begun.seed, step),
                None => FirstCode::Unbegun,
            },
            None => FirstCode::Wrong,
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        // Nothing can panic halfway through a change of it, so a poisoned one is whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AdminNumber, Place, RecordId};

    /// A code of the seed of RFC 4226 appendix D, and when it counts.
    const CODE: &str = "338314";
    const NOW: Time = Time(120_000);

    fn beginner(number: u64) -> Beginner {
        let number_of_admin = AdminNumber::from_record(number % 7 + 1).unwrap();
        let admin = AdminId { home: Place::Provider, number: number_of_admin };
        (admin, Uuid::from_u128(u128::from(number)))
    }

    fn seed() -> Seed {
        Seed::new(*b"12345678901234567890")
    }

    #[test]
    fn a_seed_is_handed_over_once_to_its_session_with_a_right_code_in_time() {
        let new = NewAuthenticators::default();
        let until = NOW.plus(1_000);
        new.begin(beginner(1), seed(), until, NOW);
        assert!(matches!(new.confirm(beginner(2), CODE, NOW), FirstCode::Unbegun));
        assert!(matches!(new.confirm(beginner(1), "000000", NOW), FirstCode::Wrong));
        let FirstCode::Right(handed, 4) = new.confirm(beginner(1), CODE, NOW) else {
            panic!("the code is right")
        };
        assert_eq!(handed.octets(), seed().octets());
        assert!(matches!(new.confirm(beginner(1), CODE, NOW), FirstCode::Unbegun), "twice");
        new.begin(beginner(1), seed(), until, NOW);
        assert!(matches!(new.confirm(beginner(1), CODE, until), FirstCode::Unbegun), "too late");
    }

    #[test]
    fn a_later_one_of_the_session_takes_the_place_of_the_first_and_the_oldest_give_way() {
        let new = NewAuthenticators::default();
        let until = NOW.plus(1_000);
        new.begin(beginner(0), Seed::new([7; 20]), until, NOW);
        new.begin(beginner(0), seed(), until, NOW);
        assert_eq!(new.lock().len(), 1);
        for number in 1..=u64::try_from(WAITING).unwrap() {
            new.begin(beginner(number), seed(), until, NOW);
        }
        assert_eq!(new.lock().len(), WAITING);
        assert!(matches!(new.confirm(beginner(0), CODE, NOW), FirstCode::Unbegun));
        assert!(matches!(new.confirm(beginner(1), CODE, NOW), FirstCode::Right(..)));
    }
}
