//! How a session stands to what its RADIUS client's policy says of whose it is.

use std::sync::Arc;

use storage::Snapshot;

use super::Ordered;
use crate::authentication::{Reconsidered, reconsider};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::OrganizationId;
use crate::policy::Place;
use crate::records::{Consequence, Guest, ReplyProfileFields, Session, Trigger, digest_of};
use crate::time::Time;

/// How a session stands.
#[derive(Clone)]
pub(super) enum Standing {
    /// It has what the policy says.
    Same,
    /// The policy says this.
    Other(Arc<ReplyProfileFields>),
    /// The policy says nothing that gear could be told.
    Bare,
    /// The policy says something else, and something of before would stay in the session beside it, or
    /// nobody knows whether it would.
    Lasting,
    /// The policy lets them in no more.
    Out(&'static str),
    /// How they were let in is not known.
    Unknown,
}

/// What is wanted of a session.
pub(super) struct Wanted {
    pub(super) what: Ordered,
    /// Why it ends although a change was asked for.
    pub(super) instead: Option<&'static str>,
}

const BARE: &str = "the policy says nothing that the gear could be told";
const LASTING: &str =
    "something that the gear was told before and the policy says no more would stay in the session";
const UNKNOWN: &str = "the gear does not say again how the user was let in";

impl Wanted {
    pub(super) const fn ends(&self) -> bool {
        matches!(self.what, Ordered::End)
    }
}

impl Standing {
    /// Asks the policy again about whose a session is; a lock keeps a user out where it counts.
    pub(super) fn of(
        (directory, snapshot): (&Directory, &Snapshot),
        (organization, session): (OrganizationId, &Session),
        (guest, lock_counts): (Guest, bool),
        now: Time,
    ) -> Result<Self, Error> {
        let gear = directory.gear()?;
        // Of a client that is not answered nothing is asked.
        let Some(policy) = gear.policy(organization, session.client) else {
            return Ok(Self::Same);
        };
        let place = Place { snapshot, lookups: &directory.inner.lookups, organization };
        let whose = (session.client, guest, lock_counts);
        let granted = session.granted.as_ref();
        let reply = match reconsider(place, policy, whose, granted, now)? {
            Reconsidered::In(reply) => reply,
            Reconsidered::Out(reason) => return Ok(Self::Out(reason)),
            Reconsidered::Unknown => return Ok(Self::Unknown),
        };
        let (digest, nothing) = (digest_of(reply.profile.as_deref()), digest_of(None));
        let has = session.changed.or_else(|| granted.map(|granted| granted.reply));
        Ok(match &reply.profile {
            _ if has == Some(digest) => Self::Same,
            Some(_) | None if digest == nothing => Self::Bare,
            Some(profile) if session.carried.is_replaced_by(profile) => {
                Self::Other(Arc::clone(profile))
            }
            Some(_) | None => Self::Lasting,
        })
    }

    /// What follows for the session from what happened to whose it is, where its client wants something.
    pub(super) fn wanted(self, consequence: Consequence, trigger: Trigger) -> Option<Wanted> {
        let is_change = consequence == Consequence::Change;
        let end = |why| Wanted { what: Ordered::End, instead: is_change.then_some(why) };
        // What the gear says nothing of may have been changed by groups, by the policy itself and by its
        // times, and by nothing else.
        let may_be_other =
            trigger.is_of_policy() || matches!(trigger, Trigger::LeftGroup | Trigger::JoinedGroup);
        match self {
            Self::Same => None,
            Self::Other(profile) if is_change => {
                Some(Wanted { what: Ordered::Change(profile), instead: None })
            }
            Self::Other(_) | Self::Bare => Some(end(BARE)),
            Self::Lasting => Some(end(LASTING)),
            Self::Out(reason) => Some(end(reason)),
            Self::Unknown => may_be_other.then(|| end(UNKNOWN)),
        }
    }
}
