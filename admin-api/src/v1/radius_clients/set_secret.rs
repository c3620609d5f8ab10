//! Replacing a RADIUS client's shared secret.

use axum::http::StatusCode;
use directory::access::ManageConfiguration;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;
use crate::secret_text::SecretText;

/// A shared secret to be set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"secret": "a long secret of many letters"}))]
pub(crate) struct NewSharedSecret {
    /// The secret, 16 to 128 octets.
    secret: SecretText,
}

/// Replaces the shared secret; the old one ends at once.
#[utoipa::path(
    put,
    path = "/organizations/{organization}/radius-clients/{radius_client}/secret",
    tag = "RADIUS clients",
    params(IfMatch),
    request_body = NewSharedSecret,
    responses((status = 204, description = "Replaced.")),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn set_radius_secret(
    within: Within<ManageConfiguration>,
    Item(radius_client): Item,
    IfMatch(revision): IfMatch,
    Body(new): Body<NewSharedSecret>,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let replaced = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut clients = grant.radius_clients();
        let id = clients.id_of(radius_client)?;
        clients.touch(id, revision)?;
        clients.set_secret(id, new.secret.expose())
    });
    replaced.await?;
    Ok(StatusCode::NO_CONTENT)
}
