//! The draft of an organization's invoice.

use axum::Json;
use axum::response::{IntoResponse, Response};
use directory::access::ManageBilling;
use directory::billing::Month;
use serde::Deserialize;

use super::drafts::{Bill, Draft, DraftFormat};
use super::each::Named;
use super::{Invoice, month};
use crate::body::Params;
use crate::caller::Within;
use crate::problem::Problem;

/// Which month, and as what.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InvoiceQuery {
    /// The month, in UTC; the one that is, when absent.
    #[param(example = "2026-11")]
    month: Option<String>,
    /// For an accounting system, as the drafts of all organizations: `json_lines`, all of it on one, or
    /// `csv`, a line of the invoice on each. The draft as such, when absent.
    #[param(inline)]
    format: Option<DraftFormat>,
}

/// Drafts the invoice of a month. There is none where nothing was agreed.
///
/// With `format` it has the members or the columns that the drafts of all organizations have.
#[utoipa::path(
    get,
    path = "/organizations/{organization}/billing/invoice",
    tag = "Billing",
    params(InvoiceQuery),
    responses((
        status = 200,
        description = "The draft, of the format's media type.",
        content(
            (Invoice = "application/json"),
            (String = "application/x-ndjson"),
            (String = "text/csv")
        )
    )),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn draft_invoice(
    within: Within<ManageBilling>,
    Params(query): Params<InvoiceQuery>,
) -> Result<Response, Problem> {
    let named = query.month.as_deref();
    let month = month(named, within.caller.now())?;
    let reading = within.caller.read()?;
    let grant = reading.authorize::<ManageBilling>(within.organization)?;
    let drafted = grant.billing().invoice(month)?;
    let (plan, invoice) = drafted.ok_or_else(|| none(month, named.is_some()))?;
    let invoice = Invoice::of(month, plan, invoice);
    let contact = Some(grant.billing_contact()?.fields.into());
    let Some(format) = query.format else {
        return Ok(Json(Invoice { contact, ..invoice }).into_response());
    };
    let record = grant.own_organization()?;
    let (slug, name) = (record.fields.slug, record.fields.name);
    let draft = Draft {
        named: Named { organization: record.uuid, slug, name },
        contact,
        bill: Some(Bill::Draft(invoice)),
        problem: None,
    };
    Ok(format.answer(format.drafts(&[draft])?))
}

/// For a month without a bill, which somebody named or which is the one that is.
fn none(month: Month, is_named: bool) -> Problem {
    let detail =
        format!("no plan was agreed on for {month}, or the organization was deleted in all of it");
    Problem::invalid(if is_named { "/month" } else { "" }, detail)
}
