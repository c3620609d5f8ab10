//! The days of a month, as bills see them.

use super::month::Month;
use crate::records::DayCount;

/// The days of a month of which an invoice is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// All: the month is over.
    All,
    /// Those up to this one, which is not over.
    Until(u8),
}

impl Days {
    /// The last of them, and the last that is over; 0 where none is.
    pub(crate) fn of(self, month: Month) -> (u8, u8) {
        match self {
            Self::All => (month.days(), month.days()),
            Self::Until(today) => (today, today.saturating_sub(1)),
        }
    }
}

/// A day as a bill sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BilledDay {
    /// What it has.
    pub count: DayCount,
    /// Whether that was counted on the day itself; or else it is what the day before had.
    pub is_counted: bool,
    /// Whether the day is over.
    pub is_over: bool,
}

impl BilledDay {
    /// Whether nothing was counted on it, and nothing can be any more.
    pub fn is_missed(&self) -> bool {
        self.is_over && !self.is_counted
    }
}

/// The days of a month, by what was counted in it and by the last count before it. Those before the
/// first count of all are missing.
pub(crate) fn billed_days(
    (month, days): (Month, Days),
    before: Option<DayCount>,
    counted: &[DayCount],
) -> Vec<BilledDay> {
    let (until, over) = days.of(month);
    let (mut last, mut known) = (before, Vec::new());
    for day in 1..=until {
        let found = counted.iter().find(|count| count.day == day).copied();
        last = found.or(last).map(|count| DayCount { day, ..count });
        let (is_counted, is_over) = (found.is_some(), day <= over);
        known.extend(last.map(|count| BilledDay { count, is_counted, is_over }));
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_without_a_count_has_what_the_day_before_had() {
        let month = Month::read("2026-02").unwrap();
        let count = |day, users| DayCount { day, users, devices: 1, closed: false };
        let shown = |days, before, counted: &[DayCount]| {
            let known = billed_days((month, days), before, counted).into_iter();
            known.map(|day| (day.count.day, day.count.users, day.is_counted)).collect::<Vec<_>>()
        };
        let counted = [count(2, 7), count(4, 5)];
        let from_the_second = [(2, 7, true), (3, 7, false), (4, 5, true), (5, 5, false)];
        assert_eq!(shown(Days::Until(5), None, &counted), from_the_second);
        assert_eq!(shown(Days::Until(1), Some(count(31, 9)), &counted), [(1, 9, false)]);
        assert_eq!(shown(Days::All, Some(count(31, 9)), &[]).len(), 28);
        assert!(shown(Days::All, None, &[]).is_empty());
        let missed = billed_days((month, Days::Until(3)), Some(count(31, 9)), &[count(2, 7)]);
        let missed: Vec<_> = missed.iter().map(BilledDay::is_missed).collect();
        assert_eq!(missed, [true, false, false], "the third is not over");
    }
}
