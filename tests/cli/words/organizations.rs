//! Organizations, and what is paid for them.

use super::{Row, Walk, row};
use crate::harness::office::Office;

pub(super) const ROWS: &[Row] = &[
    row("org create", "--slug {slug}-b --name Made-{slug} --base dc={slug}-b,dc=example")
        .keeps(&[("made", "/id")])
        .shows(&[("/slug", "{slug}-b"), ("/base", "dc={slug}-b,dc=example")]),
    row("org list", "--name {slug}-b").shows(&[("#", "1"), ("/0/slug", "{slug}-b")]),
    row("org show", "{slug}-b").shows(&[("/state", "active"), ("/id", "{made}")]),
    row("org update", "{slug}-b --name Named-{slug}").shows(&[("/name", "Named-{slug}")]),
    row("org user-cap", "{slug}-b").shows(&[("/users", "0"), ("/most", "-")]),
    row("org set-user-cap", "{slug}-b --most 5 --kind hard")
        .then("org user-cap {slug}-b")
        .shows(&[("/most", "5"), ("/kind", "hard")]),
    row("org device-cap", "{slug}-b").shows(&[("/devices", "0"), ("/most", "-")]),
    row("org set-device-cap", "{slug}-b --most 6 --kind hard")
        .then("org device-cap {slug}-b")
        .shows(&[("/most", "6"), ("/kind", "hard")]),
    row("org suspend", "{slug}-b").then("org show {slug}-b").shows(&[("/state", "suspended")]),
    row("org activate", "{slug}-b").then("org show {slug}-b").shows(&[("/state", "active")]),
    row("org delete", "{slug}-b --confirmation Named-{slug}").gone("org show {made}"),
    row("org restore", "{made}").then("org show {made}").shows(&[("/name", "Named-{slug}")]),
    row("settings show", "").shows(&[("/lockout/threshold", "*")]),
    row("settings update", "--lockout-threshold 7")
        .then("settings show")
        .shows(&[("/lockout/threshold", "7")]),
    row("presentation show", "").shows(&[("/base", "{base}"), ("/layout", "rfc2307bis")]),
    row("presentation update", "--layout rfc2307")
        .then("presentation show")
        .shows(&[("/layout", "rfc2307")]),
    row(
        "presentation set-aliases",
        r#"--aliases [{"base":"o={slug},dc=old","layout":"jumpcloud"}]"#,
    )
    .then("presentation show")
    .shows(&[("/aliases/0/base", "o={slug},dc=old"), ("/layout", "rfc2307")]),
    row("plan create", "--name plan-{slug} --currency EUR --base 1000 --user 400")
        .shows(&[("/user", "400")]),
    row("plan list", "--name plan-{slug}").shows(&[("#", "1"), ("/0/currency", "EUR")]),
    row("plan update", "plan-{slug} --user 450").shows(&[("/user", "450")]),
    row("plan show", "plan-{slug}").shows(&[("/name", "plan-{slug}"), ("/user", "450")]),
    row("billing usage", "").keeps(&[("month", "/month")]).shows(&[("/month", "*")]),
    row("billing agree", "--organization {slug} --plan plan-{slug} --since {month}")
        .shows(&[("/0/plan", "plan-{slug}")]),
    row("billing agreements", "").shows(&[("#", "1"), ("/0/since", "{month}")]),
    row("billing invoice", "--month {month}").shows(&[("/currency", "EUR"), ("/month", "{month}")]),
    row("billing invoices", "--month {month} --format csv").says("{slug}"),
    row("billing set-contact", "--name Payable --mail payable@x.example")
        .then("billing contact")
        .shows(&[("/name", "Payable"), ("/mail", "payable@x.example")]),
    row("billing contact", "").shows(&[("/name", "Payable")]),
    row("plan delete", "plan-{slug}").gone("plan show plan-{slug}"),
];

#[test]
fn words_about_organizations_do_what_they_say() {
    Walk::of(&Office::new()).goes(ROWS);
}
