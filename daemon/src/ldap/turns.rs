//! Turns of organizations, so that one's storm does not make the others wait.
//!
//! A question that is not answered within a moment goes on in turns, and only so many turns of one
//! organization run at once. What else its connections want waits for one of them, not for a
//! processor: however many expensive searches an organization starts, the others find processors
//! free.
//!
//! What is answered at once has its turns too, by the time that it takes: between two looks at who else is
//! ready, one organization's connections work for a moment together and no longer. However many of them
//! ask, a request of another organization waits for that moment, not for all of them.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use directory::OrganizationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Whose a turn is: an organization's, or that of all who have not bound.
pub(super) type Whose = Option<OrganizationId>;

/// The turns of every organization.
#[derive(Debug)]
pub(super) struct Turns {
    /// What one of them may hold at once.
    share: NonZeroU32,
    semaphores: Mutex<Semaphores>,
}

#[derive(Debug, Default)]
struct Semaphores {
    of: HashMap<Whose, Weak<Semaphore>>,
    /// With so many those that nobody has any more make room.
    full: usize,
}

/// A turn; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    /// Freed before the semaphore may go.
    _permit: Option<OwnedSemaphorePermit>,
    _organization: Arc<Semaphore>,
}

impl Turns {
    /// Lets one organization hold so much at once.
    pub(super) fn new(share: NonZeroU32) -> Self {
        Self { share, semaphores: Mutex::default() }
    }

    /// Lets the connections of one organization work for a moment between two looks at who else is ready, on
    /// each of so many threads: its share is in microseconds.
    pub(super) fn of_rounds(threads: usize) -> Self {
        let threads = u32::try_from(threads).unwrap_or(u32::MAX);
        Self::new(NonZeroU32::new(threads.saturating_mul(ROUND)).unwrap_or(NonZeroU32::MIN))
    }

    /// Waits for a turn of one.
    pub(super) async fn wait(&self, organization: OrganizationId) -> Turn {
        let semaphore = self.of(Some(organization));
        // Nobody closes it.
        let permit = Arc::clone(&semaphore).acquire_owned().await.ok();
        Turn { _permit: permit, _organization: semaphore }
    }

    fn of(&self, whose: Whose) -> Arc<Semaphore> {
        let mut semaphores = self.semaphores.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = semaphores.of.get(&whose).and_then(Weak::upgrade) {
            return semaphore;
        }
        if semaphores.of.len() >= semaphores.full {
            semaphores.of.retain(|_, semaphore| semaphore.strong_count() > 0);
            semaphores.full = FEW + 2 * semaphores.of.len();
        }
        let semaphore = Arc::new(Semaphore::new(self.share.get() as usize));
        semaphores.of.insert(whose, Arc::downgrade(&semaphore));
        semaphore
    }
}

/// How long one organization's connections work on each thread before it looks who else is ready, in
/// microseconds.
const ROUND: u32 = 50;

/// What a connection holds of it that was not answered yet, and what each holds for reading its requests and
/// writing their answers: about what these take.
const UNKNOWN: u32 = 6;
const AROUND: u32 = 6;

/// So many semaphores are too few to look which of them can go.
const FEW: usize = 16;

/// A connection's place among those of its organization that are answered at once. What it holds of the
/// turn is as many microseconds as its last requests took, and a few for reading and writing.
#[derive(Debug)]
pub(super) struct Place {
    whose: Whose,
    semaphore: Arc<Semaphore>,
    microseconds: u32,
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    since: Duration,
    /// Nobody closes the semaphore, so that there is one.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// The place of a connection on which nobody has bound.
    pub(super) fn new(turns: &Turns) -> Self {
        Self { whose: None, semaphore: turns.of(None), microseconds: UNKNOWN, held: None }
    }

    /// Waits until it is this connection's turn, unless it is, and says since when.
    pub(super) async fn take(
        &mut self,
        turns: &Turns,
        whose: Whose,
        now: impl Fn() -> Duration,
    ) -> Duration {
        if let Some(held) = &self.held {
            return held.since;
        }
        if whose != self.whose {
            self.semaphore = turns.of(whose);
            self.whose = whose;
        }
        let share = self.microseconds.saturating_add(AROUND).min(ROUND);
        let permit = match Arc::clone(&self.semaphore).try_acquire_many_owned(share) {
            Ok(permit) => Some(permit),
            Err(_) => {
                let permit = Arc::clone(&self.semaphore).acquire_many_owned(share).await.ok();
                // Between two rounds the runtime looks who is ready; it would go on with those whose turn
                // it is otherwise, until none is left.
                tokio::task::yield_now().await;
                permit
            }
        };
        let since = now();
        self.held = Some(Held { since, _permit: permit });
        since
    }

