//! Deleting a user.

use axum::http::StatusCode;
use directory::access::ManageIdentities;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a user: it is gone for LDAP, RADIUS and names at once, and its certificates are revoked.
///
/// It can be restored for as long as the organization's settings say (`deleted_users_kept`); afterwards
/// what is left of it is destroyed.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/users/{user}",
    tag = "Users",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn delete_user(
    within: Within<ManageIdentities>,
    Item(user): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut users = grant.users();
        let id = users.id_of(user)?;
        users.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
