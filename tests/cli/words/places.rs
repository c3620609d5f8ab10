//! The server, contexts, and what is about all of an organization.

use super::{Row, Walk, row};
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;
use crate::harness::totp;

pub(super) const ROWS: &[Row] = &[
    row("server health", "").shows(&[("/status", "*")]),
    row("server policy", "").shows(&[("/roles/0", "administrator_with_billing")]),
    row("server profiles", "").shows(&[("/0/profile", "*")]),
    row("can-i", "user create").shows(&[("/answers/0/allowed", "true")]),
    row("apply", "-f -")
        .hears("settings: {lockout: {threshold: 9}}\n")
        .then("settings show")
        .shows(&[("/lockout/threshold", "9")]),
    row("export", "").says("threshold: 9"),
    row("completion", "bash").says("service-account"),
    row("completion", "zsh").says("service-account"),
    row("completion", "fish").says("service-account"),
];

/// Of somebody who signs in, and has a context for another server.
pub(super) const CONTEXTS: &[Row] = &[
    row("login", "{url} --as {login} --org {slug} --name lab")
        .hears("{password}\n{code}\n")
        .then("account show")
        .shows(&[("/login", "{login}")]),
    row("context list", "").shows(&[
        ("#", "2"),
        ("/0/name", "lab"),
        ("/0/in_use", "true"),
        ("/0/organization", "{slug}"),
    ]),
    row("context use", "other").then("context list").shows(&[("/1/in_use", "true")]),
    row("context use", "lab").then("context list").shows(&[("/0/in_use", "true")]),
    row("logout", "").fails("account show", 3),
    row("context remove", "lab").then("context list").shows(&[("#", "1"), ("/0/name", "other")]),
];

#[test]
fn words_about_the_server_and_whole_organizations_do_what_they_say() {
    Walk::of(&Office::new()).goes(ROWS);
}

#[test]
fn words_about_contexts_do_what_they_say() {
    let (office, folder) = (Office::new(), tempfile::tempdir().unwrap());
    let admin = office.admin("administrator");
    let file = folder.path().join("contexts.toml");
    let other = "[contexts.other]\nserver = \"https://other.invalid\"\n";
    std::fs::write(&file, other).unwrap();
    let own = Tenantry::with_contexts(&office.demo, &file);
    let walk = Walk::by(own, &office).knows("url", &office.demo.admin_api.url);
    let walk = walk.knows("code", &totp::code_beside(&admin.otpauth_uri, 1));
    walk.knows("login", &admin.login).goes(CONTEXTS);
}
