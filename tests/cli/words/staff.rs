//! Admins, and what everybody does with the own account.

use std::path::Path;

use serde_json::json;

use super::{Row, Walk, row};
use crate::harness::browser::{Browser, OUT, REGISTER, SIGN_IN, USE};
use crate::harness::calendar::in_days;
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;

/// The same for the provider's admins and for an organization's own; `other` has a session and a key.
pub(super) const ADMINS: &[Row] = &[
    row("admin create", "{at} --login {login} --display-name Boss --role manager").shows(&[
        ("/role", "manager"),
        ("/state", "active"),
        ("/api_access", "false"),
        ("/invitation/token", "*"),
    ]),
    row("admin invite", "{at} {login} --seconds 3600").shows(&[("/token", "*")]),
    row("admin list", "{at} --name {login}").shows(&[("#", "1"), ("/0/login", "{login}")]),
    row("admin update", "{at} {login} --role help_desk --api-access=true")
        .shows(&[("/role", "help_desk"), ("/api_access", "true")]),
    row("admin show", "{at} {login}").shows(&[
        ("/role", "help_desk"),
        ("/second_factor_enrolled", "false"),
        ("/passkeys", "0"),
        ("/recovery_codes_left", "0"),
    ]),
    row("admin suspend", "{at} {login}")
        .then("admin show {at} {login}")
        .shows(&[("/state", "suspended")]),
    row("admin activate", "{at} {login}")
        .then("admin show {at} {login}")
        .shows(&[("/state", "active")]),
    row("admin set-password", "{at} {login}")
        .hears("{password} and more\n")
        .then("events {at} --subject {login} --action password_set")
        .shows(&[("/0/subject/name", "{login}")]),
    row("admin reset-mfa", "{at} {login}")
        .then("events {at} --subject {login} --action mfa_reset")
        .shows(&[("/0/subject/name", "{login}")]),
    row("admin api-keys", "{at} {other}").shows(&[("#", "1"), ("/0/name", "ci")]),
    row("admin end-api-keys", "{at} {other}")
        .then("admin api-keys {at} {other}")
        .shows(&[("#", "0")]),
    row("admin sessions", "{at} {other}").shows(&[("#", "1")]),
    row("admin end-sessions", "{at} {other}")
        .then("admin sessions {at} {other}")
        .shows(&[("#", "0")]),
    row("can-i", "view").shows(&[("/answers/0/allowed", "true")]),
    row("admin delete", "{at} {login}").gone("admin show {at} {login}"),
];

/// Of somebody with another session.
pub(super) const OWN: &[Row] = &[
    row("account show", "").shows(&[("/login", "{login}"), ("/role", "administrator")]),
    row("account sessions", "").shows(&[("#", "2")]),
    row("account recovery-codes", "")
        .keeps(&[("code", "/codes/0")])
        .then("account show")
        .shows(&[("/recovery_codes_left", "10")]),
    row("api-key create", "--name ci --expires {later} --role read_only").shows(&[("/token", "*")]),
    row("api-key list", "").shows(&[("#", "1"), ("/0/name", "ci"), ("/0/role", "read_only")]),
    row("api-key delete", "ci").then("api-key list").shows(&[("#", "0")]),
    row("account set-password", "")
        .hears("{password}\n{password} and more\n")
        .shows(&[("/ended_sessions", "1")]),
    row("account begin-authenticator", "--recovery-code")
        .hears("{code}\n")
        .keeps(&[("otpauth", "/otpauth_uri")])
        .shows(&[("/secret", "*")]),
    row("account confirm-authenticator", "").hears("{totp}\n").shows(&[("/ended_sessions", "0")]),
    row("account end-sessions", "").fails("account show", 3),
];

/// Of somebody with one passkey, of which there is a copy.
pub(super) const PASSKEYS: &[Row] = &[
    row("passkey list", "").shows(&[("#", "1"), ("/0/name", "laptop")]),
    row("passkey rename", "laptop --name watch").shows(&[("/name", "watch")]),
    row("passkey show", "watch").shows(&[("/name", "watch"), ("/suspended", "true")]),
    row("passkey activate", "watch").then("passkey show watch").shows(&[("/suspended", "false")]),
    row("passkey delete", "watch").then("passkey list").shows(&[("#", "0")]),
];

#[test]
fn words_about_admins_do_what_they_say() {
    let office = Office::new();
    let login = format!("boss-{}", office.slug);
    let own = format!("--org={}", office.slug);
    let others = [office.provider_admin("manager", &json!("all")), office.admin("manager")];
    for (at, other) in ["--provider", own.as_str()].into_iter().zip(others) {
        let access = json!({"api_access": true});
        assert_eq!(office.top.send("PATCH", &other.place, Some(&access)).status, 200);
        let key = json!({"name": "ci", "expires": in_days(90)});
        let made = other.session.send("POST", "/v1/me/api-keys", Some(&key));
        assert_eq!(made.status, 201, "{made:?}");
        let chief = Tenantry::with_key(&office.demo, office.chief().token()).within(&office.slug);
        let walk = Walk::by(chief, &office).knows("at", at).knows("other", &other.login);
        walk.knows("login", &login).goes(ADMINS);
    }
}

#[test]
fn words_about_the_own_account_do_what_they_say() {
    let office = Office::new();
    let admin = office.admin("administrator");
    let access = json!({"api_access": true});
    assert_eq!(office.top.send("PATCH", &admin.place, Some(&access)).status, 200);
    let mut credentials = admin.credentials(&office);
    credentials.as_object_mut().unwrap().remove("cookie");
    let another = office.demo.https(None).send("POST", "/v1/sign-in", Some(&credentials));
    assert_eq!(another.status, 200, "{another:?}");
    let own = Tenantry::with_key(&office.demo, admin.session.token()).within(&office.slug);
    let walk = Walk::by(own, &office).knows("login", &admin.login);
    walk.knows("later", &in_days(90)).goes(OWN);
}

#[test]
fn words_about_passkeys_do_what_they_say() {
    let office = Office::new();
    let admin = office.admin("manager");
    let browser = Browser::new(&[Path::new(&office.demo.ca_file)]);
    let authenticator = browser.authenticator();
    let here = office.demo.admin_api.url.replace("127.0.0.1", "localhost");
    browser.open(&format!("{here}/v1/docs"));
    let signed_in = browser.run(SIGN_IN, &json!([admin.credentials(&office)]));
    assert_eq!(signed_in["status"], 200, "{signed_in}");
    let registered = browser.run(REGISTER, &json!(["laptop"]));
    assert_eq!(registered["status"], 201, "{registered}");
    // A copy that stands where it stood before suspends the passkey.
    let copy = browser.credentials(&authenticator).remove(0);
    browser.run(OUT, &json!([]));
    assert_eq!(browser.run(USE, &json!([{}]))["status"], 200);
    browser.run(OUT, &json!([]));
    browser.remove(authenticator);
    let other = browser.authenticator();
    browser.put_credential(&other, &copy);
    assert_eq!(browser.run(USE, &json!([{}]))["status"], 401);
    let own = Tenantry::with_key(&office.demo, admin.session.token()).within(&office.slug);
    Walk::by(own, &office).goes(PASSKEYS);
}
