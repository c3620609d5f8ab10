//! Destinations of events. The same handlers serve the provider's and an organization's own.

mod certificate;
mod create;
mod dead_letters;
mod delete;
mod list;
mod rotate_secret;
mod show;
mod status;
mod trial;
mod update;
mod way;

use directory::records;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::way::{Kind, Syslog, Webhook};
use super::events::{Action, ActorKind, SubjectKind};
use crate::api::Api;
use crate::fingerprint::hex;
use crate::moment::Moment;
use crate::network::Network;
use crate::revision::Revised;

/// The routes below what has events.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list::list_event_destinations, create::create_event_destination))
        .routes(routes!(
            show::show_event_destination,
            update::update_event_destination,
            delete::delete_event_destination
        ))
        .routes(routes!(rotate_secret::rotate_event_destination_secret))
        .routes(routes!(
            certificate::set_event_client_certificate,
            certificate::remove_event_client_certificate
        ))
        .routes(routes!(status::show_event_delivery))
        .routes(routes!(trial::test_event_destination))
        .routes(routes!(dead_letters::list_event_dead_letters))
        .routes(routes!(dead_letters::redeliver_event_dead_letters))
        .routes(routes!(dead_letters::discard_event_dead_letters))
}

/// Where events go beside the log; no secret of it is shown, and an address whole to those alone who may
/// change it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventDestination {
    /// The destination's id.
    id: Uuid,
    /// When it was made.
    created: Moment,
    /// When it was last changed.
    modified: Moment,
    /// The destination's name.
    name: String,
    /// How events get there.
    kind: Kind,
    /// Whether nothing is sent; events wait in the log as long as they are kept.
    paused: bool,
    /// Whose events go there.
    reach: Reach,
    /// Which events go there.
    filter: Filter,
    /// The receiver, of `syslog`.
    #[schema(required)]
    syslog: Option<Syslog>,
    /// The receiver, of `webhook`.
    #[schema(required)]
    webhook: Option<Webhook>,
    /// The fingerprint (SHA-256, in hexadecimal) of the certificate that the receiver is shown; null for none.
    #[schema(required)]
    client_certificate: Option<String>,
    /// Until when the secret signs that was replaced; null when none does.
    #[schema(required)]
    previous_secret_until: Option<Moment>,
}

/// Whose events go to a destination.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EventDestinationReach)]
pub(crate) enum Reach {
    /// Those of the place that has it: an organization's, or the provider's.
    #[default]
    Own,
    /// Those of every organization there is and will be, each line with the `organization`. It is a
    /// destination of the provider's, and is made and changed by who has all organizations in scope.
    All,
}

impl From<records::Reach> for Reach {
    fn from(reach: records::Reach) -> Self {
        match reach {
            records::Reach::Own => Self::Own,
            records::Reach::All => Self::All,
        }
    }
}

impl From<Reach> for records::Reach {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::Own => Self::Own,
            Reach::All => Self::All,
        }
    }
}

/// Which events go to a destination, in the words of the list of events; what is null does not matter.
/// With nothing but nulls all of them do, so that what arrives is a chain.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = EventFilter, example = json!({"actions": ["sign_in", "ldap_bind"], "success": false}))]
pub(crate) struct Filter {
    /// Only what was done or tried like this; everything when there are none.
    actions: Vec<Action>,
    /// Only what this one did or tried: a login, a name or an id.
    actor: Option<String>,
    /// Only what such an actor did or tried.
    actor_kind: Option<ActorKind>,
    /// Only what was done to this one: a name or an id.
    subject: Option<String>,
    /// Only what was done to such things.
    subject_kind: Option<SubjectKind>,
    /// Only what came from this network.
    source: Option<Network>,
    /// Only what was done, or only what was not.
    success: Option<bool>,
    /// Only events in which this stands, without case.
    text: Option<String>,
}

impl From<records::EventFilter> for Filter {
    fn from(filter: records::EventFilter) -> Self {
        Self {
            actions: filter.actions.into_iter().map(Action).collect(),
            actor: filter.actor,
            actor_kind: filter.actor_kind.map(ActorKind),
            subject: filter.subject,
            subject_kind: filter.subject_kind.map(SubjectKind),
            source: filter.source.map(Network),
            success: filter.success,
            text: filter.text,
        }
    }
}

impl From<Filter> for records::EventFilter {
    fn from(filter: Filter) -> Self {
        Self {
            actions: filter.actions.into_iter().map(|action| action.0).collect(),
            actor: filter.actor,
            actor_kind: filter.actor_kind.map(|kind| kind.0),
            subject: filter.subject,
            subject_kind: filter.subject_kind.map(|kind| kind.0),
            source: filter.source.map(|network| network.0),
            success: filter.success,
            text: filter.text,
        }
    }
}

impl EventDestination {
    /// As whoever looks sees it: whole, or without what of an address may be a secret.
    fn seen(record: records::EventDestination, whole: bool) -> Self {
        let record = if whole { record } else { record.masked() };
        let client_certificate = record.client_fingerprint().map(|fingerprint| hex(&fingerprint));
        let (kind, syslog, webhook) = way::shown(record.fields.way);
        Self {
            id: record.uuid,
            created: Moment(record.stamp.created),
            modified: Moment(record.stamp.modified),
            name: record.fields.name,
            kind,
            paused: record.fields.paused,
            reach: record.reach.into(),
            filter: record.fields.filter.into(),
            syslog,
            webhook,
            client_certificate,
            previous_secret_until: record.previous_until.map(Moment),
        }
    }

    /// As whoever changed it sees it.
    fn changed(record: records::EventDestination) -> Revised<Self> {
        Revised::new(record.stamp.revision, Self::seen(record, true))
    }
}
