//! One organization.

use directory::access::View;

use super::Organization;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows an organization that is not deleted.
#[utoipa::path(
    get,
    path = "/organizations/{organization}",
    tag = "Organizations",
    responses((status = 200, description = "The organization.", body = Organization)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_organization(
    within: Within<View>,
) -> Result<Revised<Organization>, Problem> {
    let reading = within.caller.read()?;
    Ok(reading.authorize::<View>(within.organization)?.own_organization()?.into())
}
