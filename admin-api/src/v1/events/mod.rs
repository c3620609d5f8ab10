//! Events: who did or tried what, from where, and how it ended.

mod among;
mod chain;
mod counts;
mod counts_among;
mod export;
mod export_among;
mod kinds;
mod list;
mod query;
mod retention;
mod sampling;
mod start;
mod table;
mod whose;

use std::net::IpAddr;

use directory::NetworkMethod;
use directory::events::{
    self, EventActor, EventRequest, EventVia, NetworkAccess, NetworkPlace, Numbered, Outcome,
    SearchTold,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::moment::Moment;

pub(crate) use kinds::{Action, ActorKind, SubjectKind};

/// The routes below what has events.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_events))
        .routes(routes!(counts::count_events))
        .routes(routes!(chain::show_event_chain))
        .routes(routes!(export::export_events))
}

/// The routes about events that are not below what has them.
pub(crate) fn other_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(among::list_all_events))
        .routes(routes!(counts_among::count_all_events))
        .routes(routes!(export_among::export_all_events))
        .routes(routes!(retention::show_event_retention, retention::set_event_retention))
        .routes(routes!(sampling::show_event_sampling, sampling::set_event_sampling))
}

/// One line of insight.
#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    /// Its number; later events have higher ones.
    sequence: u64,
    /// When.
    at: Moment,
    /// Who.
    actor: Actor,
    /// From where.
    #[schema(required, value_type = Option<String>)]
    source: Option<IpAddr>,
    /// What was done or tried.
    action: Action,
    /// To what.
    #[schema(required)]
    subject: Option<Subject>,
    /// Whether it was done.
    success: bool,
    /// Why it was not.
    #[schema(required)]
    reason: Option<String>,
    /// What changed, secrets masked. Where an operation (`refused`) or a certificate was refused it is
    /// what was asked for or shown, and nothing changed.
    differences: Vec<Difference>,
    /// By which method somebody came over RADIUS.
    #[schema(required, value_type = Option<String>)]
    method: Option<NetworkMethod>,
    /// The rule of the RADIUS client that decided; null where none was met, or none was asked.
    #[schema(required)]
    rule: Option<String>,
    /// The machine that somebody came with over RADIUS: Calling-Station-Id, a hardware address in
    /// lower case with colons. Nothing proves it.
    #[schema(required)]
    calling_station: Option<String>,
    /// Where it is connected: Called-Station-Id.
    #[schema(required)]
    called_station: Option<String>,
    /// The gear behind the RADIUS client: its identifier, or else the address that it gives itself.
    #[schema(required)]
    gear: Option<String>,
    /// The name of the reply profile that the accept carried.
    #[schema(required)]
    reply_profile: Option<String>,
    /// The request that it came of: the `X-Request-Id` of that answer, or the id of the import whose
    /// rows did it; null for what no request of the admin API asked for.
    #[schema(required)]
    request_id: Option<String>,
    /// The id that its client gave that request.
    #[schema(required)]
    client_request_id: Option<String>,
    /// What was looked for, where it was a search over LDAP.
    #[schema(required)]
    search: Option<Search>,
    /// The session or API key that the request came with; null where none did, or none is known.
    #[schema(required)]
    via: Option<Via>,
}

/// By which token an admin did something.
#[derive(Serialize, ToSchema)]
#[schema(as = EventVia)]
pub(crate) struct Via {
    /// What it is: `session` or `api_key`.
    #[schema(value_type = String, example = "api_key")]
    kind: events::ViaKind,
    /// Its id.
    id: Uuid,
    /// What its owner called an API key; null of a session.
    #[schema(required)]
    name: Option<String>,
}

/// A search over LDAP.
#[derive(Serialize, ToSchema)]
#[schema(as = EventSearch)]
pub(crate) struct Search {
    /// Where it began.
    #[schema(example = "ou=people,dc=acme,dc=example")]
    base: String,
    /// How far it looked: `base`, `one` or `sub`.
    #[schema(example = "sub")]
    scope: String,
    /// What it looked for; a question mark stands for what is not told.
    #[schema(example = "(uid=?)")]
    filter: String,
    /// How many entries it was given; of this page, where it asked for pages.
    entries: u64,
    /// How long it took, in milliseconds.
    duration_ms: u64,
}

/// Who did something, as it was named then.
#[derive(Serialize, ToSchema)]
pub(crate) struct Actor {
    /// What it is.
    kind: ActorKind,
    /// The id, when there is such a one.
    #[schema(required)]
    id: Option<Uuid>,
    /// The login or name.
    #[schema(required)]
    name: Option<String>,
}

/// What something was done to.
#[derive(Serialize, ToSchema)]
#[schema(as = EventSubject)]
pub(crate) struct Subject {
    /// What it is.
    kind: SubjectKind,
    /// Its id.
    id: Uuid,
    /// Its name then.
    name: String,
}

/// One field's values before and after.
#[derive(Serialize, ToSchema)]
pub(crate) struct Difference {
    /// The field.
    field: String,
    /// Its value before; null for what is new.
    before: Value,
    /// Its value after; null for what is gone.
    after: Value,
}

impl From<Numbered> for Event {
    fn from(Numbered { sequence, event }: Numbered) -> Self {
        let reason = match event.outcome {
            Outcome::Success => None,
            Outcome::Failure(reason) => Some(reason),
        };
        let subject = event.subject.map(|subject| Subject {
            kind: SubjectKind(subject.kind),
            id: subject.id,
            name: subject.name,
        });
        let (request_id, client_request_id, via) = match event.request {
            Some(EventRequest { id, client_id, via }) => (Some(id), client_id, via),
            None => (None, None, None),
        };
        let (method, rule, place) = match event.access {
            Some(NetworkAccess { method, rule, place }) => (Some(method), rule, place),
            None => (None, None, NetworkPlace::default()),
        };
        Self {
            sequence,
            at: Moment(event.at),
            actor: event.actor.into(),
            source: event.source,
            action: Action(event.action),
            subject,
            success: reason.is_none(),
            reason,
            differences: event.differences.into_iter().map(Into::into).collect(),
            method,
            rule,
            calling_station: place.calling,
            called_station: place.called,
            gear: place.gear,
            reply_profile: place.profile,
            request_id,
            client_request_id,
            search: event.search.map(|search| (*search).into()),
            via: via.map(|EventVia { kind, id, name }| Via { kind, id, name }),
        }
    }
}

impl From<SearchTold> for Search {
    fn from(told: SearchTold) -> Self {
        let SearchTold { base, scope, filter, entries, duration } = told;
        Self { base, scope, filter, entries, duration_ms: duration }
    }
}

impl From<EventActor> for Actor {
    fn from(actor: EventActor) -> Self {
        let kind = ActorKind(actor.kind());
        let (id, name) = match actor {
            EventActor::Nobody | EventActor::Daemon | EventActor::Operator => (None, None),
            EventActor::Admin { id, login } => (Some(id), Some(login)),
            EventActor::User { id, login } => (id, Some(login)),
            EventActor::ServiceAccount { id, name } | EventActor::Device { id, name } => {
                (id, Some(name))
            }
        };
        Self { kind, id, name }
    }
}

impl From<events::Difference> for Difference {
    fn from(difference: events::Difference) -> Self {
        // A value is JSON in the log already.
        let value = |text: Option<String>| {
            text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null)
        };
        Self {
            field: difference.field,
            before: value(difference.before),
            after: value(difference.after),
        }
    }
}
