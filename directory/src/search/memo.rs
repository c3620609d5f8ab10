//! What one caller's searches read again and again, kept as long as nothing was changed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use storage::{Id, Mark, ReadError, Reading, Snapshot};

use super::sight::Sight;
use crate::access::{Actor, Seen};
use crate::id::{GroupId, OrganizationId, RecordId};
use crate::known::Lookups;
use crate::records::{Group, relations};

/// The most groups that a memo keeps.
const GROUPS: usize = 256;

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
    groups: HashMap<GroupId, Arc<KnownGroup>>,
}

/// A group with the groups that it is in directly.
pub(crate) struct KnownGroup {
    pub(crate) record: Group,
    pub(crate) parents: Vec<Id>,
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
        *self.state.borrow_mut() = State { origin, seen, sight: None, groups: HashMap::new() };
    }

    /// Reads a group with its parents, or remembers it; `None` when there is none. Another grant may
    /// have begun the memo anew since the one that asks was obtained: then it only reads.
    pub(crate) fn group(
        &self,
        snapshot: &Snapshot,
        organization: OrganizationId,
        id: GroupId,
    ) -> Result<Option<Arc<KnownGroup>>, ReadError> {
        let own = self.state.borrow().is_of(snapshot, organization);
        if own && let Some(known) = self.state.borrow().groups.get(&id) {
            return Ok(Some(Arc::clone(known)));
        }
        let known = KnownGroup::read(snapshot, organization, id)?.map(Arc::new);
        if own && let Some(known) = &known {
            let groups = &mut self.state.borrow_mut().groups;
            if groups.len() < GROUPS {
                groups.insert(id, Arc::clone(known));
            }
        }
        Ok(known)
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

impl KnownGroup {
    /// Reads a group with its parents.
    pub(crate) fn read(
        snapshot: &Snapshot,
        organization: OrganizationId,
        id: GroupId,
    ) -> Result<Option<Self>, ReadError> {
        let (partition, number) = (organization.partition(), id.record());
        let Some(record) = snapshot.get(partition, number)? else { return Ok(None) };
        let parents = snapshot.linking(partition, relations::GROUP_GROUP, number);
        Ok(Some(Self { record, parents: parents.collect::<Result<_, _>>()? }))
    }
}
