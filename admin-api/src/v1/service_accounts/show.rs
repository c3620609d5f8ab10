//! One service account.

use directory::access::View;

use super::ServiceAccount;
use crate::caller::{Item, Within};
use crate::problem::Problem;
use crate::revision::Revised;

/// Shows a service account.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/service-accounts/{service_account}",
    tag = "Service accounts",
    responses((status = 200, description = "The service account.", body = ServiceAccount)),
    extensions(("x-permission" = json!("view")))
)]
pub(crate) async fn show_service_account(
    within: Within<View>,
    Item(service_account): Item,
) -> Result<Revised<ServiceAccount>, Problem> {
    let reading = within.caller.read()?;
    let accounts = reading.authorize::<View>(within.organization)?.service_accounts();
    let record = accounts.read(accounts.id_of(service_account)?)?;
    ServiceAccount::revised(record, &reading, within.organization)
}
