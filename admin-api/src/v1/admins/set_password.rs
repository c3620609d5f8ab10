//! Setting an admin's password.

use axum::http::StatusCode;
use directory::access::ManageAdmins;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::IfMatch;
use crate::secret_text::SecretText;

/// An admin's password to be set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "correct horse battery"}))]
pub(crate) struct NewAdminPassword {
    /// The password in clear.
    password: SecretText,
}

/// Sets another admin's password, forgets the admin's passkeys, and ends the admin's sessions and keys.
/// The next sign-in asks for another password, which nobody else knows.
///
/// It needs a session that was begun in the last 15 minutes; one's own is changed at
/// `/v1/me/password`.
#[utoipa::path(
    put,
    path = "/admins/{admin}/password",
    tag = "Admins",
    params(IfMatch),
    request_body = NewAdminPassword,
    responses((status = 204, description = "Set.")),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn set_admin_password(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    IfMatch(revision): IfMatch,
    Body(new): Body<NewAdminPassword>,
) -> Result<StatusCode, Problem> {
    let place = home.place;
    let password = home.caller.hash(new.password).await?;
    let set = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageAdmins>(place)?;
        let mut admins = grant.admins();
        let id = admins.id_of(admin)?;
        admins.touch(id, revision)?;
        admins.set_password(id, password)
    });
    set.await?;
    Ok(StatusCode::NO_CONTENT)
}
