//! Showing which client certificates prove a service account.

use axum::Json;
use directory::access::View;

use crate::caller::{Item, Within};
use crate::fingerprint::Certificates;
use crate::problem::Problem;

/// Shows which client certificates prove a service account.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/service-accounts/{service_account}/certificates",
    tag = "Service accounts",
    responses((status = 200, description = "The certificates.", body = Certificates)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_service_account_certificates(
    within: Within<View>,
    Item(service_account): Item,
) -> Result<Json<Certificates>, Problem> {
    let reading = within.caller.read()?;
    let service_accounts = reading.authorize::<View>(within.organization)?.service_accounts();
    let fingerprints = service_accounts.certificates(service_accounts.id_of(service_account)?)?;
    Ok(Json(Certificates::of(&fingerprints)))
}
