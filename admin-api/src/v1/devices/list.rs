//! The list of devices.

use axum::Json;
use directory::access::View;

use super::Device;
use crate::body::Params;
use crate::caller::Within;
use crate::list::{List, NamedQuery};
use crate::problem::Problem;

/// Lists devices in the order in which they were made.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/devices",
    tag = "Devices",
    params(NamedQuery),
    responses((status = 200, description = "A page of devices.", body = List<Device>)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn list_devices(
    within: Within<View>,
    Params(query): Params<NamedQuery>,
) -> Result<Json<List<Device>>, Problem> {
    let reading = within.caller.read()?;
    let devices = reading.authorize::<View>(within.organization)?.devices();
    let page = devices.page(query.name(), query.after()?, query.limit()?)?;
    let show = |record| Device::of(record, &reading, within.organization);
    Ok(Json(List::try_of(page, show)?))
}
