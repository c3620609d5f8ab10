//! One device.

use directory::access::View;

use super::Device;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a device.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/devices/{device}",
    tag = "Devices",
    responses((status = 200, description = "The device.", body = Device)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_device(
    within: Within<View>,
    Item(device): Item,
) -> Result<Revised<Device>, Problem> {
    let reading = within.caller.read()?;
    let devices = reading.authorize::<View>(within.organization)?.devices();
    let id = devices.id_of(device)?;
    Device::revised((id, devices.read(id)?), &reading, within.organization)
}
