//! Devices, and what is demanded of them.

use super::{Row, Walk, row};
use crate::harness::office::Office;

pub(super) const ROWS: &[Row] = &[
    row("group create", "--name laptops").shows(&[("/name", "laptops")]),
    row("device create", "--name laptop-7 --serial SN1 --os linux --groups laptops")
        .shows(&[("/serial", "SN1"), ("/os", "linux")]),
    row("device list", "").shows(&[("#", "1"), ("/0/name", "laptop-7")]),
    row("device update", "laptop-7 --model X1").shows(&[("/model", "X1")]),
    row("device show", "laptop-7").shows(&[("/model", "X1"), ("/suspended", "false")]),
    row(
        "security-policy create",
        "--name base --precedence 1 --groups laptops --settings-screen-lock-delay 300",
    )
    .shows(&[("/version", "1"), ("/settings/screen_lock/delay", "300")]),
    row("security-policy list", "").shows(&[("#", "1"), ("/0/name", "base")]),
    row("security-policy update", "base --settings-screen-lock-delay 60")
        .then("security-policy show base")
        .shows(&[("/version", "2"), ("/settings/screen_lock/delay", "60")]),
    row("security-policy show", "base").shows(&[("/precedence", "1")]),
    row("security-policy versions", "base").shows(&[("#", "2")]),
    row("security-policy version", "base 1").shows(&[("/settings/screen_lock/delay", "300")]),
    row("security-policy restore", "base 1 --comment back")
        .then("security-policy show base")
        .shows(&[("/version", "3"), ("/settings/screen_lock/delay", "300")]),
    row("device settings", "laptop-7").shows(&[("/settings/screen_lock/delay", "300")]),
    row("device compliance", "laptop-7").shows(&[("/compliance", "unreported"), ("/last", "-")]),
    row("device count-compliance", "").shows(&[("/unreported", "1"), ("/compliant", "0")]),
    row("security-policy delete", "base").gone("security-policy show base"),
    row("device delete", "laptop-7").gone("device show laptop-7"),
];

#[test]
fn words_about_devices_do_what_they_say() {
    Walk::of(&Office::new()).goes(ROWS);
}
