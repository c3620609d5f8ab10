//! Billing: plans, what was agreed with organizations, what is counted there, and invoices' drafts.

mod agree;
mod agreements;
mod contact;
mod counts;
mod drafts;
mod each;
mod invoice;
mod plans;
mod table;
mod usage;

use directory::billing::{self, LineKind, Month, minor_digits};
use directory::records::{self, PlanFields, Prices};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::contact::Contact;
use crate::api::Api;
use crate::problem::Problem;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(plans::routes())
        .routes(routes!(agree::agree_on_plan))
        .routes(routes!(drafts::draft_invoices))
        .routes(routes!(agreements::list_agreements))
        .routes(routes!(contact::show_billing_contact, contact::set_billing_contact))
        .routes(routes!(invoice::draft_invoice))
        .routes(routes!(usage::show_usage))
}

/// Prices of a month, in the smallest unit of a currency: cents of a euro, for example.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = PlanPrices)]
pub(crate) struct ShownPrices {
    /// The currency (ISO 4217).
    #[schema(example = "EUR")]
    currency: String,
    /// How many digits of an amount stand behind the point.
    #[schema(example = 2)]
    minor_digits: u8,
    /// The month as such.
    base: u64,
    /// A user.
    user: u64,
    /// A device.
    device: u64,
    /// So many users cost nothing more.
    included_users: u32,
    /// So many devices cost nothing more.
    included_devices: u32,
}

impl From<Prices> for ShownPrices {
    fn from(prices: Prices) -> Self {
        Self {
            minor_digits: minor_digits(&prices.currency),
            currency: prices.currency,
            base: prices.base,
            user: prices.user,
            device: prices.device,
            included_users: prices.included_users,
            included_devices: prices.included_devices,
        }
    }
}

/// What holds from a month on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Agreement {
    /// The first month, in UTC.
    #[schema(example = "2026-12")]
    since: String,
    /// The plan's name; null where nothing is billed.
    #[schema(required)]
    plan: Option<String>,
    /// The prices as they were agreed; null where nothing is billed.
    #[schema(required)]
    prices: Option<ShownPrices>,
}

impl Agreement {
    fn list(agreements: records::Agreements) -> Vec<Self> {
        let shown = agreements.list.into_iter().map(|agreement| {
            let (plan, prices) = agreement.plan.map(|plan| (plan.name, plan.prices.into())).unzip();
            Self { since: agreement.from.to_string(), plan, prices }
        });
        shown.collect()
    }
}

/// The draft of an invoice: what a month costs by what was counted in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invoice {
    /// The month, in UTC.
    #[schema(example = "2026-11")]
    month: String,
    /// Whether the month is over; until then it may become more.
    complete: bool,
    /// The plan's name.
    plan: String,
    /// The currency (ISO 4217).
    currency: String,
    /// How many digits of an amount stand behind the point.
    minor_digits: u8,
    /// The most active users of a day.
    users: u32,
    /// The most devices of a day that were not kept out.
    devices: u32,
    /// So many days were counted.
    counted_days: u8,
    /// Days on which nothing was counted, since the daemon did not run: they have what the day
    /// before had. A day that is not over is none of them.
    missed_days: Vec<u8>,
    /// What it is made of.
    lines: Vec<InvoiceLine>,
    /// The sum, in the smallest unit of the currency, without taxes.
    total: u64,
    /// Who gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, value_type = Contact)]
    contact: Option<Contact>,
}

/// A line of an invoice's draft.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceLine {
    /// What it is for: `base`, `users` or `devices`.
    #[schema(value_type = String, example = "users")]
    kind: LineKind,
    /// How many are paid for.
    quantity: u64,
    /// What one costs, in the smallest unit of the currency.
    unit_price: u64,
    /// What all of them cost.
    amount: u64,
}

impl Invoice {
    fn of(month: Month, plan: PlanFields, invoice: billing::Invoice) -> Self {
        let lines = invoice.lines.into_iter().map(|line| InvoiceLine {
            kind: line.kind,
            quantity: line.quantity,
            unit_price: line.unit_price,
            amount: line.amount,
        });
        Self {
            month: month.to_string(),
            complete: invoice.complete,
            plan: plan.name,
            minor_digits: minor_digits(&plan.prices.currency),
            currency: plan.prices.currency,
            users: invoice.users,
            devices: invoice.devices,
            counted_days: invoice.counted_days,
            missed_days: invoice.missed_days,
            lines: lines.collect(),
            total: invoice.total,
            // Drafts of all organizations name it where there is no bill by a plan as well.
            contact: None,
        }
    }
}

/// Which month.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MonthQuery {
    /// The month, in UTC; the one that is, when absent.
    #[param(example = "2026-11")]
    month: Option<String>,
}

/// Reads a month; the one that is, when absent.
fn month(text: Option<&str>, now: directory::Time) -> Result<Month, Problem> {
    let Some(text) = text else { return Ok(Month::of(now).0) };
    Month::read(text).ok_or_else(|| Problem::invalid("/month", "must be a month such as 2026-11"))
}
