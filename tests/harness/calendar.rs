//! Times that are not yet over, however late it is.

use std::process::Command;

/// The time so many days from now, as RFC 3339 writes it.
pub(crate) fn in_days(days: u32) -> String {
    let date = Command::new("date")
        .args(["--utc", "--date", &format!("+{days} days"), "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .unwrap();
    assert!(date.status.success(), "{date:?}");
    String::from_utf8(date.stdout).unwrap().trim_end().to_owned()
}
