//! Time at the place where gear stands.
//!
//! The zones are those of the IANA database as it was when the daemon was built, so that no machine
//! judges otherwise than another one.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::error::Invalid;
use crate::time::Time;

/// The time zone of gear of which nobody says where it stands.
pub(crate) const UTC: &str = "UTC";

/// A time zone.
pub(crate) struct Zone(TimeZone);

/// A minute of a week, as clocks at a place show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WeekMinute {
    /// The day, counted from Monday.
    pub(crate) day: u8,
    /// The minute of the day.
    pub(crate) minute: u16,
}

impl Zone {
    /// The time zone with a name.
    ///
    /// # Errors
    /// For what the database does not call a time zone, in the same letters.
    pub(crate) fn find(name: &str) -> Result<Self, Invalid> {
        let found = TimeZoneDatabase::bundled().get(name).ok();
        let found = found.filter(|zone| zone.iana_name() == Some(name));
        let wanted = "must be a time zone of the IANA database, such as Europe/Berlin or UTC";
        found.map(Self).ok_or_else(|| Invalid::new("/time_zone", wanted))
    }

    /// What clocks show at a time.
    pub(crate) fn week_minute(&self, at: Time) -> WeekMinute {
        let local = self.0.to_datetime(timestamp(at));
        let minute = i16::from(local.hour()) * 60 + i16::from(local.minute());
        WeekMinute {
            day: u8::try_from(local.weekday().to_monday_zero_offset()).unwrap_or_default(),
            minute: u16::try_from(minute).unwrap_or_default(),
        }
    }

    /// A time as clocks show it, with how far they are from UTC and the zone (RFC 9557).
    pub(crate) fn spell(&self, at: Time) -> String {
        timestamp(at).to_zoned(self.0.clone()).to_string()
    }
}

/// A time to the second; behind the end of the calendar, its end.
fn timestamp(at: Time) -> Timestamp {
    let seconds = i64::try_from(at.seconds()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(zone: &str, seconds: u64) -> (u8, u16, String) {
        let (zone, at) = (Zone::find(zone).unwrap(), Time(seconds * 1_000 + 999));
        let WeekMinute { day, minute } = zone.week_minute(at);
        (day, minute, zone.spell(at))
    }

    #[test]
    fn clocks_are_put_forward_and_back_where_they_are() {
        // Sundays of 2030 on which clocks in Berlin change, and what they show a second before and then.
        let (spring, autumn) = (1_901_149_200, 1_919_293_200);
        for (zone, seconds, day, minute, text) in [
            ("Europe/Berlin", spring - 1, 6, 119, "2030-03-31T01:59:59+01:00[Europe/Berlin]"),
            ("Europe/Berlin", spring, 6, 180, "2030-03-31T03:00:00+02:00[Europe/Berlin]"),
            ("Europe/Berlin", autumn - 1, 6, 179, "2030-10-27T02:59:59+02:00[Europe/Berlin]"),
            ("Europe/Berlin", autumn, 6, 120, "2030-10-27T02:00:00+01:00[Europe/Berlin]"),
            ("UTC", spring, 6, 60, "2030-03-31T01:00:00+00:00[UTC]"),
            // Another day there, and a quarter of an hour.
            ("Pacific/Auckland", spring, 6, 840, "2030-03-31T14:00:00+13:00[Pacific/Auckland]"),
            (
                "America/Los_Angeles",
                spring,
                5,
                1080,
                "2030-03-30T18:00:00-07:00[America/Los_Angeles]",
            ),
            ("Asia/Kathmandu", spring, 6, 405, "2030-03-31T06:45:00+05:45[Asia/Kathmandu]"),
            ("UTC", 0, 3, 0, "1970-01-01T00:00:00+00:00[UTC]"),
        ] {
            assert_eq!(shown(zone, seconds), (day, minute, text.to_owned()), "{zone} {seconds}");
        }
    }

    #[test]
    fn a_zone_has_the_name_that_the_database_gives_it() {
        for name in
            ["UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"]
        {
            assert!(Zone::find(name).is_ok(), "{name}");
        }
        for name in ["", "utc", "europe/berlin", "Europe/Atlantis", "+01:00", "CET-1CEST", "../UTC"]
        {
            assert_eq!(Zone::find(name).err().unwrap().pointer, "/time_zone", "{name}");
        }
    }

    #[test]
    fn behind_the_end_of_the_calendar_it_stays_its_end() {
        let WeekMinute { day, minute } = Zone::find(UTC).unwrap().week_minute(Time(u64::MAX));
        assert!(day < 7 && minute < 1_440);
    }
}
