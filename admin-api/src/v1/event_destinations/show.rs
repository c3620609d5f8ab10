//! One destination of events.

use directory::access::View;

use super::EventDestination;
use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a destination of events.
#[utoipa::path(
    get,
    path = "/event-destinations/{event_destination}",
    tag = "Event delivery",
    responses((status = 200, description = "The destination.", body = EventDestination)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_event_destination(
    home: Home<View>,
    Item(event_destination): Item,
) -> Result<Revised<EventDestination>, Problem> {
    let reading = home.caller.read()?;
    let destinations = reading.authorize_at::<View>(home.place)?.event_destinations();
    Ok(destinations.read(destinations.id_of(event_destination)?)?.into())
}
