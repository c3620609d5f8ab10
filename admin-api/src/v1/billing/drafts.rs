//! The drafts of all organizations, for accounting systems.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use directory::access::{Context, ManageBilling};
use directory::billing::{self, Month};
use directory::records::PlanFields;
use directory::{Directory, Error, OrganizationId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::contact::Contact;
use super::{Invoice, month};
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
    /// What comes: `json_lines`, an organization on each, or `csv`, a line of an invoice on each.
    #[param(inline)]
    format: Option<DraftFormat>,
}

/// What comes.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DraftFormat {
    /// An organization on each line.
    JsonLines,
    /// A line of an invoice on each.
    Csv,
}

/// An organization's draft.
#[derive(Serialize)]
struct Draft {
    organization: Uuid,
    slug: String,
    name: String,
    /// Who gets it; there is nobody left of an organization that was destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<Contact>,
    #[serde(flatten)]
    invoice: Option<Invoice>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// So many organizations are read together.
const TOGETHER: usize = 200;

/// Drafts the invoices of a month for all organizations in scope with which a plan was agreed on,
/// for accounting systems: deleted ones, and those destroyed meanwhile, as long as they were there. Amounts
/// are in the smallest unit of their currency. Where a draft cannot be made a line says so (`problem`).
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
    let drafts = home.caller.api.blocking(move |directory| {
        let mut drafts = drafts(directory, context, month)?;
        drafts.extend(closed(directory, context, month)?);
        Ok::<_, Problem>(drafts)
    });
    let drafts = drafts.await?;
    let (kind, text) = match query.format.unwrap_or(DraftFormat::JsonLines) {
        DraftFormat::JsonLines => ("application/x-ndjson", json_lines(&drafts)?),
        DraftFormat::Csv => ("text/csv; charset=utf-8", table(&drafts)?),
    };
    Ok(([(CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response())
}

/// Those of organizations that there are; so many of them at a time are read together.
fn drafts(directory: &Directory, context: Context, month: Month) -> Result<Vec<Draft>, Problem> {
    let (mut drafts, mut after) = (Vec::new(), None::<OrganizationId>);
    loop {
        let reading = directory.read(context)?;
        reading.authorize_provider::<ManageBilling>()?;
        let page = reading.organizations(after, TOGETHER)?;
        for (id, record) in page.records {
            let grant = reading.authorize::<ManageBilling>(id);
            let invoice = grant.and_then(|grant| {
                let Some(invoice) = grant.billing().invoice(month)? else { return Ok(None) };
                Ok(Some((invoice, grant.billing_contact()?)))
            });
            let (invoice, contact) = match invoice {
                Ok(Some((invoice, contact))) => (Ok(Some(invoice)), Some(contact.fields.into())),
                Ok(None) => (Ok(None), None),
                Err(error) => (Err(error), None),
            };
            let named = (record.uuid, record.fields.slug, record.fields.name);
            let draft = Draft::of(named, month, invoice)?;
            drafts.extend(draft.map(|draft| Draft { contact, ..draft }));
        }
        after = page.next;
        if after.is_none() {
            return Ok(drafts);
        }
    }
}

/// Those of organizations that were destroyed.
fn closed(directory: &Directory, context: Context, month: Month) -> Result<Vec<Draft>, Problem> {
    let (mut drafts, mut after) = (Vec::new(), None);
    loop {
        let reading = directory.read(context)?;
        let grant = reading.authorize_provider::<ManageBilling>()?;
        let (accounts, next) = grant.closed_accounts(after, TOGETHER)?;
        for account in accounts {
            let invoice = account.invoice(month, context.now);
            let named = (account.organization, account.slug, account.name);
            drafts.extend(Draft::of(named, month, invoice)?);
        }
        after = next;
        if after.is_none() {
            return Ok(drafts);
        }
    }
}

impl Draft {
    /// A draft, or why there is none; nothing where nothing is billed.
    fn of(
        (organization, slug, name): (Uuid, String, String),
        month: Month,
        invoice: Result<Option<(PlanFields, billing::Invoice)>, Error>,
    ) -> Result<Option<Self>, Problem> {
        let (invoice, problem) = match invoice {
            Ok(Some((plan, invoice))) => (Some(Invoice::of(month, plan, invoice)), None),
            Ok(None) => return Ok(None),
            // What is asked for is wrong for all of them.
            Err(error @ Error::Invalid(_)) => return Err(error.into()),
            Err(error @ Error::Forbidden(_)) => (None, Some(error.to_string())),
            Err(error) => {
                tracing::error!(%error, slug, "a draft cannot be made");
                (None, Some("the server failed; its log says why".to_owned()))
            }
        };
        Ok(Some(Self { organization, slug, name, contact: None, invoice, problem }))
    }
}

impl Draft {
    /// Who gets it, as cells of a table.
    fn reached(&self) -> [String; 2] {
        let of = |text: &Option<String>| plain(text.as_deref().unwrap_or_default());
        self.contact.as_ref().map_or_else(Default::default, |it| [of(&it.name), of(&it.mail)])
    }
}

fn json_lines(drafts: &[Draft]) -> Result<String, Problem> {
    let mut text = String::new();
    for draft in drafts {
        text.push_str(&serde_json::to_string(draft).map_err(|error| Problem::internal(&error))?);
        text.push('\n');
    }
    Ok(text)
}

fn table(drafts: &[Draft]) -> Result<String, Problem> {
    let failed = |error: csv::Error| Problem::internal(&error);
    let mut table = csv::Writer::from_writer(Vec::new());
    let headings = [
        "organization",
        "slug",
        "name",
        "month",
        "complete",
        "plan",
        "currency",
        "minor_digits",
        "kind",
        "quantity",
        "unit_price",
        "amount",
        "problem",
        "contact_name",
        "contact_mail",
    ];
    table.write_record(headings).map_err(failed)?;
    for draft in drafts {
        let named = [draft.organization.to_string(), draft.slug.clone(), plain(&draft.name)];
        let Some(invoice) = &draft.invoice else {
            let nothing = std::iter::repeat_n(String::new(), headings.len() - named.len() - 3);
            let problem = plain(draft.problem.as_deref().unwrap_or_default());
            let cells = named.into_iter().chain(nothing).chain([problem]).chain(draft.reached());
            table.write_record(cells).map_err(failed)?;
            continue;
        };
        for line in &invoice.lines {
            let kind =
                serde_json::to_value(line.kind).map_err(|error| Problem::internal(&error))?;
            let cells = [
                invoice.month.clone(),
                invoice.complete.to_string(),
                plain(&invoice.plan),
                invoice.currency.clone(),
                invoice.minor_digits.to_string(),
                kind.as_str().unwrap_or_default().to_owned(),
                line.quantity.to_string(),
                line.unit_price.to_string(),
                line.amount.to_string(),
                String::new(),
            ];
            let cells = named.iter().chain(&cells).cloned().chain(draft.reached());
            table.write_record(cells).map_err(failed)?;
        }
    }
    let octets = table.into_inner().map_err(|error| Problem::internal(&error))?;
    String::from_utf8(octets).map_err(|error| Problem::internal(&error))
}

/// Text that no spreadsheet takes for a formula.
fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() }
}
