//! Events: who did or tried what, from where, and how it ended.

mod action;
mod allowances;
mod among;
mod by_daemon;
mod counting;
mod keeping;
mod query;
mod reading;
mod searches;
mod shown;
mod spelled;
mod text;
mod told;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use storage::{EventOwner, EventWords, Partition, ReadError, Reading, Snapshot};
use uuid::Uuid;

pub use self::action::Action;
pub(crate) use self::allowances::{Allowance, Allowances, Untold};
pub use self::among::{AMONG, EventsAmong};
pub use self::keeping::{EventsBeyond, LONGEST_KEPT, retention_revision};
pub use self::query::EventQuery;
pub use self::reading::{
    COUNTED, COUNTS, CountBy, EventChain, EventCounts, EventLine, EventLines, EventPage,
    EventStart, LOOKED_AT,
};
pub(crate) use self::reading::{line_of, trial_of};
pub(crate) use self::searches::FailedSearches;
pub use self::searches::SEARCHES_LEFT_OUT;
pub use self::spelled::ActorKind;
pub(crate) use self::text::hexadecimal;
pub(crate) use self::text::written as told_time;
pub(crate) use self::told::{bounded, differences};
use crate::access::{Context, RequestId, Who};
use crate::id::{OrganizationId, RecordId};
use crate::network::NetworkMethod;
use crate::records::{Organization, Token, TokenPurpose};
use crate::time::Time;

/// One line of insight. Its texts stand on their own, or where it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "S: Deserialize<'de> + Default"))]
pub struct Event<S = String> {
    /// When.
    pub at: Time,
    /// Who.
    pub actor: EventActor<S>,
    /// From where.
    pub source: Option<IpAddr>,
    /// What was done or tried.
    pub action: Action,
    /// To what.
    pub subject: Option<Subject<S>>,
    /// How it ended.
    pub outcome: Outcome<S>,
    /// What changed, secrets masked.
    pub differences: Vec<Difference<S>>,
    /// How network access was decided, where it was.
    pub access: Option<NetworkAccess<S>>,
    /// The request of the admin API, or the import, that it came of, where it came of one.
    pub request: Option<EventRequest<S>>,
    /// What was looked for, where it was a search.
    pub search: Option<Box<SearchTold<S>>>,
}

/// A search of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchTold<S = String> {
    /// Where it began.
    pub base: S,
    /// How far it looked.
    pub scope: S,
    /// What it looked for.
    pub filter: S,
    /// How many entries it was given.
    pub entries: u64,
    /// How long it took, in milliseconds.
    pub duration: u64,
}

/// A request of the admin API, as its answer and the log name it; or an import by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRequest<S = String> {
    /// What it is called here.
    pub id: S,
    /// What whoever asked calls it.
    pub client_id: Option<S>,
    /// The token that it came with, where it is known.
    pub via: Option<EventVia<S>>,
}

impl EventRequest {
    /// The request that something is done by, of somebody without a token.
    pub(crate) fn of(context: &Context) -> Option<Self> {
        context.request.map(Self::named)
    }

    /// A request by what it is called.
    pub(crate) fn named(request: RequestId) -> Self {
        let client_id = request.given_text().map(ToOwned::to_owned);
        Self { id: request.text(), client_id, via: None }
    }

    /// The request that something is done by, with the token that proves its admin.
    pub(crate) fn by_token(
        context: &Context,
        source: &impl Reading,
    ) -> Result<Option<Self>, ReadError> {
        let Some(request) = Self::of(context) else { return Ok(None) };
        let Who::Admin { token, .. } = context.actor.0 else { return Ok(Some(request)) };
        let found = source.get::<Token>(token.home.partition(), token.number.record())?;
        Ok(Some(Self { via: found.and_then(EventVia::of), ..request }))
    }
}

/// The token by which an admin did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventVia<S = String> {
    /// What it is.
    pub kind: ViaKind,
    /// Its id.
    pub id: Uuid,
    /// What its owner called an API key; sessions have no name.
    pub name: Option<S>,
}

impl EventVia {
    fn of(token: Token) -> Option<Self> {
        let (kind, name) = match token.purpose {
            TokenPurpose::ApiKey => (ViaKind::ApiKey, Some(token.name)),
            TokenPurpose::Session => (ViaKind::Session, None),
            TokenPurpose::Enrolment => return None,
        };
        Some(Self { kind, id: token.uuid, name })
    }
}

/// What a token is by which an admin did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViaKind {
    /// A session.
    Session,
    /// An API key.
    ApiKey,
}

/// How network access was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAccess<S = String> {
    /// By which method somebody came.
    pub method: NetworkMethod,
    /// The rule that decided; absent where none was met, or none was asked.
    pub rule: Option<S>,
    /// Where it was, and what was granted; stored behind all else.
    #[serde(skip)]
    pub place: NetworkPlace<S>,
}

