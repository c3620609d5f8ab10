//! Months of the calendar in UTC.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// Milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1_000;

/// A month, counted from the beginning of the year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month(u32);

impl Month {
    /// The month and the day in it, counted from 1, of a time.
    pub fn of(time: Time) -> (Self, u8) {
        // Days count from 0000-03-01, so that a leap day ends a year (H. Hinnant's civil calendar).
        let days = time.0 / DAY + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let months = (era * 400 + year) * 12 + month + 2;
        (Self(u32::try_from(months).unwrap_or(u32::MAX)), u8::try_from(day).unwrap_or(31))
    }

    /// Reads `2026-11`.
    pub fn read(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-').filter(|(year, month)| {
            let digits = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
            year.len() == 4 && month.len() == 2 && digits(year) && digits(month)
        })?;
        let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
        (1..=12).contains(&month).then(|| Self(year * 12 + month - 1))
    }

    /// The number of its days.
    pub fn days(self) -> u8 {
        let year = self.0 / 12;
        match self.0 % 12 + 1 {
            2 if year.is_multiple_of(4)
                && (!year.is_multiple_of(100) || year.is_multiple_of(400)) =>
            {
                29
            }
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// As it stands in an index.
    pub(crate) fn key(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 12, self.0 % 12 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_months_and_days() {
        let of = |time: u64| {
            let (month, day) = Month::of(Time(time));
            format!("{month}-{day:02}")
        };
        assert_eq!(of(0), "1970-01-01");
        assert_eq!(of(DAY - 1), "1970-01-01");
        assert_eq!(of(951_782_400_000), "2000-02-29");
        assert_eq!(of(951_868_800_000), "2000-03-01");
        assert_eq!(of(1_767_225_599_999), "2025-12-31");
        assert_eq!(of(1_767_225_600_000), "2026-01-01");
        let (mut day, mut before) = (0, None);
        while day < 400 * 366 {
            let (month, number) = Month::of(Time(day * DAY));
            if let Some((last, was)) = before
                && month != last
            {
                assert_eq!((was, number), (Month::days(last), 1), "{last}");
            }
            (before, day) = (Some((month, number)), day + 1);
        }
    }

    #[test]
    fn months_are_read_as_they_are_shown() {
        for text in ["2026-11", "1970-01", "2024-02"] {
            assert_eq!(Month::read(text).unwrap().to_string(), text);
        }
        assert_eq!(Month::read("2024-02").map(Month::days), Some(29));
        assert_eq!(Month::read("2100-02").map(Month::days), Some(28));
        for text in ["2026-13", "2026-0", "26-11", "+026-11", "2026-00", ""] {
            assert_eq!(Month::read(text), None, "{text}");
        }
    }
}
