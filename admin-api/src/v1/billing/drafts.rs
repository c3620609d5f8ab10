//! The drafts of all organizations, for accounting systems.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use directory::access::{Context, ManageBilling};
use directory::billing::{self, BilledDay, Month};
use directory::records::{Agreements, PlanFields};
use directory::{Directory, Error};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::contact::Contact;
use super::each::{self, Named};
use super::{Invoice, InvoiceLine, counts, month, table};
use crate::body::Params;
use crate::caller::Home;
use crate::problem::Problem;

/// Which month, and as what.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DraftQuery {
    /// The month, in UTC; the one that is, when absent.
    #[param(example = "2026-11")]
    month: Option<String>,
    /// What it is about: `invoices`, unless something else is asked for, or `usage`, what was counted
    /// on each day.
    #[param(inline)]
    content: Option<DraftContent>,
    /// What comes: `json_lines`, an organization on each, or `csv`, a line of an invoice on each, or a
    /// day of an organization.
    #[param(inline)]
    format: Option<DraftFormat>,
}

/// What it is about.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DraftContent {
    /// What the month costs.
    Invoices,
    /// What was counted on each day.
    Usage,
}

/// What comes.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DraftFormat {
    /// An organization on each line.
    JsonLines,
    /// A line of an invoice on each, or a day of an organization.
    Csv,
}

/// An organization's draft.
#[derive(Serialize)]
pub(super) struct Draft {
    #[serde(flatten)]
    pub(super) named: Named,
    /// Who gets it; left out where there is no bill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) contact: Option<Contact>,
    #[serde(flatten)]
    pub(super) bill: Option<Bill>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
}

/// What a month costs.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Bill {
    /// By the plan that holds in it.
    Draft(Invoice),
    /// Nothing, since no plan does.
    Unagreed(Unagreed),
}

/// A month in which an organization was there, and no plan held.
#[derive(Serialize)]
pub(super) struct Unagreed {
    pub(super) month: String,
    pub(super) complete: bool,
    /// There is none.
    plan: (),
    users: u32,
    devices: u32,
    pub(super) counted_days: usize,
    pub(super) missed_days: Vec<u8>,
    lines: [InvoiceLine; 0],
    pub(super) total: u64,
}

/// Drafts the invoices of a month for all organizations in scope, for accounting systems: deleted ones
/// too, and of those destroyed meanwhile those with which a plan was agreed on, as long as they were
/// there. Amounts are in the smallest unit of their currency. Who pays nothing has a line as well, with
/// `plan` null (empty in CSV) where none was agreed on. Where a draft cannot be made a line says so
/// (`problem`). With `content` `usage`: what was counted in the organizations on each day.
#[utoipa::path(
    get,
    path = "/billing/invoices",
    tag = "Billing",
    params(DraftQuery),
    responses((
        status = 200,
        description = "The drafts, of the format's media type.",
        content((String = "application/x-ndjson"), (String = "text/csv"))
    )),
    extensions(("x-permission" = json!("manage_billing")))
)]
pub(crate) async fn draft_invoices(
    home: Home<ManageBilling>,
    Params(query): Params<DraftQuery>,
) -> Result<Response, Problem> {
    let context = home.caller.context;
    let month = month(query.month.as_deref(), home.caller.now())?;
    let content = query.content.unwrap_or(DraftContent::Invoices);
    let format = query.format.unwrap_or(DraftFormat::JsonLines);
    let written = home.caller.api.blocking(move |directory| match content {
        DraftContent::Invoices => {
            let drafts = drafts(directory, context, month)?;
            format.drafts(&drafts)
        }
        DraftContent::Usage => {
            let counts = counts::counts(directory, context, month)?;
            match format {
                DraftFormat::JsonLines => json_lines(&counts),
                DraftFormat::Csv => counts::table(&counts),
            }
        }
    });
    Ok(format.answer(written.await?))
}

