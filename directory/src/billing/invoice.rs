//! An invoice's draft, out of counts and prices.

use serde::Serialize;
use thiserror::Error;

use super::days::{Days, billed_days};
use super::month::Month;
use crate::records::{DayCount, Prices};

/// A draft of what a month costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invoice {
    /// Whether the month is over; until then it may become more.
    pub complete: bool,
    /// So many days were counted.
    pub counted_days: u8,
    /// Days on which nothing was counted, since the daemon did not run: they have what the day
    /// before had. A day that is not over is none of them.
    pub missed_days: Vec<u8>,
    /// The most users of a day.
    pub users: u32,
    /// The most devices of a day.
    pub devices: u32,
    /// What it is made of.
    pub lines: Vec<InvoiceLine>,
    /// The sum, in the smallest unit of the currency.
    pub total: u64,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InvoiceLine {
    /// What it is for.
    pub kind: LineKind,
    /// How many are paid for.
    pub quantity: u64,
    /// What one costs.
    pub unit_price: u64,
    /// What all of them cost.
    pub amount: u64,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// The month as such.
    Base,
    /// Users beyond those that are included.
    Users,
    /// Devices beyond those that are included.
    Devices,
}

/// A sum is larger than any bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the amount is larger than can be written")]
pub struct TooMuch;

