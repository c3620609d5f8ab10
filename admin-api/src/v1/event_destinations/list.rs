//! The list of destinations of events.

use directory::access::View;

use super::EventDestination;
use crate::body::Params;
use crate::caller::Home;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists destinations of events in the order in which they were made; addresses of webhooks whole with
/// `manage_configuration` alone.
#[utoipa::path(
    get,
    path = "/event-destinations",
    tag = "Event delivery",
    params(NamedQuery),
    responses((status = 200, description = "A page of destinations.", body = List<EventDestination>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_event_destinations(
    home: Home<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<EventDestination>, Problem> {
    let asking = home.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = home.caller.read()?;
        let grant = reading.authorize_at::<View>(home.place)?;
        let (destinations, whole) = (grant.event_destinations(), grant.sees_whole_addresses()?);
        asked.find(&destinations, |_, record| {
            let whole = whole(&record);
            Ok(EventDestination::seen(record, whole))
        })
    });
    looking.await
}
