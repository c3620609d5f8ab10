//! Deleting a group.

use axum::http::StatusCode;
use directory::access::ManageIdentities;

use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::IfMatch;

/// Deletes a group and its memberships; its members stay.
#[utoipa::path(
    delete,
    path = "/organizations/{organization}/groups/{group}",
    tag = "Groups",
    params(IfMatch),
    responses((status = 204, description = "Deleted.")),
    extensions(("x-permission" = json!("manage_identities")))
)]
pub(crate) async fn delete_group(
    within: Within<ManageIdentities>,
    Item(group): Item,
    IfMatch(revision): IfMatch,
) -> Result<StatusCode, Problem> {
    let organization = within.organization;
    let deleted = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageIdentities>(organization)?;
        let mut groups = grant.groups();
        let id = groups.id_of(group)?;
        groups.delete(id, revision)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
