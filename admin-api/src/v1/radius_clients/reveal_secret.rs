//! Showing a RADIUS client's shared secret.

use axum::Json;
use directory::access::ManageConfiguration;

use super::SharedSecret;
use crate::caller::{Item, Within};
use crate::problem::Problem;

/// Shows the shared secret; the showing is an event.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/radius-clients/{radius_client}/secret/reveal",
    tag = "RADIUS clients",
    responses((status = 200, description = "The secret.", body = SharedSecret)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn reveal_radius_secret(
    within: Within<ManageConfiguration>,
    Item(radius_client): Item,
) -> Result<Json<SharedSecret>, Problem> {
    let organization = within.organization;
    let revealed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut clients = grant.radius_clients();
        let id = clients.id_of(radius_client)?;
        clients.reveal_secret(id)
    });
    let secret = revealed.await?;
    Ok(Json(SharedSecret { secret: String::from_utf8_lossy(secret.expose()).into_owned() }))
}
