//! Generalized Time (RFC 4517 section 3.3.13), to the millisecond.

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Reads a time as milliseconds since 1970; `None` when it is none. What is finer than a
/// millisecond does not count.
#[must_use]
pub fn read(text: &str) -> Option<i64> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (digits, rest) = text.split_at_checked(digits)?;
    let (fraction, zone) = fraction(rest)?;
    let number = |start: usize, end: usize| digits.get(start..end)?.parse::<i64>().ok();
    let (year, month, day, hour) = (number(0, 4)?, number(4, 6)?, number(6, 8)?, number(8, 10)?);
    let (minute, second, unit) = match digits.len() {
        10 => (0, 0, HOUR),
        12 => (number(10, 12)?, 0, MINUTE),
        14 => (number(10, 12)?, number(12, 14)?, SECOND),
        _ => return None,
    };
    // A leap second is the first of the next minute.
    let known = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    let clock = hour * HOUR + minute * MINUTE + second * SECOND;
    let finer = fraction.unwrap_or_default();
    // So many digits that a day in them fits.
    let finer = finer.get(..9).unwrap_or(finer);
    let scale = 10_i64.checked_pow(u32::try_from(finer.len()).ok()?)?;
    let finer = if finer.is_empty() { 0 } else { finer.parse::<i64>().ok()? * unit / scale };
    known.then(|| days_before(year, month, day) * DAY + clock + finer - zone)
}

/// A fraction's digits, if there is one, and the zone's distance from UTC.
fn fraction(rest: &str) -> Option<(Option<&str>, i64)> {
    let Some(behind) = rest.strip_prefix(['.', ',']) else {
        return Some((None, zone(rest)?));
    };
    let digits = behind.find(|letter: char| !letter.is_ascii_digit()).filter(|&it| it > 0)?;
    let (digits, rest) = behind.split_at_checked(digits)?;
    Some((Some(digits), zone(rest)?))
}

fn zone(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let number = |start: usize, end: usize| {
        let digits = digits.get(start..end).filter(|it| it.bytes().all(|it| it.is_ascii_digit()));
        digits?.parse::<i64>().ok()
    };
    let (hours, minutes) = match digits.len() {
        2 => (number(0, 2)?, 0),
        4 => (number(0, 2)?, number(2, 4)?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * HOUR + minutes * MINUTE))
}

/// Writes milliseconds since 1970 in UTC, with a fraction where there is one.
#[must_use]
pub fn write(milliseconds: i64) -> String {
    let (days, clock) = (milliseconds.div_euclid(DAY), milliseconds.rem_euclid(DAY));
    let (year, month, day) = date(days);
    if !(0..=9999).contains(&year) {
        // Later or earlier than four digits can say.
        return if year < 0 { "00000101000000Z" } else { "99991231235959Z" }.to_owned();
    }
    let (hour, minute, second) = (clock / HOUR, clock % HOUR / MINUTE, clock % MINUTE / SECOND);
    let mut text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}");
    if clock % SECOND != 0 {
        text.push_str(format!(".{:03}", clock % SECOND).trim_end_matches('0'));
    }
    text.push('Z');
    text
}

const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970 to a day. Years begin in March here, so that a leap day is a year's last.
const fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The day so many days after 1970.
const fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4517_3_3_13_times_are_read_in_all_their_forms() {
        for (text, milliseconds) in [
            ("19700101000001Z", 1_000),
            ("197001010001Z", 60_000),
            ("1970010101Z", 3_600_000),
            ("19700101000001.5Z", 1_500),
            ("19700101000001,25Z", 1_250),
            ("1970010101.5Z", 5_400_000),
            ("197001010001.25Z", 75_000),
            ("19700101010000+0100", 0),
            ("19691231223000-0130", 0),
            ("1970010102+02", 0),
            ("19691231235959.9Z", -100),
            ("20000229120000Z", 951_825_600_000),
            ("20161231235960Z", 1_483_228_800_000),
            ("00000101000000Z", -62_167_219_200_000),
            ("99991231235959Z", 253_402_300_799_000),
        ] {
            assert_eq!(read(text), Some(milliseconds), "{text}");
        }
        for text in [
            "",
            "Z",
            "1970",
            "197001010000",
            "19700101000001",
            "19701301000000Z",
            "19700001000000Z",
            "19700230000000Z",
            "19990229000000Z",
            "19700101240000Z",
            "19700101006000Z",
            "19700101000061Z",
            "19700101000001.Z",
            "19700101000001.5",
            "19700101000000+1",
            "19700101000000+2400",
            "19700101000000z",
            "1970010100000Z",
            "19700101000000Zx",
            "197001010000000Z",
            "\u{661}9700101000000Z",
            "19700101000000++1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_as_what_it_was() {
        let mut milliseconds = -62_167_219_200_000_i64;
        while milliseconds < 253_402_300_799_000 {
            assert_eq!(read(&write(milliseconds)), Some(milliseconds), "{milliseconds}");
            milliseconds += 86_399_999 * 97;
        }
        assert_eq!(write(0), "19700101000000Z");
        assert_eq!(write(-100), "19691231235959.9Z");
        assert_eq!(write(1_250), "19700101000001.25Z");
        assert_eq!(write(i64::MAX / 2), "99991231235959Z");
        assert_eq!(write(-i64::MAX / 2), "00000101000000Z");
    }
}