impl Invoice {
    /// Drafts the invoice of days of a month, by what was counted in it and by the last count before
    /// it. There is none of a month in which the organization was deleted all the time.
    ///
    /// # Errors
    /// When a sum is too large.
    pub fn draft(
        (month, days): (Month, Days),
        before: Option<DayCount>,
        counted: &[DayCount],
        prices: &Prices,
    ) -> Result<Option<Self>, TooMuch> {
        let (until, _) = days.of(month);
        let known = billed_days((month, days), before, counted);
        // Before the first count there was no organization, or no daemon that counts.
        let is_new = known.len() < usize::from(until);
        if !is_new && known.iter().all(|day| day.count.closed) {
            return Ok(None);
        }
        let missed = known.iter().filter(|day| day.is_missed());
        let missed_days = missed.map(|day| day.count.day).collect();
        let users = known.iter().map(|day| day.count.users).max().unwrap_or_default();
        let devices = known.iter().map(|day| day.count.devices).max().unwrap_or_default();
        let beyond = |count: u32, included: u32| u64::from(count.saturating_sub(included));
        let wanted = [
            (LineKind::Base, 1, prices.base),
            (LineKind::Users, beyond(users, prices.included_users), prices.user),
            (LineKind::Devices, beyond(devices, prices.included_devices), prices.device),
        ];
        let mut lines = Vec::new();
        let mut total = 0_u64;
        for (kind, quantity, unit_price) in wanted {
            let amount = quantity.checked_mul(unit_price).ok_or(TooMuch)?;
            total = total.checked_add(amount).ok_or(TooMuch)?;
            if amount > 0 || kind != LineKind::Base && quantity > 0 {
                lines.push(InvoiceLine { kind, quantity, unit_price, amount });
            }
        }
        let counted_days = counted.iter().filter(|count| count.day <= until).count();
        Ok(Some(Self {
            complete: days == Days::All,
            counted_days: u8::try_from(counted_days).unwrap_or(u8::MAX),
            missed_days,
            users,
            devices,
            lines,
            total,
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::records::UsageMonth;

    fn prices() -> Prices {
        Prices {
            currency: "EUR".into(),
            base: 1_000,
            user: 350,
            device: 99,
            included_users: 5,
            included_devices: 2,
        }
    }

    fn month() -> Month {
        Month::read("2026-11").unwrap()
    }

    fn count(day: u8, users: u32, devices: u32) -> DayCount {
        DayCount { day, users, devices, closed: false }
    }

    fn drafted(days: Days, before: Option<DayCount>, counted: &[DayCount]) -> Invoice {
        Invoice::draft((month(), days), before, counted, &prices()).unwrap().unwrap()
    }

    #[test]
    fn the_most_of_a_day_is_paid_for_beyond_what_is_included() {
        let counted = [count(1, 7, 1), count(2, 12, 3), count(4, 8, 2)];
        let invoice = drafted(Days::All, None, &counted);
        let lines: Vec<_> =
            invoice.lines.iter().map(|line| (line.kind, line.quantity, line.amount)).collect();
        let expected =
            [(LineKind::Base, 1, 1_000), (LineKind::Users, 7, 2_450), (LineKind::Devices, 1, 99)];
        assert_eq!((lines.as_slice(), invoice.total), (&expected[..], 3_549));
        assert!(invoice.complete && invoice.counted_days == 3);
        assert_eq!(invoice.missed_days.first(), Some(&3));
        assert_eq!(invoice.missed_days.len(), 27);
    }

    #[test]
    fn days_that_were_missed_have_what_the_day_before_had_and_none_is_invented() {
        let invoice = |before, counted: &[DayCount]| {
            let drafted = drafted(Days::Until(10), before, counted);
            (drafted.users, drafted.missed_days.len(), drafted.complete)
        };
        assert_eq!(invoice(None, &[]), (0, 0, false));
        assert_eq!(invoice(None, &[count(8, 4, 0)]), (4, 1, false));
        assert_eq!(invoice(Some(count(30, 9, 0)), &[count(9, 4, 0)]), (9, 8, false));
        let dear = Prices { user: u64::MAX, ..prices() };
        let counted = [count(1, 90, 0)];
        let day = (month(), Days::Until(1));
        assert_eq!(Invoice::draft(day, None, &counted, &dear), Err(TooMuch));
    }

    #[test]
    fn a_day_that_is_not_over_is_none_that_was_missed() {
        let counted: Vec<_> = (1..=29).map(|day| count(day, 4, 0)).collect();
        let invoice = drafted(Days::Until(30), None, &counted);
        assert_eq!((invoice.missed_days, invoice.complete), (vec![], false));
        let invoice = drafted(Days::All, None, &counted);
        assert_eq!((invoice.missed_days, invoice.complete), (vec![30], true));
        let first = drafted(Days::Until(1), Some(count(31, 9, 0)), &[]);
        assert_eq!((first.users, first.missed_days), (9, vec![]), "it has what was there before");
    }

    #[test]
    fn nothing_is_paid_for_while_an_organization_is_deleted() {
        let closed = |day| DayCount { closed: true, ..count(day, 0, 0) };
        let counted = [count(1, 8, 0), closed(2), closed(3)];
        let gone = drafted(Days::All, Some(count(31, 9, 9)), &counted);
        assert_eq!((gone.users, gone.lines[0].kind), (8, LineKind::Base), "one day is a month");
        let draft = |counted: &[DayCount]| {
            let days = (month(), Days::All);
            Invoice::draft(days, Some(closed(31)), counted, &prices()).unwrap()
        };
        assert_eq!(draft(&[closed(1), closed(2)]), None);
        assert_eq!(draft(&[]), None, "nor where nobody looked meanwhile");
        assert_eq!(draft(&[closed(1), count(30, 7, 0)]).unwrap().users, 7, "it was restored");
    }

    proptest! {
        #[test]
        fn a_bill_comes_out_the_same_however_often_and_in_whatever_order_was_counted(
            counts in proptest::collection::vec((1_u8..=30, 0_u32..500, 0_u32..500), 0..60),
            order in any::<u64>(),
        ) {
            let draft = |counts: &[(u8, u32, u32)]| {
                let mut usage = UsageMonth { month: month(), days: Vec::new() };
                for (day, users, devices) in counts {
                    usage.count(count(*day, *users, *devices));
                }
                drafted(Days::All, None, &usage.days)
            };
            let mut others = counts.clone();
            others.extend_from_slice(&counts);
            let length = others.len().max(1);
            others.rotate_left(usize::try_from(order % length as u64).unwrap());
            others.reverse();
            let (one, other) = (draft(&counts), draft(&others));
            prop_assert_eq!(&one, &other);
            let sum: u64 = one.lines.iter().map(|line| line.quantity * line.unit_price).sum();
            prop_assert_eq!(one.total, sum);
            let most = counts.iter().map(|(_, users, _)| *users).max().unwrap_or(0);
            prop_assert_eq!(one.users, most);
        }
    }
}
