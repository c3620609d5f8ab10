//! One RADIUS client.

use directory::access::View;

use super::RadiusClient;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a RADIUS client.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/radius-clients/{radius_client}",
    tag = "RADIUS clients",
    responses((status = 200, description = "The RADIUS client.", body = RadiusClient)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_radius_client(
    within: Within<View>,
    Item(radius_client): Item,
) -> Result<Revised<RadiusClient>, Problem> {
    let reading = within.caller.read()?;
    let clients = reading.authorize::<View>(within.organization)?.radius_clients();
    let record = clients.read(clients.id_of(radius_client)?)?;
    RadiusClient::revised(record, &reading, within.organization)
}
