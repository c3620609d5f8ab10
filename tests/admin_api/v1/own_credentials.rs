//! `/v1/me/password`, `/v1/me/authenticator`.

use serde_json::{Value, json};

use crate::harness::admin::{Admin, PASSWORD};
use crate::harness::curl::Response;
use crate::harness::office::Office;
use crate::harness::tenantry::Tenantry;
use crate::harness::totp;

const NEXT: &str = "another horse, and a staple";

/// Signs in with curl, with the code of a step beside this one.
fn signs_in(office: &Office, admin: &Admin, password: &str, code: &str) -> Response {
    let credentials = json!({"organization": office.slug, "login": admin.login,
        "password": password, "code": code});
    office.demo.api_as_nobody().post("/v1/sign-in", &credentials)
}

fn change(admin: &Admin, current: &str, next: &str) -> Response {
    let body = json!({"current_password": current, "password": next});
    admin.session.send("PUT", "/v1/me/password", Some(&body))
}

/// The newest event of that kind and outcome.
fn told(office: &Office, action: &str, success: bool) -> Value {
    let newest = |_| {
        office
            .events()
            .into_iter()
            .find(|event| event["action"] == action && event["success"] == success)
    };
    (0..10_000).find_map(newest).unwrap_or_else(|| panic!("no {action} came"))
}

#[test]
fn an_admin_changes_the_own_password_with_the_one_in_use_and_other_sessions_end() {
    let office = Office::new();
    let admin = office.admin("read_only");
    let code = totp::code_beside(&admin.otpauth_uri, 1);
    let other = signs_in(&office, &admin, PASSWORD, &code);
    assert_eq!(other.status, 200, "{other:?}");
    let other = office.demo.api(other.json()["token"].as_str().unwrap());
    let wrong = change(&admin, "not the password", NEXT);
    assert_eq!((wrong.status, &wrong.json()["pointer"]), (422, &json!("/current_password")));
    for next in ["short", PASSWORD, "{SSHA}0123456789abcdef"] {
        let refused = change(&admin, PASSWORD, next);
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/password")));
    }
    assert_eq!(other.get("/v1/me").status, 200);
    let changed = change(&admin, PASSWORD, NEXT);
    assert_eq!((changed.status, changed.json()), (200, json!({"ended_sessions": 1})));
    assert_eq!(other.get("/v1/me").status, 401);
    assert_eq!(admin.session.get("/v1/me").status, 200);
    let event = told(&office, "password_changed", true);
    assert_eq!(event["actor"]["name"], json!(admin.login));
    assert_eq!(event["differences"][0]["field"], "password");
    let event = told(&office, "password_changed", false);
    assert_eq!(event["reason"], "the password in use was given wrongly");
    assert_eq!(signs_in(&office, &admin, PASSWORD, "000000").status, 401);
    // Without a code: the right password is what asks for one.
    let credentials = json!({"organization": office.slug, "login": admin.login, "password": NEXT});
    let asked = office.demo.api_as_nobody().post("/v1/sign-in", &credentials);
    assert_eq!(asked.json()["type"], "/problems/code-needed", "{asked:?}");
}

#[test]
fn an_admin_moves_to_another_authenticator_with_a_code_of_the_one_in_use() {
    let office = Office::new();
    let admin = office.admin("help_desk");
    let begin = |body: Value| admin.session.send("POST", "/v1/me/authenticator", Some(&body));
    let confirm = |code: &str| {
        let body = json!({"code": code});
        admin.session.send("POST", "/v1/me/authenticator/confirm", Some(&body))
    };
    let without = begin(json!({}));
    assert_eq!((without.status, &without.json()["pointer"]), (422, &json!("/code")));
    let wrong = begin(json!({"code": "abcdef"}));
    assert_eq!((wrong.status, &wrong.json()["pointer"]), (422, &json!("/code")));
    assert_eq!(confirm("123456").status, 409, "nothing was begun");
    // The code of the enrolment is used up.
    let begun = begin(json!({"code": totp::code_beside(&admin.otpauth_uri, 1)}));
    assert_eq!(begun.status, 201, "{begun:?}");
    let begun = begun.json();
    let uri = begun["otpauth_uri"].as_str().unwrap();
    assert!(uri.contains(begun["secret"].as_str().unwrap()), "{begun}");
    assert_eq!(confirm("abcdef").status, 422);
    // A step may end on the way.
    let confirmed = (0..3).map(|_| confirm(&totp::code(uri))).find(|done| done.status == 200);
    assert_eq!(confirmed.unwrap().json(), json!({"ended_sessions": 0}));
    let old = totp::code_beside(&admin.otpauth_uri, 1);
    assert_eq!(signs_in(&office, &admin, PASSWORD, &old).status, 401);
    let new = signs_in(&office, &admin, PASSWORD, &totp::code_beside(uri, 1));
    assert_eq!(new.status, 200, "{new:?}");
    let event = told(&office, "mfa_enrolled", true);
    assert_eq!(event["actor"]["name"], json!(admin.login));
    let said = Value::from(office.events()).to_string();
    assert!(!said.contains(begun["secret"].as_str().unwrap()));
}

