//! Destroying what is left of a deleted user.

use axum::http::StatusCode;
use directory::access::ManageIdentities;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Destroys what is left of a deleted user before its time, password and second factor included.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/deleted-users/{deleted_user}",
    tag = "Deleted users",
    params(IfMatch),
    responses((status = 204, description = "Destroyed.")),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn purge_deleted_user(
    within: Within<ManageIdentities>,
    Item(user): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let purged = within.caller.change(move |change| {
        change.authorize::<ManageIdentities>(organization)?.users().purge_deleted(user, revision)
    });
    purged.await?;
    Ok(StatusCode::NO_CONTENT)
}
