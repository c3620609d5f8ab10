//! The draft of an organization's invoice.

use axum::Json;
use directory::access::ManageBilling;

use super::{Invoice, MonthQuery, month};
use crate::body::Params;
use crate::caller::Within;
use crate::problem::Problem;

/// Drafts the invoice of a month. There is none where nothing was agreed.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/billing/invoice",
    tag = "Billing",
    params(MonthQuery),
    responses((status = 200, description = "The draft.", body = Invoice)),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn draft_invoice(
    within: Within<ManageBilling>,
    Params(query): Params<MonthQuery>,
) -> Result<Json<Invoice>, Problem> {
    let month = month(query.month.as_deref(), within.caller.now())?;
    let reading = within.caller.read()?;
    let billing = reading.authorize::<ManageBilling>(within.organization)?.billing();
    let drafted = billing.invoice(month)?;
    let none = || {
        let detail = "no plan was agreed on for it, or the organization was deleted all the time";
        Problem::invalid("/month", detail)
    };
    let (plan, invoice) = drafted.ok_or_else(none)?;
    Ok(Json(Invoice::of(month, plan, invoice)))
}