#[test]
fn an_api_key_changes_no_credential() {
    let office = Office::new();
    let key = office.demo.api(office.top.token());
    let password = json!({"current_password": PASSWORD, "password": NEXT});
    let code = json!({"code": "123456"});
    for (method, path, body) in [
        ("PUT", "/v1/me/password", &password),
        ("POST", "/v1/me/authenticator", &code),
        ("POST", "/v1/me/authenticator/confirm", &code),
        ("POST", "/v1/me/recovery-codes", &code),
    ] {
        let body = (!path.ends_with("codes")).then_some(body);
        let refused = key.send(method, path, body);
        assert_eq!(refused.status, 409, "{method} {path}: {refused:?}");
        assert_eq!(refused.json()["type"], "/problems/rule");
    }
}

#[test]
fn an_api_key_replaces_nothing_that_lets_an_admin_in() {
    let office = Office::new();
    let key = office.demo.api(office.top.token());
    let own = format!("/v1/admins/{}", key.get("/v1/me").json()["id"].as_str().unwrap());
    let other = office.provider_admin("manager", &json!("all"));
    let password = json!({"password": NEXT});
    for (place, why) in [(&own, "/v1/me/"), (&other.place, "sign in again first")] {
        let ways = [("PUT", "password", Some(&password)), ("POST", "reset-mfa", None)];
        for (method, rest, body) in ways {
            let refused = key.send(method, &format!("{place}/{rest}"), body);
            assert_eq!(refused.status, 409, "{rest} of {place}: {refused:?}");
            let detail = refused.json()["detail"].to_string();
            assert!(detail.contains(why), "{rest} of {place}: {detail}");
        }
    }
    assert_eq!((key.get("/v1/me").status, other.session.get("/v1/me").status), (200, 200));
}

#[test]
fn nobody_replaces_the_own_credentials_by_the_way_of_other_admins_in_a_session_either() {
    let office = Office::new();
    let chief = office.provider_admin("administrator_with_billing", &json!("all"));
    let path = |rest: &str| format!("{}/{rest}", chief.place);
    let password = json!({"password": NEXT});
    let set = chief.session.send("PUT", &path("password"), Some(&password));
    assert_eq!((set.status, &set.json()["type"]), (409, &json!("/problems/rule")), "{set:?}");
    assert!(set.body.contains("/v1/me/password"), "{set:?}");
    let reset = chief.session.send("POST", &path("reset-mfa"), None);
    assert!(reset.status == 409 && reset.body.contains("/v1/me/authenticator"), "{reset:?}");
    assert_eq!(chief.session.get("/v1/me").status, 200);
}

#[test]
fn the_command_line_changes_the_own_password_and_authenticator() {
    let office = Office::new();
    let admin = office.admin("manager");
    let folder = tempfile::tempdir().unwrap();
    let tenantry = Tenantry::with_contexts(&office.demo, &folder.path().join("contexts.toml"));
    let login =
        format!("login {} --as {} --org {}", office.demo.admin_api.url, admin.login, office.slug);
    let code = totp::code_beside(&admin.otpauth_uri, 1);
    let signed_in = tenantry.hear(&login, &format!("{PASSWORD}\n{code}\n"));
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    let wrong = tenantry.hear("account set-password", &format!("no password\n{NEXT}\n"));
    assert_eq!(wrong.code, 7, "{wrong:?}");
    let changed = tenantry.hear("account set-password -o json", &format!("{PASSWORD}\n{NEXT}\n"));
    assert_eq!(changed.code, 0, "{changed:?}");
    let changed: Value = serde_json::from_str(&changed.stdout).unwrap();
    assert_eq!(changed, json!({"ended_sessions": 1}), "the one that made the admin");
    let codes = tenantry.shows("account recovery-codes");
    let recovery = codes["codes"][0].as_str().unwrap();
    // Without a code it takes a session that was begun with a passkey.
    let without = tenantry.hear("account begin-authenticator", "\n");
    assert_ne!(without.code, 0, "{without:?}");
    assert!(without.stderr.contains("sign in with a passkey first"), "{without:?}");
    let line = "account begin-authenticator --recovery-code -o json";
    let begun = tenantry.hear(line, &format!("{recovery}\n"));
    assert_eq!(begun.code, 0, "{begun:?}");
    let begun: Value = serde_json::from_str(&begun.stdout).unwrap();
    let uri = begun["otpauth_uri"].as_str().unwrap();
    let confirm =
        |_| tenantry.run(&format!("account confirm-authenticator --code {}", totp::code(uri))).code;
    // A step may end on the way.
    assert!((0..3).map(confirm).any(|code| code == 0));
    let new = signs_in(&office, &admin, NEXT, &totp::code_beside(uri, 1));
    assert_eq!(new.status, 200, "{new:?}");
}
