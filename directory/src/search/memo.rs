//! What one caller's searches read again and again, kept as long as nothing was changed.

use std::cell::RefCell;
use std::sync::Arc;

use storage::{Mark, Snapshot};

use crate::access::{Actor, Seen};
use crate::id::OrganizationId;
use crate::known::Lookups;
use crate::time::Time;

/// What one caller's searches read again and again.
///
/// It holds for one snapshot, one actor and one organization, until the actor's end, and is asked with
/// them each time, so it says what reading again would say.
pub struct Memo {
    /// What all callers share.
    lookups: Arc<Lookups>,
    last: RefCell<Option<Last>>,
}

struct Last {
    mark: Mark,
    actor: Actor,
    organization: OrganizationId,
    seen: Arc<Seen>,
}

impl Memo {
    /// A memo that holds nothing yet.
    pub(crate) fn new(lookups: Arc<Lookups>) -> Self {
        Self { lookups, last: RefCell::default() }
    }

    /// What all callers share.
    pub(crate) fn lookups(&self) -> &Lookups {
        &self.lookups
    }

    /// What was read when this actor was authorized before, if it holds in this snapshot and at this
    /// time.
    pub(crate) fn seen(
        &self,
        snapshot: &Snapshot,
        actor: Actor,
        organization: OrganizationId,
        now: Time,
    ) -> Option<Arc<Seen>> {
        let known = self.known(snapshot, actor, organization)?;
        known.until.is_none_or(|until| now < until).then_some(known)
    }

    fn known(
        &self,
        snapshot: &Snapshot,
        actor: Actor,
        organization: OrganizationId,
    ) -> Option<Arc<Seen>> {
        let last = self.last.borrow();
        let same = last.as_ref().filter(|last| {
            last.actor == actor && last.organization == organization && snapshot.bears(&last.mark)
        });
        if let Some(last) = same {
            return Some(Arc::clone(&last.seen));
        }
        drop(last);
        let seen = self.lookups.seen(snapshot, actor, organization)?;
        self.begin(snapshot, actor, organization, &seen);
        Some(seen)
    }

    /// Keeps what was read to authorize an actor.
    pub(crate) fn keep(
        &self,
        snapshot: &Snapshot,
        actor: Actor,
        organization: OrganizationId,
        seen: &Arc<Seen>,
    ) {
        self.lookups.keep_seen(snapshot, actor, organization, seen);
        self.begin(snapshot, actor, organization, seen);
    }

    fn begin(
        &self,
        snapshot: &Snapshot,
        actor: Actor,
        organization: OrganizationId,
        seen: &Arc<Seen>,
    ) {
        let (mark, seen) = (snapshot.mark(), Arc::clone(seen));
        *self.last.borrow_mut() = Some(Last { mark, actor, organization, seen });
    }
}
