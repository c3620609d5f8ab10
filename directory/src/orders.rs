//! Orders to network gear about sessions that go on: which there are to give, where they go, and
//! what became of them.

mod backlog;
mod departures;
mod networks;
mod outcome;
mod renewal;
mod search;
mod sequel;
mod standing;
mod target;
mod times;

use std::net::IpAddr;
use std::sync::Arc;

use storage::{Id, Partition, Reading, Secret, Snapshot};
use uuid::Uuid;

use crate::access::{Grant, ManageConfiguration, ManageIdentities};
use crate::authentication::told_of;
use crate::collections::find_session;
use crate::directory::Directory;
use crate::error::{Error, Invalid};
use crate::events::EventActor;
use crate::id::{GroupId, OrganizationId, RecordId, ReplyProfileId};
use crate::policy::{Asker, Place};
use crate::records::{
    Organization, OrganizationState, RadiusClient, ReplyProfile, ReplyProfileFields, Session,
    Trigger,
};

pub(crate) use self::departures::Departures;
use self::departures::Errand;
pub use self::networks::{OrderNetworks, OrderPlace};
pub use self::outcome::OrderOutcome;
pub use self::sequel::{ChangedSession, Sequel};
use self::standing::Wanted;
use self::target::Target;

/// An order about one session.
pub struct SessionOrder {
    /// Whose session it is.
    pub organization: OrganizationId,
    /// The session, as gear told of it.
    pub session: Session,
    /// What becomes of it.
    pub what: Ordered,
    /// Where its gear takes orders, or why nothing may be sent.
    pub to: Result<OrderPlace, &'static str>,
    /// The secrets that the gear may have, the newest first.
    pub secrets: Arc<[Secret]>,
    /// Whether it went out once more with the least that names the session, as the gear does not
    /// support more.
    pub was_repeated: bool,
    client: (Uuid, String),
    cause: Cause,
    /// Why the session ends although a change was asked for.
    instead: Option<&'static str>,
    /// Whether it ends where the gear refuses to change it.
    ends_when_refused: bool,
    /// Whether the gear has refused to change it.
    was_refused: bool,
}

/// What becomes of a session.
#[derive(Clone, Debug)]
pub enum Ordered {
    /// It ends.
    End,
    /// It goes on with what a reply profile says.
    Change(Arc<ReplyProfileFields>),
}

/// Why there is an order.
enum Cause {
    /// An admin wants it.
    Admin { actor: EventActor, source: Option<IpAddr> },
    /// Something of the user or the device changed, as a note says; the errand is over with the last of its orders.
    Errand { trigger: Trigger, note: Id, _errand: Arc<Errand> },
}

impl SessionOrder {
    /// Whether somebody waits for what becomes of it.
    pub fn is_by_hand(&self) -> bool {
        matches!(self.cause, Cause::Admin { .. })
    }

    /// What happened to the user or the device, where it follows from that.
    pub fn because(&self) -> Option<Trigger> {
        match &self.cause {
            Cause::Admin { .. } => None,
            Cause::Errand { trigger, .. } => Some(*trigger),
        }
    }
}

impl Grant<'_, &Snapshot, ManageIdentities> {
    /// The order to end a session.
    ///
    /// # Errors
    /// `Missing` when there is no such session; `Forbidden` when it has ended or nobody can be
    /// told.
    pub fn disconnect(&self, session: Uuid) -> Result<SessionOrder, Error> {
        let session = find_session(self.source, self.place.partition(), session)?;
        self.by_hand(session, Ordered::End)
    }
}

