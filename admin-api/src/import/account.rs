//! What other directories say of accounts that end or are kept out, each in its own way.

use directory::Time;
use directory::imports::{UserRow, cut, note};
use jiff::Timestamp;

use super::field::time;

/// What Active Directory writes where an account never ends, beside 0.
const NEVER: u64 = (1 << 63) - 1;
/// Counts of Active Directory begin here: what is less, of the year 1632, is another number.
const COUNTS: u64 = 10_000_000_000_000_000;
/// So many of what Active Directory counts, 100 nanoseconds, are a millisecond.
const MILLISECOND: u64 = 10_000;
/// The milliseconds from 1601 to 1970.
const EPOCH: u64 = 11_644_473_600_000;
/// The milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1_000;
/// How OpenLDAP writes that an account is locked for good.
const FOR_GOOD: &str = "000001010000Z";

/// When a user's time ends: as RFC 3339 and RFC 4517 write it, or as Active Directory counts it (FILETIME
/// of MS-DTYP 2.3.3); nothing where it never does.
pub(super) fn end(text: &str) -> Result<Option<Time>, String> {
    let read = match text.parse::<u64>() {
        Ok(0 | NEVER) => return Ok(None),
        Ok(count) if count >= COUNTS => {
            return Ok(in_calendar((count / MILLISECOND).saturating_sub(EPOCH)));
        }
        Ok(_) => None,
        Err(_) => time(text).and_then(|it| u64::try_from(it).ok()).map(Time),
    };
    read.map(Some).ok_or_else(|| "must be a time such as 2030-01-31T12:00:00Z".to_owned())
}

/// When the time of a user of `shadowAccount` ends, in days since 1970; nothing where it never does.
pub(super) fn shadow_end(text: &str) -> Result<Option<Time>, String> {
    let days: i64 = text.parse().map_err(|_| "must be a number of days since 1970")?;
    Ok(u64::try_from(days).ok().and_then(|days| in_calendar(days.saturating_mul(DAY))))
}

/// A time of the calendar, which ends with the year 9999: what is later never comes.
fn in_calendar(milliseconds: u64) -> Option<Time> {
    let time = i64::try_from(milliseconds).ok().and_then(|it| Timestamp::from_millisecond(it).ok());
    time.map(|_| Time(milliseconds))
}

/// Whether Samba keeps an account out, by its flags such as `[UD         ]`.
pub(super) fn is_disabled(flags: &str) -> bool {
    flags.contains('D')
}

/// Takes in that OpenLDAP locked an account. Whether a lock by wrong passwords has ended depends on a
/// policy that no entry tells, and it protects nobody whose password is guessed here.
pub(super) fn take_lock(user: &mut UserRow, text: &str, notes: &mut Vec<String>) {
    if text == FOR_GOOD {
        user.derive(true);
    } else {
        let since = cut(text);
        note(notes, &format!("a lock by wrong passwords is not taken along: it began {since}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_as_people_and_active_directory_write_them() {
        assert_eq!(end("1970-01-01T00:00:01Z"), Ok(Some(Time(1_000))));
        assert_eq!(end("19700101000001Z"), Ok(Some(Time(1_000))));
        // 2030-01-31T12:00:00Z, as Active Directory counts it.
        assert_eq!(end("135405648000000000"), Ok(Some(Time(1_896_091_200_000))));
        assert_eq!(end("116444736000000000"), Ok(Some(Time(0))));
        assert_eq!(end("100000000000000000"), Ok(Some(Time(0))), "before 1970");
        for never in ["0", "9223372036854775807", "9223372036854775806"] {
            assert_eq!(end(never), Ok(None), "{never}");
        }
        for wrong in ["", "yesterday", "20300131", "20300131120000", "-1"] {
            assert!(end(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shadow_ends_are_days_and_none_where_they_are_negative() {
        assert_eq!(shadow_end("1"), Ok(Some(Time(DAY))));
        assert_eq!(shadow_end("0"), Ok(Some(Time(0))), "as chage -E 0 keeps somebody out");
        assert_eq!((shadow_end("-1"), shadow_end("9999999")), (Ok(None), Ok(None)));
        assert!(shadow_end("2030-01-31").is_err());
    }

    #[test]
    fn a_lock_for_good_suspends_and_one_by_wrong_passwords_is_noted() {
        let locked = |text: &str| {
            let (mut user, mut notes) = (UserRow::default(), Vec::new());
            take_lock(&mut user, text, &mut notes);
            (user.suspended, user.enabled, notes)
        };
        assert_eq!(locked(FOR_GOOD), (Some(true), false, Vec::new()));
        let (suspended, enabled, notes) = locked("20260131120000Z");
        assert_eq!((suspended, enabled, notes.len()), (None, false, 1));
        assert!(notes[0].contains("20260131120000Z"), "{notes:?}");
        assert!(is_disabled("[UD         ]") && !is_disabled("[UX         ]"));
    }
}