impl DraftFormat {
    /// Drafts, written in it.
    pub(super) fn drafts(self, drafts: &[Draft]) -> Result<String, Problem> {
        match self {
            Self::JsonLines => json_lines(drafts),
            Self::Csv => table::drafts(drafts),
        }
    }

    /// The answer that is what was written in it.
    pub(super) fn answer(self, written: String) -> Response {
        let kind = match self {
            Self::JsonLines => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        };
        ([(CONTENT_TYPE, HeaderValue::from_static(kind))], written).into_response()
    }
}

/// Those of organizations that there are, and then of those that were destroyed.
fn drafts(directory: &Directory, context: Context, month: Month) -> Result<Vec<Draft>, Problem> {
    let mut drafts = Vec::new();
    let is_over = month < Month::of(context.now).0;
    each::organization(directory, context, |reading, id, named| {
        let found = reading.authorize::<ManageBilling>(id).and_then(|grant| {
            let billing = grant.billing();
            let (drafted, agreements) = (billing.invoice(month)?, billing.agreements()?);
            let bill = Bill::of((month, is_over), drafted, &agreements, || billing.days(month))?;
            let Some(bill) = bill else { return Ok(None) };
            Ok(Some((bill, grant.billing_contact()?.fields.into())))
        });
        drafts.extend(Draft::of(named, found)?);
        Ok(())
    })?;
    each::closed_account(directory, context, |named, account| {
        let found = account.invoice(month, context.now).and_then(|drafted| {
            let days = || account.days(month, context.now);
            let bill = Bill::of((month, is_over), drafted, &account.agreements, days)?;
            Ok(bill.map(|bill| (bill, account.contact.fields.clone().into())))
        });
        drafts.extend(Draft::of(named, found)?);
        Ok(())
    })?;
    Ok(drafts)
}

impl Draft {
    /// A draft, or why there is none; nothing of an organization that was not there.
    fn of(
        named: Named,
        found: Result<Option<(Bill, Contact)>, Error>,
    ) -> Result<Option<Self>, Problem> {
        let (bill, contact, problem) = match found {
            Ok(Some((bill, contact))) => (Some(bill), Some(contact), None),
            Ok(None) => return Ok(None),
            Err(error) => (None, None, Some(each::failure(error, &named.slug)?)),
        };
        Ok(Some(Self { named, contact, bill, problem }))
    }
}

impl Bill {
    /// What was drafted, or that no plan holds; nothing of an organization that was not there.
    fn of(
        (month, is_over): (Month, bool),
        drafted: Option<(PlanFields, billing::Invoice)>,
        agreements: &Agreements,
        days: impl FnOnce() -> Result<Vec<BilledDay>, Error>,
    ) -> Result<Option<Self>, Error> {
        match drafted {
            Some((plan, invoice)) => Ok(Some(Self::Draft(Invoice::of(month, plan, invoice)))),
            None if agreements.of(month).is_some() => Ok(None),
            None => Ok(Unagreed::of(month, is_over, &days()?).map(Self::Unagreed)),
        }
    }
}

impl Unagreed {
    /// Nothing where the organization was not there, or nothing was counted yet.
    fn of(month: Month, complete: bool, days: &[BilledDay]) -> Option<Self> {
        if days.iter().all(|day| day.count.closed) {
            return None;
        }
        let missed = days.iter().filter(|day| day.is_missed());
        Some(Self {
            month: month.to_string(),
            complete,
            plan: (),
            users: days.iter().map(|day| day.count.users).max().unwrap_or_default(),
            devices: days.iter().map(|day| day.count.devices).max().unwrap_or_default(),
            counted_days: days.iter().filter(|day| day.is_counted).count(),
            missed_days: missed.map(|day| day.count.day).collect(),
            lines: [],
            total: 0,
        })
    }
}

fn json_lines<T: Serialize>(lines: &[T]) -> Result<String, Problem> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line).map_err(|error| Problem::internal(&error))?);
        text.push('\n');
    }
    Ok(text)
}