impl Grant<'_, &Snapshot, ManageConfiguration> {
    /// The order to let a session go on with what the reply profile with an external id says. The
    /// group that it may tell of is found as for accepts, by the rule that is met if that one lets
    /// in with this profile, or else by the others of the client.
    ///
    /// # Errors
    /// `Missing` when there is no such session; `Invalid` when there is no such profile, or it
    /// tells of the user what is not known; `Forbidden` when the session has ended or nobody can
    /// be told.
    pub fn change_session(
        &self,
        directory: &Directory,
        session: Uuid,
        profile: Uuid,
    ) -> Result<SessionOrder, Error> {
        let session = find_session(self.source, self.place.partition(), session)?;
        let (number, found) = self.reply_profile(profile)?;
        let (snapshot, organization) = (self.source, self.organization()?);
        let place = Place { snapshot, lookups: &directory.inner.lookups, organization };
        let mut groups = self.groups_of_met_rule((directory, place), &session, number)?;
        groups.extend(self.groups_of_client(&session, number)?);
        let told = told_of(place, session.user, found.fields, &groups)?;
        let told = told.map_err(|reason| Invalid::new("/reply_profile", reason))?;
        self.by_hand(session, Ordered::Change(Arc::new(told)))
    }

    /// The groups by which a profile is meant for a session's user, if what the client's policy
    /// says of the user is this profile.
    fn groups_of_met_rule(
        &self,
        (directory, place): (&Directory, Place<'_>),
        session: &Session,
        profile: ReplyProfileId,
    ) -> Result<Vec<GroupId>, Error> {
        let gear = directory.gear()?;
        let (Some(user), Some(granted), Some(policy)) =
            (session.user, &session.granted, gear.policy(place.organization, session.client))
        else {
            return Ok(Vec::new());
        };
        let by = granted.circumstances();
        let decision = policy.decide(place, Asker::User(user), (&by, self.context.now))?;
        let met = decision.verdict.ok().filter(|accepted| accepted.profile == Some(profile));
        Ok(met.map(|accepted| accepted.groups.to_vec()).unwrap_or_default())
    }

    /// All groups that the client of a session names where it lets in, those first for which it
    /// does so with this profile.
    fn groups_of_client(
        &self,
        session: &Session,
        profile: ReplyProfileId,
    ) -> Result<Vec<GroupId>, Error> {
        let number = session.client.record();
        let client = self.source.get::<RadiusClient>(self.place.partition(), number)?;
        let Some(fields) = client.map(|client| client.fields) else { return Ok(Vec::new()) };
        let rules = fields.rules.iter().filter(|rule| rule.then.lets_in());
        let rules = rules.map(|rule| (rule.then.profile(), &rule.when.groups));
        let all = rules.chain([(fields.reply_profile, &fields.allowed_groups)]);
        let (own, others): (Vec<_>, Vec<_>) = all.partition(|(with, _)| *with == Some(profile));
        Ok(own.into_iter().chain(others).flat_map(|(_, groups)| groups).copied().collect())
    }

    fn reply_profile(&self, uuid: Uuid) -> Result<(ReplyProfileId, ReplyProfile), Error> {
        let (partition, index) =
            (self.place.partition(), crate::records::indices::REPLY_PROFILE_UUID);
        let found = self.source.find_first(partition, index, uuid.as_bytes())?;
        let profile = match found.and_then(ReplyProfileId::from_record) {
            Some(id) => self.source.get::<ReplyProfile>(partition, id.record())?.map(|it| (id, it)),
            None => None,
        };
        let missing = || Invalid::new("/reply_profile", "there is no such reply profile");
        Ok(profile.ok_or_else(missing)?)
    }
}

impl<P: crate::access::Permit> Grant<'_, &Snapshot, P> {
    fn by_hand(&self, session: Session, what: Ordered) -> Result<SessionOrder, Error> {
        if session.ended.is_some() {
            return Err(Error::Forbidden("the session has ended"));
        }
        let organization = self.organization()?;
        let now = self.context.now;
        let target = Target::read(self.source, organization, session.client, now)?;
        let target = target.ok_or(Error::Forbidden("the session's RADIUS client is gone"))?;
        let actor = self.site().event_actor()?;
        let cause = Cause::Admin { actor, source: self.context.source };
        let networks = self.site().tools.order_networks();
        let wanted = Wanted { what, instead: None };
        Ok(target.order(organization, session, (wanted, cause), networks))
    }
}

/// Whether an organization's users are served.
fn is_active(source: &impl Reading, organization: OrganizationId) -> Result<bool, Error> {
    let record = source.get::<Organization>(Partition::Provider, organization.record())?;
    Ok(record.is_some_and(|record| record.state == OrganizationState::Active))
}
