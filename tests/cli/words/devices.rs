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
    row(
        "security-policy create",
        "--name systems --precedence 2 --groups laptops --settings-allowed-networks-ssids Acme \
         --settings-allowed-networks-ssids Guests \
         --settings-os-updates-minimum-versions [{\"os\":\"linux\",\"version\":\"6.8\"}] \
         --settings-os-updates-deadline 2100-01-31T12:00:00Z",
    )
    .shows(&[
        ("/settings/allowed_networks/ssids/0", "Acme"),
        ("/settings/allowed_networks/ssids/1", "Guests"),
        ("/settings/os_updates/minimum_versions/0/os", "linux"),
        ("/settings/os_updates/minimum_versions/0/version", "6.8"),
        ("/settings/os_updates/deadline", "2100-01-31T12:00:00Z"),
    ]),
    row("security-policy update", "systems --settings-allowed-networks-ssids Acme")
        .then("security-policy show systems")
        .shows(&[
            ("/version", "2"),
            ("/settings/allowed_networks/ssids/1", "-"),
            ("/settings/os_updates/minimum_versions/0/version", "6.8"),
        ]),
    row("device settings", "laptop-7").shows(&[
        ("/settings/screen_lock/delay", "300"),
        ("/settings/os_updates/deadline", "2100-01-31T12:00:00Z"),
        ("/settings/allowed_networks/ssids/0", "Acme"),
        ("/sources/screen_lock/name", "base"),
        ("/sources/os_updates/name", "systems"),
        ("/sources/allowed_networks/version", "2"),
    ]),
    row("device compliance", "laptop-7").shows(&[("/compliance", "unreported"), ("/last", "-")]),
    row("device count-compliance", "").shows(&[("/unreported", "1"), ("/compliant", "0")]),
    row("security-policy delete", "base").gone("security-policy show base"),
    row("device delete", "laptop-7").gone("device show laptop-7"),
];

#[test]
fn words_about_devices_do_what_they_say() {
    Walk::of(&Office::new()).goes(ROWS);
}
