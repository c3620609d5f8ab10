//! What was agreed with an organization.

use axum::Json;
use directory::access::ManageBilling;

use super::Agreement;
use crate::caller::Within;
use crate::list::List;
use crate::problem::Problem;

/// Lists what was agreed with the organization, by the month from which each holds.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/billing/agreements",
    tag = "Billing",
    responses((status = 200, description = "All agreements.", body = List<Agreement>)),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn list_agreements(
    within: Within<ManageBilling>,
) -> Result<Json<List<Agreement>>, Problem> {
    let reading = within.caller.read()?;
    let billing = reading.authorize::<ManageBilling>(within.organization)?.billing();
    Ok(Json(List { items: Agreement::list(billing.agreements()?), next: None }))
}
