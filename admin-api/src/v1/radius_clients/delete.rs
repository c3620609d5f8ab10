//! Deleting a RADIUS client.

use axum::http::StatusCode;
use directory::access::ManageConfiguration;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a RADIUS client and its secret.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/radius-clients/{radius_client}",
    tag = "RADIUS clients",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn delete_radius_client(
    within: Within<ManageConfiguration>,
    Item(radius_client): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut radius_clients = grant.radius_clients();
        let id = radius_clients.id_of(radius_client)?;
        radius_clients.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
