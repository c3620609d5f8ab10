//! Activating an organization.

use directory::access::ManageOrganizations;

use super::Organization;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Lets a suspended organization answer again.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/activate",
    tag = "Organizations",
    params(IfMatch),
    responses((status = 200, description = "Active.", body = Organization)),
    extensions(("x-permission" = json!("manage_organizations")))
)]
pub(crate) async fn activate_organization(
    within: Within<ManageOrganizations>,
    IfMatch(revision): IfMatch,
) -> Result<Revised<Organization>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageOrganizations>(organization)?;
        grant.own()?.set_suspended(revision, false)
    });
    Ok(changed.await?.into())
}
