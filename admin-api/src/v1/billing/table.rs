//! Tables for accounting systems and spreadsheets.

use directory::billing::LineKind;

use super::InvoiceLine;
use super::drafts::{Bill, Draft};
use super::each::Named;
use crate::problem::Problem;
use crate::spreadsheet::guarded;

/// New columns come last: there are programs that count them.
const HEADINGS: [&str; 18] = [
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
    "invoice_total",
    "counted_days",
    "missed_days",
];

/// What all lines of an invoice have, before its lines and behind them.
#[derive(Default)]
struct Around {
    /// Month, whether it is complete, plan, currency and its digits.
    before: [String; 5],
    /// The sum, how many days were counted, and which were missed.
    behind: [String; 3],
}

/// Drafts as a table, a line of an invoice on each line; an organization has one at least.
pub(super) fn drafts(drafts: &[Draft]) -> Result<String, Problem> {
    written(&HEADINGS, drafts.iter().flat_map(rows))
}

/// A table of cells.
pub(super) fn written(
    headings: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<String, Problem> {
    let failed = |error: csv::Error| Problem::internal(&error);
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(headings).map_err(failed)?;
    for cells in rows {
        table.write_record(cells).map_err(failed)?;
    }
    let octets = table.into_inner().map_err(|error| Problem::internal(&error))?;
    String::from_utf8(octets).map_err(|error| Problem::internal(&error))
}

/// Text that no spreadsheet takes for a formula.
pub(super) fn plain(text: &str) -> String {
    guarded(text).into_owned()
}

fn rows(draft: &Draft) -> Vec<Vec<String>> {
    let (around, mut lines) = match &draft.bill {
        Some(bill) => (around(bill), lines(bill)),
        None => (Around::default(), vec![Default::default()]),
    };
    if lines.is_empty() {
        let nothing = [String::new(), String::new(), String::new(), "0".to_owned()];
        lines.push(nothing);
    }
    let Named { organization, slug, name } = &draft.named;
    let named = [organization.to_string(), slug.clone(), plain(name)];
    let problem = plain(draft.problem.as_deref().unwrap_or_default());
    let row = |line: [String; 4]| {
        let front = named.iter().chain(&around.before).cloned().chain(line);
        let back = [problem.clone()].into_iter().chain(reached(draft));
        front.chain(back).chain(around.behind.iter().cloned()).collect::<Vec<String>>()
    };
    lines.into_iter().map(row).collect()
}

fn around(bill: &Bill) -> Around {
    let days = |days: &[u8]| days.iter().map(u8::to_string).collect::<Vec<_>>().join(" ");
    match bill {
        Bill::Draft(invoice) => Around {
            before: [
                invoice.month.clone(),
                invoice.complete.to_string(),
                plain(&invoice.plan),
                invoice.currency.clone(),
                invoice.minor_digits.to_string(),
            ],
            behind: [
                invoice.total.to_string(),
                invoice.counted_days.to_string(),
                days(&invoice.missed_days),
            ],
        },
        Bill::Unagreed(unagreed) => {
            let (month, complete) = (unagreed.month.clone(), unagreed.complete.to_string());
            let counted = unagreed.counted_days.to_string();
            Around {
                before: [month, complete, String::new(), String::new(), String::new()],
                behind: [unagreed.total.to_string(), counted, days(&unagreed.missed_days)],
            }
        }
    }
}

fn lines(bill: &Bill) -> Vec<[String; 4]> {
    let lines: &[InvoiceLine] = match bill {
        Bill::Draft(invoice) => &invoice.lines,
        Bill::Unagreed(_) => &[],
    };
    let cells = |line: &InvoiceLine| {
        let kind = match line.kind {
            LineKind::Base => "base",
            LineKind::Users => "users",
            LineKind::Devices => "devices",
        };
        let (quantity, price) = (line.quantity.to_string(), line.unit_price.to_string());
        [kind.to_owned(), quantity, price, line.amount.to_string()]
    };
    lines.iter().map(cells).collect()
}

/// Who gets it.
fn reached(draft: &Draft) -> [String; 2] {
    let of = |text: &Option<String>| plain(text.as_deref().unwrap_or_default());
    draft.contact.as_ref().map_or_else(Default::default, |it| [of(&it.name), of(&it.mail)])
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::v1::billing::contact::Contact;

    #[test]
    fn nothing_that_a_customer_typed_is_a_formula() {
        let named = Named { organization: Uuid::nil(), slug: "acme".into(), name: "Acme".into() };
        let contact = Contact { name: Some("Accounts; =1+1".into()), mail: None };
        let draft = Draft { named, contact: Some(contact), bill: None, problem: None };
        let table = drafts(&[draft]).unwrap();
        assert!(table.contains(",acme,Acme,"), "{table}");
        assert!(table.contains(",Accounts; '=1+1,"), "{table}");
    }
}
