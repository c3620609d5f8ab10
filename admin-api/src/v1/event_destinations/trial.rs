//! Trying a destination of events.

use std::sync::Arc;

use axum::Json;
use directory::access::ManageDelivery;
use directory::delivery::Sent;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Home, Item};
use crate::problem::Problem;

/// How a destination is tried: there is nothing to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct EventDestinationTest {}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventDestinationTested {
    /// Whether the receiver took it.
    delivered: bool,
    /// Why it did not, in words.
    #[schema(required)]
    reason: Option<String>,
}

/// Sends something to a destination at once that is no event and says so (`"test": true`), and tells
/// what happened.
///
/// Of files it is tried whether they can be written. What waits stays where it is. A destination may
/// be tried six times in a minute.
#[utoipa::path(
    post,
    path = "/event-destinations/{event_destination}/test",
    tag = "Event delivery",
    request_body = EventDestinationTest,
    responses((status = 200, description = "What happened.", body = EventDestinationTested)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn test_event_destination(
    home: Home<ManageDelivery>,
    Item(event_destination): Item,
    Body(EventDestinationTest {}): Body<EventDestinationTest>,
) -> Result<Json<EventDestinationTested>, Problem> {
    let (place, context, api) = (home.place, home.caller.context, home.caller.api);
    let delivery = api.blocking(move |directory| {
        let reading = directory.read(context)?;
        let grant = reading.authorize_at::<ManageDelivery>(place)?;
        let delivery = grant.try_destination(event_destination)?;
        Ok::<_, Problem>((delivery, grant.trier()?))
    });
    let (delivery, by) = delivery.await?;
    api.tried.take(event_destination, api.now()).map_err(Problem::too_often)?;
    let turn = Arc::clone(&api.trying).try_acquire_owned();
    let _turn = turn.map_err(|_| Problem::too_often(1))?;
    let trial = delivery.trial();
    let sent = (api.trials)(delivery).await;
    api.directory.tell_trial(&context, &trial, by, &sent);
    let reason = match sent {
        Sent::Done => None,
        Sent::Failed { reason, .. } => Some(reason),
    };
    Ok(Json(EventDestinationTested { delivered: reason.is_none(), reason }))
}
