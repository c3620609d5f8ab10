//! Suspending an organization.

use directory::access::ManageOrganizations;

use super::Organization;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::{IfMatch, Revised};

/// Suspends an organization: LDAP and RADIUS let nobody of it in, and sessions and API keys of its own
/// admins end for good.
#[utoipa::path(
    post,
    path = "/organizations/{organization}/suspend",
    tag = "Organizations",
    params(IfMatch),
    responses((status = 200, description = "Suspended.", body = Organization)),
    extensions(("x-permission" = json!("manage_organizations")))
)]
pub(crate) async fn suspend_organization(
    within: Within<ManageOrganizations>,
    IfMatch(revision): IfMatch,
) -> Result<Revised<Organization>, Problem> {
    let organization = within.organization;
    let changed = within.caller.change(move |change| {
        let mut grant = change.authorize::<ManageOrganizations>(organization)?;
        grant.own()?.set_suspended(revision, true)
    });
    Ok(changed.await?.into())
}
