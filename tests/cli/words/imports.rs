//! Users out of files.

use super::{Row, Walk, row};
use crate::harness::office::Office;

pub(super) const ROWS: &[Row] = &[
    row("import create", "--name waits --format csv --holds users")
        .shows(&[("/state", "receiving"), ("/holds", "users")]),
    row("import list", "").shows(&[("#", "1"), ("/0/name", "waits")]),
    row("import cancel", "waits").then("import show waits").shows(&[("/state", "cancelled")]),
    row("import show", "waits").shows(&[("/format", "csv")]),
    row("import delete", "waits").gone("import show waits"),
    row("import csv", "- --name people --dry-run")
        .hears("login,mail\nada,ada@x.example\nbob,bob@x.example\n")
        .shows(&[("/state", "checked"), ("/planned/create", "2")]),
    row("import rows", "people --outcome create").shows(&[("#", "2"), ("/0/name", "ada")]),
    row("import apply", "people").then("import follow people").shows(&[("/done/create", "2")]),
    row("import follow", "people").shows(&[("/state", "done")]),
    row("import ldif", "- --name tree")
        .hears(
            "dn: uid=eve,dc=old,dc=example\nobjectClass: inetOrgPerson\nuid: eve\ncn: Eve\nsn: E\n",
        )
        .then("user show eve")
        .shows(&[("/display_name", "Eve")]),
    row("user list", "").shows(&[("#", "3")]),
];

#[test]
fn words_about_imports_do_what_they_say() {
    Walk::of(&Office::new()).goes(ROWS);
}
