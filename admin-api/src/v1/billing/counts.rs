//! What was counted on each day, of all organizations.

use directory::access::{Context, ManageBilling};
use directory::billing::{BilledDay, Month};
use directory::{Directory, Error};
use serde::Serialize;

use super::each::{self, Named};
use super::table::{plain, written};
use crate::problem::Problem;

/// What was counted in an organization.
#[derive(Serialize)]
pub(super) struct Counts {
    #[serde(flatten)]
    named: Named,
    month: String,
    days: Vec<Day>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// A day as bills see it.
#[derive(Serialize)]
struct Day {
    day: u8,
    users: u32,
    devices: u32,
    /// Whether nothing was counted on it, so that it has what the day before had.
    missed: bool,
    /// Whether the organization was deleted all day.
    deleted: bool,
}

/// The counts of a month of each organization that was there in it.
pub(super) fn counts(
    directory: &Directory,
    context: Context,
    month: Month,
) -> Result<Vec<Counts>, Problem> {
    let mut all = Vec::new();
    each::organization(directory, context, |reading, id, named| {
        let grant = reading.authorize::<ManageBilling>(id);
        let days = grant.and_then(|grant| grant.billing().days(month));
        all.extend(Counts::of(named, month, days)?);
        Ok(())
    })?;
    each::closed_account(directory, context, |named, account| {
        all.extend(Counts::of(named, month, account.days(month, context.now))?);
        Ok(())
    })?;
    Ok(all)
}

impl Counts {
    /// What was counted, or why that is not known; nothing of an organization that was not there.
    fn of(
        named: Named,
        month: Month,
        days: Result<Vec<BilledDay>, Error>,
    ) -> Result<Option<Self>, Problem> {
        let (days, problem) = match days {
            Ok(days) if days.iter().all(|day| day.count.closed) => return Ok(None),
            Ok(days) => (days, None),
            Err(error) => (Vec::new(), Some(each::failure(error, &named.slug)?)),
        };
        let days = days.into_iter().map(|day| Day {
            day: day.count.day,
            users: day.count.users,
            devices: day.count.devices,
            missed: day.is_missed(),
            deleted: day.count.closed,
        });
        Ok(Some(Self { named, month: month.to_string(), days: days.collect(), problem }))
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let row = |cells: Vec<String>| {
            let Named { organization, slug, name } = &self.named;
            let named = [organization.to_string(), slug.clone(), plain(name), self.month.clone()];
            named.into_iter().chain(cells).collect::<Vec<String>>()
        };
        if let Some(problem) = &self.problem {
            let mut cells = vec![String::new(); 5];
            cells.push(plain(problem));
            return vec![row(cells)];
        }
        let cells = |day: &Day| {
            let counted = [day.day.to_string(), day.users.to_string(), day.devices.to_string()];
            let told = [day.missed.to_string(), day.deleted.to_string(), String::new()];
            counted.into_iter().chain(told).collect()
        };
        self.days.iter().map(|day| row(cells(day))).collect()
    }
}

const HEADINGS: [&str; 10] = [
    "organization",
    "slug",
    "name",
    "month",
    "day",
    "users",
    "devices",
    "missed",
    "deleted",
    "problem",
];

/// Counts as a table, a day of an organization on each line.
pub(super) fn table(counts: &[Counts]) -> Result<String, Problem> {
    written(&HEADINGS, counts.iter().flat_map(Counts::rows))
}
