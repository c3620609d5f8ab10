//! Users, groups, and what is asked of passwords.

use super::{Row, Walk, row};
use crate::harness::office::Office;

pub(super) const ROWS: &[Row] = &[
    row("user create", "--login ada --display-name Ada --surname L --mail ada@{slug}.example")
        .shows(&[("/login", "ada"), ("/mail/0", "ada@{slug}.example")]),
    row("user find", "ada@{slug}.example").shows(&[
        ("#", "1"),
        ("/0/login", "ada"),
        ("/0/organization_slug", "{slug}"),
    ]),
    row("user list", "").shows(&[
        ("#", "1"),
        ("/0/login", "ada"),
        ("/0/sign_in/second_factor_enrolled", "false"),
    ]),
    row("user update", "ada --title Countess").shows(&[("/title", "Countess")]),
    row("user show", "ada").shows(&[("/title", "Countess"), ("/state", "active")]),
    row("user suspend", "ada").then("user show ada").shows(&[("/state", "suspended")]),
    row("user activate", "ada").then("user show ada").shows(&[("/state", "active")]),
    row("user invite", "ada --seconds 3600 --second-factor").shows(&[("/token", "*")]),
    row("user invitation", "ada").shows(&[("/invited", "true"), ("/second_factor", "false")]),
    row("user revoke-invitation", "ada")
        .then("user invitation ada")
        .shows(&[("/invited", "false")]),
    row("user set-password", "ada")
        .hears("{password}\n")
        .then("user show ada")
        .shows(&[("/sign_in/password_set", "*")]),
    row("user require-password-change", "ada")
        .then("user show ada")
        .shows(&[("/sign_in/must_change_password", "true")]),
    row("user lock", "ada --seconds 1h")
        .then("user show ada")
        .shows(&[("/sign_in/locked_until", "*")]),
    row("user unlock", "ada").then("user show ada").shows(&[("/sign_in/locked_until", "-")]),
    row("user set-certificates", "ada --fingerprints {fingerprint}")
        .then("user certificates ada")
        .shows(&[("/fingerprints/0", "{fingerprint}")]),
    row("user certificates", "ada").shows(&[("/fingerprints/0", "{fingerprint}")]),
    row("user second-factor", "ada").shows(&[("/enrolled", "false")]),
    row("user invite-second-factor", "ada --seconds 3600").shows(&[("/token", "*")]),
    row("user begin-second-factor", "ada")
        .keeps(&[("otpauth", "/otpauth_uri")])
        .shows(&[("/secret", "*")]),
    row("user confirm-second-factor", "ada")
        .hears("{totp}\n")
        .then("user second-factor ada")
        .shows(&[("/enrolled", "true")]),
    row("user reset-second-factor", "ada")
        .then("user second-factor ada")
        .shows(&[("/enrolled", "false")]),
    row("group create", "--name staff").shows(&[("/name", "staff")]),
    row("group list", "").shows(&[("#", "1"), ("/0/name", "staff")]),
    row("group update", "staff --description Everybody").shows(&[("/description", "Everybody")]),
    row("group show", "staff").shows(&[("/description", "Everybody")]),
    row("group change-members", "staff --add-users ada")
        .then("group members staff")
        .shows(&[("#", "1"), ("/0/name", "ada")]),
    row("group members", "staff").shows(&[("/0/kind", "user")]),
    row("user groups", "ada").shows(&[("#", "1"), ("/0/name", "staff")]),
    row("password-policy create", "--name careful --precedence 5 --groups staff")
        .shows(&[("/name", "careful")]),
    row("password-policy list", "").shows(&[("#", "1"), ("/0/precedence", "5")]),
    row("password-policy update", "careful --password-minimum 20")
        .shows(&[("/password_minimum", "20")]),
    row("password-policy show", "careful").shows(&[("/password_minimum", "20")]),
    row("user password-policy", "ada")
        .shows(&[("/password_minimum", "20"), ("/source/name", "careful")]),
    row("password-policy delete", "careful").gone("password-policy show careful"),
    row("user delete", "ada").gone("user show ada"),
    row("deleted-user list", "").shows(&[("#", "1"), ("/0/login", "ada")]),
    row("deleted-user show", "ada").shows(&[("/display_name", "Ada")]),
    row("deleted-user restore", "ada").then("user show ada").shows(&[("/title", "Countess")]),
    row("user delete", "ada").gone("user show ada"),
    row("deleted-user purge", "ada").then("deleted-user list").shows(&[("#", "0")]),
    row("group delete", "staff").gone("group show staff"),
];

#[test]
fn words_about_people_do_what_they_say() {
    Walk::of(&Office::new()).goes(ROWS);
}
