//! The machine's clock, and times that are not yet over, however late it is.

use std::process::Command;
use std::time::UNIX_EPOCH;

/// Seconds since 1970 began in UTC.
#[expect(clippy::disallowed_methods, reason = "the daemon under test has the machine's clock")]
pub(crate) fn seconds() -> u64 {
    std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The time so many days from now, as RFC 3339 writes it.
pub(crate) fn in_days(days: u32) -> String {
    date(&format!("+{days} days"))
}

/// A time in seconds since 1970 began in UTC, as RFC 3339 writes it.
pub(crate) fn at(seconds: u64) -> String {
    date(&format!("@{seconds}"))
}

fn date(said: &str) -> String {
    let date = Command::new("date")
        .args(["--utc", "--date", said, "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .unwrap();
    assert!(date.status.success(), "{date:?}");
    String::from_utf8(date.stdout).unwrap().trim_end().to_owned()
}