/// Where access to a network was asked for, as the gear says, which nothing proves; and what was
/// granted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkPlace<S = String> {
    /// The machine that somebody came with: Calling-Station-Id, an address in one spelling.
    pub calling: Option<S>,
    /// Where it is connected: Called-Station-Id.
    pub called: Option<S>,
    /// The gear: its identifier, or else its address.
    pub gear: Option<S>,
    /// The name of the reply profile that an accept carries.
    pub profile: Option<S>,
}

/// Who did something, as it was named then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventActor<S = String> {
    /// Nobody who was known.
    Nobody,
    /// The daemon's own work.
    Daemon,
    /// An admin.
    Admin {
        /// The admin's id.
        id: Uuid,
        /// The login.
        login: S,
    },
    /// A user.
    User {
        /// The user's id, when there is such a user.
        id: Option<Uuid>,
        /// The login that was given.
        login: S,
    },
    /// A service account.
    ServiceAccount {
        /// The account's id, when there is such an account.
        id: Option<Uuid>,
        /// The name that was given.
        name: S,
    },
    /// A device.
    Device {
        /// The device's id, when there is such a device.
        id: Option<Uuid>,
        /// Its name, or else the address that was given.
        name: S,
    },
    /// Whoever owns the machine, by a command of the daemon's.
    Operator,
}

/// What something was done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject<S = String> {
    /// What it is.
    pub kind: SubjectKind,
    /// Its id.
    pub id: Uuid,
    /// Its name then.
    pub name: S,
}

/// What kind of thing something was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// An organization.
    Organization,
    /// A user.
    User,
    /// A group.
    Group,
    /// A service account.
    ServiceAccount,
    /// A RADIUS client.
    RadiusClient,
    /// A reply profile.
    ReplyProfile,
    /// A certificate authority.
    CertificateAuthority,
    /// An admin.
    Admin,
    /// An API key.
    ApiKey,
    /// A custom attribute.
    CustomAttribute,
    /// A device.
    Device,
    /// A certificate that the organization's own authority issued.
    Certificate,
    /// A session on the network.
    Session,
    /// An import.
    Import,
    /// A plan for billing.
    Plan,
    /// A security policy.
    SecurityPolicy,
    /// A passkey of an admin.
    Passkey,
    /// A password policy for the people of groups.
    PasswordPolicy,
    /// A destination of events.
    EventDestination,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<S = String> {
    /// It was done.
    Success,
    /// It was not, for a reason in words that a help desk can use.
    Failure(S),
}

/// One field's values before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference<S = String> {
    /// The field.
    pub field: S,
    /// Its value before, as JSON; absent for what is new.
    pub before: Option<S>,
    /// Its value after, as JSON; absent for what is gone.
    pub after: Option<S>,
}

/// An event with its number in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Its number; later events have higher ones.
    pub sequence: u64,
    /// The event.
    pub event: Event,
}

/// Octets that an event of an authentication has at most, as a rule.
const USUAL: usize = 256;
/// The version that is written; the first octet of a stored event.
const VERSION: u8 = 4;

/// An event as versions wrote it whose requests named no token.
#[derive(Deserialize)]
struct WithoutToken {
    at: Time,
    actor: EventActor,
    source: Option<IpAddr>,
    action: Action,
    subject: Option<Subject>,
    outcome: Outcome,
    differences: Vec<Difference>,
    access: Option<NetworkAccess>,
    request: Option<(String, Option<String>)>,
    search: Option<Box<SearchTold>>,
}

impl From<WithoutToken> for Event {
    fn from(former: WithoutToken) -> Self {
        let WithoutToken { at, actor, source, action, subject, outcome, .. } = former;
        let WithoutToken { differences, access, request, search, .. } = former;
        let request = request.map(|(id, client_id)| EventRequest { id, client_id, via: None });
        Self { at, actor, source, action, subject, outcome, differences, access, request, search }
    }
}

impl Event {
    /// The stored form; empty never.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let place = self.access.as_ref().map(|access| &access.place);
        self.encode_at(place.filter(|place| **place != NetworkPlace::default()))
    }

    /// Likewise, with a place that is written as a [`NetworkPlace`] is, in place of its own.
    pub(crate) fn encode_at<P: Serialize>(&self, place: Option<P>) -> Vec<u8> {
        let mut body = Vec::with_capacity(USUAL);
        body.push(VERSION);
        // Writing into memory fails only for types that no event holds.
        storage::encode_behind(body, &(self, place)).unwrap_or_else(|_| vec![VERSION])
    }

    /// Reads a stored event; `None` when it is of a version that is not known.
    pub(crate) fn decode(body: &[u8]) -> Option<Self> {
        match body.split_first() {
            Some((&VERSION, rest)) => Self::read(rest),
            Some((3, rest)) => storage::decode::<WithoutToken>(rest).ok().map(Into::into),
            // What came to events stood at the end, and nothing is one zero octet: request and
            // search came last, how access was decided before.
            Some((2, rest)) => storage::decode(&[rest, &[0, 0]].concat()).ok(),
            Some((1, rest)) => storage::decode(&[rest, &[0, 0, 0]].concat()).ok(),
            _ => None,
        }
    }
}

