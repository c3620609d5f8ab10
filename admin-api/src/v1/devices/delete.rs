//! Deleting a device.

use axum::http::StatusCode;
use directory::access::ManageIdentities;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a device.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/devices/{device}",
    tag = "Devices",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn delete_device(
    within: Within<ManageIdentities>,
    Item(device): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut devices = grant.devices();
        let id = devices.id_of(device)?;
        devices.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
