//! An organization's settings.

use directory::access::View;

use super::settings::Settings;
use crate::caller::Within;
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows how an organization's people authenticate; the revision is the organization's.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/settings",
    tag = "Organizations",
    responses((status = 200, description = "The settings.", body = Settings)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_settings(within: Within<View>) -> Result<Revised<Settings>, Problem> {
    let reading = within.caller.read()?;
    Ok(reading.authorize::<View>(within.organization)?.own_organization()?.into())
}
