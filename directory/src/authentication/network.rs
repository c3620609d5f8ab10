//! The last step onto a network: what a RADIUS client's policy says of who was proven.

use std::net::IpAddr;
use std::sync::Arc;

use storage::Snapshot;

use super::attempt::{Attempt, Door, Outcome, Who};
use super::conclusion::Decided;
use super::expiry::Notice;
use super::placeholders::filled;
use super::second_factor::Reason;
use crate::access::{Actor, Identity, Proven};
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Event, EventActor, Outcome as EventOutcome};
use crate::id::{OrganizationId, Place as EventPlace, RadiusClientId, UserId};
use crate::network::Circumstances;
use crate::policy::{Asker, Place};
use crate::records::{
    Carried, CertificateMark, Granted, Guest, LockedOrExpired, ReplyProfileFields, digest_of,
};
use crate::time::Time;

/// What network gear is told with an accept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkReply {
    /// The reply profile, when there is one.
    pub profile: Option<Arc<ReplyProfileFields>>,
    /// The certificate that let somebody in, where the gear is to tell of it again.
    pub certificate: Option<CertificateMark>,
    /// What was granted, and which kinds of attributes the accept carries, where the gear is to tell of
    /// it again.
    pub granted: Option<(OrganizationId, Granted, Carried)>,
}

impl NetworkReply {
    /// Likewise, with what the gear is to tell again.
    pub(super) fn telling(&self, of: OrganizationId, guest: Guest, by: &Circumstances) -> Self {
        let profile = self.profile.as_deref();
        let granted = Granted::new(guest, by, digest_of(profile));
        Self { granted: Some((of, granted, Carried::of(profile))), ..self.clone() }
    }
}

impl Attempt {
    /// Whether a lock or the end of a password keeps nobody out here.
    pub(super) fn maintains(&self) -> bool {
        let policy = self.policy.as_ref();
        policy.is_some_and(|policy| policy.locked_or_expired == LockedOrExpired::Maintain)
    }
}

impl Directory {
    /// Notes why somebody behind network gear proved nothing, and was let in by nobody: `seen` from
    /// where and when. The name is what they call themselves outside of any tunnel.
    pub fn note_unproven(
        &self,
        organization: OrganizationId,
        door: Door,
        name: &str,
        seen: (IpAddr, Time),
        reason: &str,
    ) {
        let mut attempt = Attempt::new(Who::User(name.to_owned()), door, seen.0, seen.1);
        attempt.organization = Some(organization);
        let _rejected = self.reject(&attempt, reason);
    }

    /// Notes that a request of a RADIUS client was rejected about which nobody was asked: `seen`
    /// from where and when.
    pub fn note_rejected(
        &self,
        organization: OrganizationId,
        client: RadiusClientId,
        seen: (IpAddr, Time),
        reason: &str,
    ) {
        let event = Event {
            at: seen.1,
            actor: EventActor::Nobody,
            source: Some(seen.0),
            action: Action::RadiusAccess,
            subject: self.gear().ok().and_then(|gear| gear.subject(organization, client)),
            outcome: EventOutcome::Failure(reason.to_owned()),
            differences: Vec::new(),
            access: None,
            request: None,
            search: None,
        };
        self.note_event(EventPlace::Organization(organization), &event);
    }

    /// What the client's policy has against somebody, and by which rule, before they are proven.
    pub(super) fn kept_off_network(
        &self,
        snapshot: &Snapshot,
        attempt: &Attempt,
    ) -> Result<Option<(Option<String>, Reason)>, Error> {
        let (Some(organization), Some(account)) = (attempt.organization, &attempt.account) else {
            return Ok(None);
        };
        let (Some(policy), Door::Radius(_, circumstances), Identity::User(user)) =
            (&attempt.policy, &attempt.door, account.identity)
        else {
            return Ok(None);
        };
        let place = Place { snapshot, lookups: &self.inner.lookups, organization };
        let decision = policy.decide(place, Asker::User(user), (circumstances, attempt.now))?;
        let reason = match decision.verdict {
            Ok(accepted) => filled(place, user, accepted)?.err(),
            Err(reason) => Some(reason),
        };
        Ok(reason.map(|reason| (decision.rule.map(ToOwned::to_owned), reason)))
    }

    pub(super) fn let_onto_network(
        &self,
        snapshot: &Snapshot,
        attempt: &Attempt,
        user: UserId,
        notice: Notice,
    ) -> Result<Outcome, Error> {
        let (Some(organization), Some(account)) = (attempt.organization, &attempt.account) else {
            return Ok(Outcome::Reject);
        };
        let (Some(policy), Door::Radius(_, circumstances)) = (&attempt.policy, &attempt.door)
        else {
            return Ok(self.reject(attempt, "the RADIUS client is gone"));
        };
        let asked = (circumstances, attempt.now);
        let place = Place { snapshot, lookups: &self.inner.lookups, organization };
        let decision = policy.decide(place, Asker::User(user), asked)?;
        let reply = match decision.verdict {
            Ok(accepted) => filled(place, user, accepted)?,
            Err(reason) => Err(reason),
        };
        // Whoever is called otherwise outside of a tunnel is known by nothing else that gear reports.
        let is_hidden = circumstances.outer.is_some_and(|it| !it.tells(attempt.who.name()));
        let reply = match reply {
            Ok(reply) if policy.tells_what_is_granted || is_hidden => {
                Ok(Arc::new(reply.telling(organization, Guest::User(user), circumstances)))
            }
            reply => reply,
        };
        let outcome = match reply {
            Ok(_) => EventOutcome::Success,
            Err(reason) => EventOutcome::Failure(reason.to_owned()),
        };
        let decided = Decided::new(decision.rule, &reply);
        self.note_as(attempt, attempt.action, decided, outcome);
        let Ok(reply) = reply else {
            // Only here: who proved nothing would learn who there is.
            let message = decision.message.map(Arc::clone);
            return Ok(message.map_or(Outcome::Reject, Outcome::Refused));
        };
        let actor = Actor::user(organization, user, Proven::by(&account.credential));
        let earlier = attempt.earlier();
        Ok(Outcome::Accept { actor, reply: Some(reply), notice, counterproof: None, earlier })
    }
}
