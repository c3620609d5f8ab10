//! Resetting an admin's second factor.

use axum::http::StatusCode;
use directory::access::ManageAdmins;

use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Forgets another admin's TOTP, passkeys and recovery codes, and ends the admin's sessions and keys;
/// the next sign-in enrols anew.
///
/// It needs a session that was begun in the last 15 minutes; one's own authenticator is replaced at
/// `/v1/me/authenticator`.
#[utoipa::path(
    post,
    path = "/admins/{admin}/reset-mfa",
    tag = "Admins",
    params(IfMatch),
    responses((status = 204, description = "Reset.")),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn reset_admin_mfa(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let place = home.place;
    let reset = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageAdmins>(place)?;
        let mut admins = grant.admins();
        let id = admins.id_of(admin)?;
        admins.touch(id, revision)?;
        admins.reset_mfa(id)
    });
    reset.await?;
    Ok(StatusCode::NO_CONTENT)
}
