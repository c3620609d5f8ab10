//! Replacing a service account's password.

use axum::Json;
use directory::access::ManageConfiguration;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// A password, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct RotatedPassword {
    /// The generated password.
    password: String,
}

/// Replaces the password by a generated one, shown this once; the old one ends at once.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/service-accounts/{service_account}/rotate",
    tag = "Service accounts",
    params(IfMatch),
    responses((status = 200, description = "Replaced.", body = RotatedPassword)),
    extensions(("x-permission" = json!("manage_configuration")))
)]
pub(crate) async fn rotate_service_account(
    within: Within<ManageConfiguration>,
    Item(service_account): Item,
    if_match: IfMatch,
) -> Result<Json<RotatedPassword>, Problem> {
    let organization = within.organization;
    let generated = within.caller.api.generate_password().await?;
    let password = generated.expose().to_owned();
    let rotated = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageConfiguration>(organization)?;
        let mut accounts = grant.service_accounts();
        let id = accounts.id_of(service_account)?;
        if_match.check(accounts.read(id)?.stamp.revision)?;
        accounts.rotate_password(id, &generated)
    });
    rotated.await?;
    Ok(Json(RotatedPassword { password }))
}
