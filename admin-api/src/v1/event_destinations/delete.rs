//! Deleting a destination of events.

use axum::http::StatusCode;
use directory::access::ManageDelivery;

use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a destination of events with its secrets and its dead letters. Files stay as long as their
/// events are kept.
#[utoipa::path(
    delete,
    path = "/event-destinations/{event_destination}",
    tag = "Event delivery",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn delete_event_destination(
    home: Home<ManageDelivery>,
    Item(event_destination): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let place = home.place;
    let deleted = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageDelivery>(place)?;
        let mut destinations = grant.event_destinations();
        let id = destinations.id_of(event_destination)?;
        destinations.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
