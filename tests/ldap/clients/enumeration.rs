//! Machines that list everybody, page by page.

use serde_json::json;

use super::{nslcd, sssd};
use crate::harness::host::Host;
use crate::harness::office::Office;

/// More than fit on a page of nslcd's here.
const USERS: usize = 700;

/// How many of the organization's users and groups a machine lists.
fn listed(host: &Host) -> (usize, usize) {
    let count = |database: &str| {
        let lines = host.getent([database]).stdout;
        lines.lines().filter(|line| line.starts_with("many-")).count()
    };
    (count("passwd"), count("group"))
}

#[test]
fn seven_hundred_users_are_listed_to_the_last_one() {
    let office = Office::new();
    for number in 0..USERS {
        let login = format!("many-{number}");
        let fields = json!({"login": login, "display_name": login, "surname": login});
        office.make("users", &fields);
    }
    office.group("many-groups", &[], &[]);
    let by_pages = nslcd::host(&office, "pagesize 100");
    by_pages.room.until("getent passwd many-0");
    assert_eq!(listed(&by_pages), (USERS, 1));
    drop(by_pages);
    let cached =
        sssd::host(&office, "enumerate = true\nldap_page_size = 100\ndebug_level = 0x0400");
    // It remembers for two minutes what it listed before it knew them all.
    cached.room.until_said("Task [Enumeration [id] of office]: finished successfully");
    assert_eq!(listed(&cached), (USERS, 1));
}
