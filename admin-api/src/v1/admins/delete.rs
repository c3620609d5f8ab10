//! Deleting an admin.

use axum::http::StatusCode;
use directory::access::ManageAdmins;

use crate::caller::{Home, Item};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes an admin, with keys and sessions.
#[utoipa::path(
    delete,
    path = "/admins/{admin}",
    tag = "Admins",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_admins")))
)]
pub(crate) async fn delete_admin(
    home: Home<ManageAdmins>,
    Item(admin): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let place = home.place;
    let deleted = home.caller.change(move |change| {
        let mut grant = change.authorize_at::<ManageAdmins>(place)?;
        let mut admins = grant.admins();
        let id = admins.id_of(admin)?;
        admins.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
