//! Showing which client certificates prove a service account.

use directory::access::View;

use crate::caller::{Item, Within};
use crate::fingerprint::Certificates;
use crate::problem::Problem;
use crate::revision::Revised;

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
) -> Result<Revised<Certificates>, Problem> {
    let reading = within.caller.read()?;
    let service_accounts = reading.authorize::<View>(within.organization)?.service_accounts();
    let id = service_accounts.id_of(service_account)?;
    let (revision, fingerprints) =
        (service_accounts.read(id)?.stamp.revision, service_accounts.certificates(id)?);
    Ok(Revised::new(revision, Certificates::of(&fingerprints)))
}
