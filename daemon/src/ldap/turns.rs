//! Turns of those whose work takes long.
//!
//! A question that is not answered within a moment goes on in turns, and only so many turns of one
//! organization run at once. What else its connections want waits for one of them, not for a
//! processor: however many expensive searches an organization starts, the others find processors
//! free.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use directory::OrganizationId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns of every organization.
#[derive(Debug)]
pub(super) struct Turns {
    at_once: NonZeroUsize,
    organizations: Mutex<HashMap<OrganizationId, Weak<Semaphore>>>,
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
    pub(super) fn new(at_once: NonZeroUsize) -> Self {
        Self { at_once, organizations: Mutex::default() }
    }

    /// Waits for a turn.
    pub(super) async fn wait(&self, organization: OrganizationId) -> Turn {
        let semaphore = self.of(organization);
        // Nobody closes it.
        let permit = Arc::clone(&semaphore).acquire_owned().await.ok();
        Turn { _permit: permit, _organization: semaphore }
    }

    fn of(&self, organization: OrganizationId) -> Arc<Semaphore> {
        let mut organizations = self.organizations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(semaphore) = organizations.get(&organization).and_then(Weak::upgrade) {
            return semaphore;
        }
        // Those that nobody waits for any more make room.
        organizations.retain(|_, semaphore| semaphore.strong_count() > 0);
        let semaphore = Arc::new(Semaphore::new(self.at_once.get()));
        organizations.insert(organization, Arc::downgrade(&semaphore));
        semaphore
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
        let turns = Turns::new(NonZeroUsize::new(2).unwrap());
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
        let turns = Turns::new(NonZeroUsize::MIN);
        for number in 1..100 {
            let mut turn = pin!(turns.wait(organization(number)));
            assert!(poll(turn.as_mut()).is_ready());
        }
        assert!(turns.organizations.lock().unwrap().len() <= 100);
        let mut last = pin!(turns.wait(organization(1_000)));
        assert!(poll(last.as_mut()).is_ready());
        drop(turns.of(organization(2_000)));
        assert!(turns.organizations.lock().unwrap().len() < 100);
    }
}
