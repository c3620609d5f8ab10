//! Turns of organizations, so that one's storm does not make the others wait.
//!
//! A question that is not answered within a moment goes on in turns, and only so many turns of one
//! organization run at once. What else its connections want waits for one of them, not for a
//! processor: however many expensive searches an organization starts, the others find processors
//! free. What is answered at once has rounds ([`super::rounds`]).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use directory::OrganizationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Whose a turn is: an organization's, or that of all who have not bound.
pub(super) type Whose = Option<OrganizationId>;

/// The turns of every organization.
#[derive(Debug)]
pub(super) struct Turns {
    /// How many of one of them run at once.
    at_once: NonZeroU32,
    semaphores: OfEach<Semaphore>,
}

/// A turn; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    /// Freed before the semaphore may go.
    _permit: Option<OwnedSemaphorePermit>,
    _organization: Arc<Semaphore>,
}

impl Turns {
    /// Lets so many turns of one organization run at once.
    pub(super) fn new(at_once: NonZeroU32) -> Self {
        Self { at_once, semaphores: OfEach::default() }
    }

    /// Waits for a turn of one.
    pub(super) async fn wait(&self, organization: OrganizationId) -> Turn {
        let new = || Semaphore::new(self.at_once.get() as usize);
        let semaphore = self.semaphores.of(Some(organization), new);
        // Nobody closes it.
        let permit = Arc::clone(&semaphore).acquire_owned().await.ok();
        Turn { _permit: permit, _organization: semaphore }
    }
}

/// What all connections of an organization share, for each that has any.
#[derive(Debug)]
pub(super) struct OfEach<T>(Mutex<Known<T>>);

#[derive(Debug)]
struct Known<T> {
    of: HashMap<Whose, Weak<T>>,
    /// With so many those that nobody has any more make room.
    full: usize,
}

impl<T> Default for OfEach<T> {
    fn default() -> Self {
        Self(Mutex::new(Known { of: HashMap::new(), full: 0 }))
    }
}

impl<T> OfEach<T> {
    /// What those of one share; a new one where there are no others.
    pub(super) fn of(&self, whose: Whose, new: impl FnOnce() -> T) -> Arc<T> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = known.of.get(&whose).and_then(Weak::upgrade) {
            return shared;
        }
        if known.of.len() >= known.full {
            known.of.retain(|_, shared| shared.strong_count() > 0);
            known.full = FEW + 2 * known.of.len();
        }
        let shared = Arc::new(new());
        known.of.insert(whose, Arc::downgrade(&shared));
        shared
    }

    #[cfg(test)]
    fn count(&self) -> usize {
        self.0.lock().unwrap().of.len()
    }
}

/// So many are too few to look which of them can go.
const FEW: usize = 16;

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
        assert!(turns.semaphores.count() <= 100);
        let mut last = pin!(turns.wait(organization(1_000)));
        assert!(poll(last.as_mut()).is_ready());
        let mut one_more = pin!(turns.wait(organization(2_000)));
        assert!(poll(one_more.as_mut()).is_ready());
        assert!(turns.semaphores.count() < 100);
    }
}
