//! Which of a place's events an admin is shown: at the provider none about an organization that does
//! not exist for the admin.

use std::collections::HashSet;

use storage::Snapshot;
use uuid::Uuid;

use super::{Event, SubjectKind};
use crate::access::{Grant, View, Who, organization, standing};
use crate::error::Error;
use crate::id::Place;

/// Which events are shown.
pub(super) enum Shown {
    /// All.
    All,
    /// Of those about organizations those about these alone.
    About(HashSet<Uuid>),
}

impl Shown {
    pub(super) fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    pub(super) fn shows(&self, event: &Event) -> bool {
        let Self::About(known) = self else { return true };
        let subject = event.subject.as_ref();
        subject.is_none_or(|it| it.kind != SubjectKind::Organization || known.contains(&it.id))
    }
}

impl Grant<'_, &Snapshot, View> {
    /// Whether the actor is shown all of the place's events, so that what is exported of them is a
    /// chain.
    ///
    /// # Errors
    /// When the store fails.
    pub fn shows_all_events(&self) -> Result<bool, Error> {
        Ok(self.shown()?.is_all())
    }

    /// What the actor is shown. Who has all organizations in scope is shown those as well that were
    /// destroyed, which are in no other scope.
    pub(super) fn shown(&self) -> Result<Shown, Error> {
        let (Place::Provider, Who::Admin { admin, token }) = (self.place, self.context.actor.0)
        else {
            return Ok(Shown::All);
        };
        let standing = standing(self.source, self.context, admin, token)??;
        let Some(named) = standing.rights.named() else { return Ok(Shown::All) };
        let mut known = HashSet::new();
        for id in named {
            known.extend(organization(self.source, id)?.map(|record| record.uuid));
        }
        Ok(Shown::About(known))
    }
}
