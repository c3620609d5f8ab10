//! Restoring a deleted organization.

use directory::access::ManageOrganizations;

use super::Organization;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Brings back an organization that was deleted within the last 30 days, or for as long as the server
/// is set to keep it (`[admin_api] deleted_organizations_kept`), suspended.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/restore",
    tag = "Organizations",
    params(IfMatch),
    responses((status = 200, description = "Restored.", body = Organization)),
    extensions(("x-permission" = json!("manage_organizations")))
)]
pub(crate) async fn restore_organization(
    within: Within<ManageOrganizations>,
    IfMatch(revision): IfMatch,
) -> Result<Revised<Organization>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        change.authorize::<ManageOrganizations>(organization)?.own()?.restore(revision)
    });
    Ok(changed.await?.into())
}
