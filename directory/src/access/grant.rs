//! The proof that a check was made, and the only way to a handle.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use storage::{Reading, Snapshot};

use super::actor::Context;
use super::authorize::{Seen, authorize};
use super::permit::{Permit, Search};
use crate::error::Error;
use crate::id::{OrganizationId, Place};
use crate::search::Memo;

/// The proof that `context.actor` may do `P` at one place, inside one transaction.
///
/// `S` is the transaction it was born in: `&Snapshot` when reading, `&mut Change` when changing.
pub struct Grant<'t, S, P> {
    pub(crate) source: S,
    pub(crate) place: Place,
    pub(crate) context: &'t Context,
    pub(crate) tools: &'t crate::Tools,
    pub(crate) seen: Arc<Seen>,
    pub(crate) memo: Option<&'t Memo>,
    permit: PhantomData<P>,
}

impl<'t, S, P> Grant<'t, S, P>
where
    S: Deref,
    S::Target: Reading + Sized,
    P: Permit,
{
    /// Asks whether the actor holds `P` at `place`, and leaves the proof when it does.
    ///
    /// # Errors
    /// `Refused` when it does not; a storage error when that cannot be read.
    pub(crate) fn obtain(
        source: S,
        context: &'t Context,
        tools: &'t crate::Tools,
        place: Place,
    ) -> Result<Self, Error> {
        let seen = Arc::new(authorize(&*source, context, P::RIGHT, place)??);
        Ok(Self { source, place, context, tools, seen, memo: None, permit: PhantomData })
    }

    /// The place that the grant is for.
    pub fn place(&self) -> Place {
        self.place
    }

    pub(crate) fn organization(&self) -> Result<OrganizationId, Error> {
        self.place.organization().ok_or(Error::Missing)
    }
}

impl<'t> Grant<'t, &'t Snapshot, Search> {
    /// Asks whether the actor may search `organization`, unless `memo` knows from this snapshot.
    ///
    /// # Errors
    /// As [`Grant::obtain`].
    pub(crate) fn obtain_again(
        source: &'t Snapshot,
        context: &'t Context,
        tools: &'t crate::Tools,
        organization: OrganizationId,
        memo: &'t Memo,
    ) -> Result<Self, Error> {
        if let Some(seen) = memo.seen(source, context.actor, organization, context.now) {
            let (place, memo) = (organization.into(), Some(memo));
            return Ok(Self { source, place, context, tools, seen, memo, permit: PhantomData });
        }
        let grant = Self::obtain(source, context, tools, organization.into())?;
        memo.keep(source, context.actor, organization, &grant.seen);
        Ok(Self { memo: Some(memo), ..grant })
    }
}
