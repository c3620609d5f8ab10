//! Changing a destination of events.

use directory::access::ManageDelivery;
use serde::Deserialize;
use utoipa::ToSchema;

use super::way::{Syslog, Webhook};
use super::{EventDestination, Filter};
use crate::body::Body;
use crate::caller::{Home, Item};
use crate::patch::{present, set};
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// What changes of a destination; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"paused": true}))]
pub(crate) struct EventDestinationPatch {
    /// The destination's name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// Whether nothing is sent until this is false again.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = bool)]
    paused: Option<bool>,
    /// Which events go there, as a whole; it counts from the next event on.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Filter)]
    filter: Option<Filter>,
    /// The receiver as a whole, of a destination of that kind.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Syslog)]
    syslog: Option<Syslog>,
    /// The receiver as a whole, of a destination of that kind.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Webhook)]
    webhook: Option<Webhook>,
}

/// Changes a destination of events. What waits is tried again at once.
#[utoipa::path(
    patch,
    path = "/event-destinations/{event_destination}",
    tag = "Event delivery",
    params(IfMatch),
    request_body = EventDestinationPatch,
    responses((status = 200, description = "As changed.", body = EventDestination)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn update_event_destination(
    home: Home<ManageDelivery>,
    Item(event_destination): Item,
    IfMatch(revision): IfMatch,
    Body(patch): Body<EventDestinationPatch>,
) -> Result<Revised<EventDestination>, Problem> {
    let place = home.place;
    let EventDestinationPatch { name, paused, filter, syslog, webhook } = patch;
    if syslog.is_some() && webhook.is_some() {
        return Err(Problem::invalid("/webhook", "is of another kind of destination"));
    }
    let way = syslog.map(Into::into).or_else(|| webhook.map(Into::into));
    let changed = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        let mut destinations = grant.event_destinations();
        let id = destinations.id_of(event_destination)?;
        destinations.update(id, revision, |destination| {
            set(&mut destination.fields.name, name);
            set(&mut destination.fields.paused, paused);
            set(&mut destination.fields.filter, filter.map(Into::into));
            set(&mut destination.fields.way, way);
            Ok(())
        })
    });
    Ok(EventDestination::changed(changed.await?))
}