    /// Notes that the turn has come to a time; says whether that is as long as a turn may be.
    pub(super) fn worked(&mut self, until: Duration) -> bool {
        let Some(held) = &self.held else { return false };
        let took = until.saturating_sub(held.since).as_micros();
        self.microseconds = u32::try_from(took).unwrap_or(u32::MAX);
        self.microseconds >= ROUND
    }

    /// Ends the turn.
    pub(super) fn leave(&mut self) {
        self.held = None;
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn organization(number: u64) -> OrganizationId {
        directory::RecordId::from_record(number).unwrap()
    }

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn so_many_turns_of_one_organization_run_at_once_and_others_do_not_wait_for_them() {
        let turns = Turns::new(NonZeroU32::new(2).unwrap());
        let (acme, globex) = (organization(1), organization(2));
        let (mut first, mut second) = (pin!(turns.wait(acme)), pin!(turns.wait(acme)));
        let Poll::Ready(first) = poll(first.as_mut()) else { panic!("no first turn") };
        let Poll::Ready(_second) = poll(second.as_mut()) else { panic!("no second turn") };
        let mut third = pin!(turns.wait(acme));
        assert!(poll(third.as_mut()).is_pending());
        let mut other = pin!(turns.wait(globex));
        assert!(poll(other.as_mut()).is_ready());
        drop(first);
        assert!(poll(third.as_mut()).is_ready());
    }

    #[test]
    fn an_organization_without_turns_takes_no_room() {
        let turns = Turns::new(NonZeroU32::MIN);
        for number in 1..100 {
            let mut turn = pin!(turns.wait(organization(number)));
            assert!(poll(turn.as_mut()).is_ready());
        }
        assert!(turns.semaphores.lock().unwrap().of.len() <= 100);
        let mut last = pin!(turns.wait(organization(1_000)));
        assert!(poll(last.as_mut()).is_ready());
        drop(turns.of(Some(organization(2_000))));
        assert!(turns.semaphores.lock().unwrap().of.len() < 100);
    }

    fn take(place: &mut Place, turns: &Turns, whose: Whose, at: u64) -> bool {
        let mut taking = pin!(place.take(turns, whose, || Duration::from_micros(at)));
        poll(taking.as_mut()).is_ready()
    }

    #[test]
    fn connections_of_one_organization_hold_no_more_than_a_round_and_others_do_not_wait() {
        let turns = Turns::new(NonZeroU32::new(ROUND).unwrap());
        let (acme, globex) = (Some(organization(1)), Some(organization(2)));
        let [mut first, mut second, mut third] = [(); 3].map(|()| Place::new(&turns));
        assert!(take(&mut first, &turns, acme, 0) && take(&mut second, &turns, acme, 0));
        assert!(first.worked(Duration::from_micros(u64::from(ROUND))), "it is over");
        assert!(!second.worked(Duration::from_micros(10)));
        first.leave();
        second.leave();
        assert!(take(&mut second, &turns, acme, 0));
        assert!(!take(&mut first, &turns, acme, 0));
        assert!(take(&mut third, &turns, globex, 0));
        second.leave();
        assert!(take(&mut first, &turns, acme, 0));
    }

    #[test]
    fn few_connections_that_were_not_answered_yet_are_answered_at_once() {
        let turns = Turns::new(NonZeroU32::new(ROUND).unwrap());
        let mut places: Vec<Place> = (0..ROUND).map(|_| Place::new(&turns)).collect();
        let at_once =
            places.iter_mut().filter_map(|place| take(place, &turns, None, 0).then_some(()));
        assert_eq!(at_once.count(), (ROUND / (UNKNOWN + AROUND)) as usize);
    }

    #[test]
    fn a_place_is_taken_once_and_whatever_it_took_fits_into_a_round() {
        let turns = Turns::new(NonZeroU32::new(ROUND).unwrap());
        let acme = Some(organization(1));
        let mut place = Place::new(&turns);
        assert!(take(&mut place, &turns, acme, 0));
        assert!(place.worked(Duration::from_secs(5_000)));
        assert!(take(&mut place, &turns, acme, 0));
        place.leave();
        assert!(take(&mut place, &turns, acme, 0));
        assert_eq!(turns.of(acme).available_permits(), 0);
        place.leave();
        assert_eq!(turns.of(acme).available_permits(), ROUND as usize);
    }
}
