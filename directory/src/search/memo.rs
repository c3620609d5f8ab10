//! What one caller's searches read again and again, kept as long as nothing was changed.

use std::cell::RefCell;
use std::sync::Arc;

use storage::{Mark, Snapshot};

use super::sight::Sight;
use crate::access::{Actor, Seen};
use crate::id::OrganizationId;
use crate::known::Lookups;

/// What one caller's searches read again and again.
///
/// It holds for one snapshot, one actor and one organization, and is asked with them each time, so
/// it says what reading again would say; the first search after any commit reads anew.
pub struct Memo {
    /// What all callers share.
    lookups: Arc<Lookups>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    origin: Option<(Mark, Actor, OrganizationId)>,
    seen: Arc<Seen>,
    sight: Option<Arc<Sight>>,
}

impl Memo {
    /// A memo that holds nothing yet.
    pub(crate) fn new(lookups: Arc<Lookups>) -> Self {
        Self { lookups, state: RefCell::default() }
    }

    /// What all callers share.
    pub(crate) fn lookups(&self) -> &Lookups {
        &self.lookups
    }

    /// What was read when this actor was authorized in this snapshot before.
    pub(crate) fn seen(
        &self,
        snapshot: &Snapshot,
        actor: Actor,
        organization: OrganizationId,
    ) -> Option<Arc<Seen>> {
        let state = self.state.borrow();
        state.is_by(actor, snapshot, organization).then(|| Arc::clone(&state.seen))
    }

    /// What this actor was found to see in this snapshot before.
    pub(crate) fn sight(
        &self,
        snapshot: &Snapshot,
        actor: Actor,
        organization: OrganizationId,
    ) -> Option<Arc<Sight>> {
        let state = self.state.borrow();
        state.sight.clone().filter(|_| state.is_by(actor, snapshot, organization))
    }

    /// Keeps what an actor sees, unless another grant began the memo anew.
    pub(crate) fn keep_sight(
        &self,
        snapshot: &Snapshot,
        actor: Actor,
        organization: OrganizationId,
        sight: &Arc<Sight>,
    ) {
        let mut state = self.state.borrow_mut();
        if state.is_by(actor, snapshot, organization) {
            state.sight = Some(Arc::clone(sight));
        }
    }

    /// Begins anew with what was read to authorize an actor.
    pub(crate) fn begin(
        &self,
        snapshot: &Snapshot,
        actor: Actor,
        organization: OrganizationId,
        seen: &Arc<Seen>,
    ) {
        let origin = Some((snapshot.mark(), actor, organization));
        let seen = Arc::clone(seen);
        *self.state.borrow_mut() = State { origin, seen, sight: None };
    }
}

impl State {
    fn is_by(&self, actor: Actor, snapshot: &Snapshot, organization: OrganizationId) -> bool {
        let same = self.origin.as_ref().is_some_and(|(_, who, _)| *who == actor);
        same && self.is_of(snapshot, organization)
    }

    fn is_of(&self, snapshot: &Snapshot, organization: OrganizationId) -> bool {
        let same = |(mark, _, place): &(Mark, Actor, OrganizationId)| {
            snapshot.bears(mark) && *place == organization
        };
        self.origin.as_ref().is_some_and(same)
    }
}
