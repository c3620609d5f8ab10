//! Making a destination of events.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use directory::access::ManageDelivery;
use directory::collections::BeginsWith;
use directory::records::{DeliveryWay, EventDestinationFields};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::way::{self, Kind, Syslog, Webhook};
use super::{EventDestination, Filter, Reach};
use crate::body::Body;
use crate::caller::Home;
use crate::problem::Problem;
use crate::revision::Revised;

/// Letters and digits of a secret that is made here.
pub(super) const SECRET_LENGTH: usize = 48;

/// What a destination starts with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "siem", "kind": "webhook", "webhook": {"url": "https://siem.example/events"}
}))]
pub(crate) struct NewEventDestination {
    /// The destination's name; unique at its place.
    name: String,
    /// How events get there; it stays.
    kind: Kind,
    /// The receiver, of `syslog`.
    syslog: Option<Syslog>,
    /// The receiver, of `webhook`.
    webhook: Option<Webhook>,
    /// Which events go there; all of them when absent.
    #[serde(default)]
    filter: Filter,
    /// Whether nothing is sent until this is false again.
    #[serde(default)]
    paused: bool,
    /// Which events it begins with.
    #[serde(default)]
    begins_with: Beginning,
    /// Whose events go there; it stays. Those of all organizations go to no files.
    #[serde(default)]
    reach: Reach,
}

/// Which events a destination begins with.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EventDestinationBeginning)]
pub(crate) enum Beginning {
    /// Those to come.
    #[default]
    Next,
    /// The oldest that is kept.
    Oldest,
}

/// A destination that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeEventDestination {
    /// The destination.
    #[serde(flatten)]
    destination: EventDestination,
    /// The secret with which requests to a webhook are signed; it is never shown again. Null for
    /// other kinds.
    #[schema(required)]
    secret: Option<String>,
}

/// Makes a destination of events.
#[utoipa::path(
    post,
    path = "/event-destinations",
    tag = "Event delivery",
    request_body = NewEventDestination,
    responses((status = 201, description = "Made.", body = MadeEventDestination)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn create_event_destination(
    home: Home<ManageDelivery>,
    Body(new): Body<NewEventDestination>,
) -> Result<Response, Problem> {
    let place = home.place;
    let NewEventDestination { name, kind, syslog, webhook, filter, paused, begins_with, reach } =
        new;
    let way = way::chosen(kind, syslog, webhook)?;
    let is_signed = matches!(way, DeliveryWay::Webhook { .. });
    let fields = EventDestinationFields { name, paused, filter: filter.into(), way };
    let secret = home.caller.api.directory.tools().password(SECRET_LENGTH);
    let given = secret.clone();
    let made = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        grant.event_destinations().create(fields, &given, (begins_with.into(), reach.into()))
    });
    let (_, record) = made.await?;
    let revision = record.stamp.revision;
    let secret = is_signed.then_some(secret);
    let made = MadeEventDestination { destination: EventDestination::seen(record, true), secret };
    Ok((StatusCode::CREATED, Revised::new(revision, made)).into_response())
}

impl From<Beginning> for BeginsWith {
    fn from(beginning: Beginning) -> Self {
        match beginning {
            Beginning::Next => Self::Next,
            Beginning::Oldest => Self::Oldest,
        }
    }
}
