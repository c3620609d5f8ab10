//! The list of RADIUS clients.

use directory::access::View;

use super::RadiusClient;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, Listed, NamedQuery};
use crate::problem::Problem;

/// Lists RADIUS clients in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/radius-clients",
    tag = "RADIUS clients",
    params(NamedQuery),
    responses((status = 200, description = "A page of clients.", body = List<RadiusClient>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_radius_clients(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Listed<RadiusClient>, Problem> {
    let asking = within.caller.asking();
    let looking = query.answer(asking, move |asked| {
        let reading = within.caller.read()?;
        let clients = reading.authorize::<View>(within.organization)?.radius_clients();
        asked.find(&clients, |_, record| RadiusClient::of(record, &reading, within.organization))
    });
    looking.await
}
