//! One destination of events.

use directory::access::View;

use super::EventDestination;
use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a destination of events; the address of a webhook whole with `manage_configuration` alone.
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
    let grant = reading.authorize_at::<View>(home.place)?;
    let (destinations, whole) = (grant.event_destinations(), grant.sees_whole_addresses()?);
    let record = destinations.read(destinations.id_of(event_destination)?)?;
    let whole = whole(&record);
    Ok(Revised::new(record.stamp.revision, EventDestination::seen(record, whole)))
}