impl<'b> Event<&'b str> {
    /// Reads a stored event without taking its texts from where they stand; `None` when it is of
    /// another version than is written.
    fn in_place(body: &'b [u8]) -> Option<Self> {
        body.strip_prefix(&[VERSION]).and_then(Self::read)
    }
}

impl<'b, S: Deserialize<'b> + Default> Event<S> {
    fn read(stored: &'b [u8]) -> Option<Self> {
        let (mut event, place) = storage::decode::<(Self, Option<NetworkPlace<S>>)>(stored).ok()?;
        if let (Some(access), Some(place)) = (&mut event.access, place) {
            access.place = place;
        }
        Some(event)
    }
}

/// What the event log has to know of events.
pub(crate) fn words() -> EventWords {
    EventWords { text: text::text, gap, terms: query::terms, owners }
}

/// Whose the events are: each organization's id stands in what its hashes are of.
fn owners(snapshot: &Snapshot) -> Result<Vec<(Partition, EventOwner)>, ReadError> {
    let mut owners = Vec::new();
    for found in snapshot.scan::<Organization>(Partition::Provider, None) {
        let (number, organization) = found?;
        let id = OrganizationId::from_record(number);
        owners.extend(id.map(|id| (id.partition(), organization.uuid.into_bytes())));
    }
    Ok(owners)
}

/// An event that says how many were dropped, and when the last of them happened.
fn gap(count: u64, last_ms: u64) -> Vec<u8> {
    let outcome = Outcome::Failure(format!("events that were not kept: {count}"));
    Event::of_daemon(Time(last_ms), (Action::EventsDropped, None), outcome).encode()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_back_as_it_was_written() {
        let event = Event {
            access: None,
            request: None,
            search: None,
            at: Time(1_700_000_000_000),
            actor: EventActor::User { id: None, login: "ada".into() },
            source: Some("192.0.2.1".parse().unwrap()),
            action: Action::LdapBind,
            subject: None,
            outcome: Outcome::Failure("the password is wrong".into()),
            differences: Vec::new(),
        };
        let (method, rule) = (NetworkMethod::Pap, Some("staff".into()));
        let access = NetworkAccess { method, rule, place: NetworkPlace::default() };
        let of_network = Event { access: Some(access.clone()), ..event.clone() };
        assert_eq!(Event::decode(&of_network.encode()), Some(of_network.clone()));
        assert_eq!(Event::decode(&formerly(&of_network, 3, 1)), Some(of_network.clone()));
        assert_eq!(Event::decode(&formerly(&of_network, 2, 3)), Some(of_network));
        assert_eq!(Event::decode(&formerly(&event, 3, 1)), Some(event.clone()));
        assert_eq!(Event::decode(&formerly(&event, 2, 3)), Some(event.clone()));
        assert_eq!(Event::decode(&formerly(&event, 1, 4)), Some(event.clone()));
        let gear = Some("ap-7".into());
        let place = NetworkPlace { gear, profile: Some("vlan".into()), ..NetworkPlace::default() };
        let somewhere = NetworkAccess { place, ..access };
        let somewhere = Event { access: Some(somewhere), ..event.clone() };
        assert_eq!(Event::decode(&somewhere.encode()), Some(somewhere));
        let client_id = Some("trace-7".into());
        let request = EventRequest { id: "00ff".into(), client_id, via: None };
        let asked = Event { request: Some(request.clone()), ..event.clone() };
        // A request had no token then; behind it is whether there was a search.
        let mut former = formerly(&asked, 3, 1);
        assert_eq!(former.remove(former.len() - 2), 0);
        assert_eq!(Event::decode(&former), Some(asked.clone()));
        assert_eq!(Event::decode(&asked.encode()), Some(asked));
        let (id, name) = (Uuid::from_u128(7), Some("backup".into()));
        let via = Some(EventVia { kind: ViaKind::ApiKey, id, name });
        let by_key = Event { request: Some(EventRequest { via, ..request }), ..event.clone() };
        assert_eq!(Event::decode(&by_key.encode()), Some(by_key));
        let (base, scope) = ("dc=acme".into(), "sub".into());
        let told = SearchTold { base, scope, filter: "(uid=?)".into(), entries: 1, duration: 2 };
        let search = Event { search: Some(Box::new(told)), ..event.clone() };
        assert_eq!(Event::decode(&formerly(&search, 3, 1)), Some(search.clone()));
        assert_eq!(Event::decode(&search.encode()), Some(search));
        assert_eq!(Event::decode(&event.encode()), Some(event));
        assert_eq!(Event::decode(&[9, 0, 0]), None);
    }

    /// An event as a former version wrote it, which lacked so many members at the end.
    fn formerly(event: &Event, version: u8, lacking: usize) -> Vec<u8> {
        let mut body = event.encode();
        let absent = body.split_off(body.len() - lacking);
        assert!(absent.iter().all(|octet| *octet == 0), "what it lacked is absent");
        body[0] = version;
        body
    }
}
