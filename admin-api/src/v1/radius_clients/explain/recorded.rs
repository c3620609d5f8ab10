//! A request at a RADIUS client as an event recorded it, to be asked about again.

use std::net::IpAddr;

use directory::access::View;
use directory::events::{
    Action, EventActor, EventQuery, EventStart, NetworkAccess, Numbered, Outcome,
};
use directory::{Invalid, NetworkMethod, ReadingTransaction};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{DescribedRequest, Explanation};
use crate::caller::Within;
use crate::moment::Moment;
use crate::problem::Problem;

/// What became of the request that an event recorded, and what would be different today.
#[derive(Serialize, ToSchema)]
#[schema(as = RecordedRadiusRequest, example = json!({
    "sequence": 4712, "accept": true, "reason": null, "rule": "staff in the office",
    "reply_profile": "staff wifi", "different": ["rule", "reply_profile"]
}))]
pub(crate) struct RecordedRequest {
    /// The event's number.
    sequence: u64,
    /// Whether somebody was let in.
    accept: bool,
    /// Why not.
    #[schema(required)]
    reason: Option<String>,
    /// The rule that decided.
    #[schema(required)]
    rule: Option<String>,
    /// The name that the reply profile had which the accept carried.
    #[schema(required)]
    reply_profile: Option<String>,
    /// What would be different today: `accept`, `reason`, `rule`, `reply_profile`. Nothing is known of
    /// the proof: that it was wrong shows as `accept` and `reason`.
    #[schema(value_type = Vec<String>)]
    different: Vec<&'static str>,
}

/// A request as an event recorded it.
pub(super) struct Recorded {
    found: Numbered,
    access: NetworkAccess,
    /// Who asked: a login as it is today, or a device's address.
    login: String,
}

fn wrong(message: &str) -> Problem {
    Invalid::new("/event", message).into()
}

/// Finds the event of a number.
pub(super) async fn find(within: &Within<View>, number: u64) -> Result<Numbered, Problem> {
    let (context, organization) = (within.caller.context, within.organization);
    let page = within.caller.api.blocking(move |directory| {
        let reading = directory.read(context)?;
        let grant = reading.authorize::<View>(organization)?;
        let start = EventStart::Before(number.saturating_add(1));
        Ok::<_, Problem>(grant.find_events(&EventQuery::default(), start, 1)?)
    });
    let found = page.await?.events.into_iter().next().filter(|found| found.sequence == number);
    found.ok_or_else(|| wrong("there is no such event"))
}

impl Recorded {
    /// What an event says of a request at a RADIUS client.
    pub(super) fn of(
        found: Numbered,
        client: Uuid,
        (within, reading): (&Within<View>, &ReadingTransaction),
    ) -> Result<Self, Problem> {
        let event = &found.event;
        let subject = event.subject.as_ref().map(|subject| subject.id);
        let access = event.access.clone().filter(|_| event.action == Action::RadiusAccess);
        let Some(access) = access else {
            return Err(wrong("records no request that somebody was asked about"));
        };
        if subject != Some(client) {
            return Err(wrong("is of another RADIUS client"));
        }
        let login = match &event.actor {
            EventActor::User { id, login } => {
                let users = reading.authorize::<View>(within.organization)?.users();
                let today = id.and_then(|id| users.read(users.id_of(id).ok()?).ok());
                today.map_or_else(|| login.clone(), |user| user.fields.login)
            }
            EventActor::Device { name, .. } if access.method == NetworkMethod::Mac => {
                access.place.calling.clone().unwrap_or_else(|| name.clone())
            }
            EventActor::Device { .. } => {
                return Err(wrong("is of a device that showed a certificate"));
            }
            EventActor::Nobody
            | EventActor::Daemon
            | EventActor::Admin { .. }
            | EventActor::ServiceAccount { .. }
            | EventActor::Operator => return Err(wrong("is of nobody who asked over RADIUS")),
        };
        Ok(Self { found, access, login })
    }

    /// Says what the event holds wherever nothing else is said.
    pub(super) fn complete(&self, described: &mut DescribedRequest) {
        let place = &self.access.place;
        let method = *described.method.get_or_insert(self.access.method);
        // Another device calls from its own address.
        if described.calling_station_id.is_none()
            && (described.login.is_none() || method != NetworkMethod::Mac)
        {
            described.calling_station_id.clone_from(&place.calling);
        }
        described.login = described.login.take().or_else(|| Some(self.login.clone()));
        if described.called_station_id.is_none() {
            described.called_station_id.clone_from(&place.called);
        }
        if described.nas_identifier.is_none() && described.nas_ip_address.is_none() {
            // An event has the address of gear that has no name.
            match place.gear.as_ref().map(|gear| gear.parse::<IpAddr>()) {
                Some(Ok(address)) => described.nas_ip_address = Some(address),
                Some(Err(_)) | None => described.nas_identifier.clone_from(&place.gear),
            }
        }
        described.at = described.at.or(Some(Moment(self.found.event.at)));
    }

    /// What it says beside what would become of the request today.
    pub(super) fn beside(self, today: &Explanation, profile: Option<&str>) -> RecordedRequest {
        let (accept, reason) = match self.found.event.outcome {
            Outcome::Success => (true, None),
            Outcome::Failure(reason) => (false, Some(reason)),
        };
        let (rule, reply_profile) = (self.access.rule, self.access.place.profile);
        let differences = [
            ("accept", accept != today.accept),
            ("reason", reason != today.reason),
            ("rule", rule != today.rule),
            ("reply_profile", reply_profile.as_deref() != profile),
        ];
        let different = differences.into_iter().filter_map(|(name, is)| is.then_some(name));
        RecordedRequest {
            sequence: self.found.sequence,
            accept,
            reason,
            rule,
            reply_profile,
            different: different.collect(),
        }
    }
}
