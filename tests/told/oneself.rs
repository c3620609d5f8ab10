//! Signing in, and what an admin does about the own account.

use std::path::Path;

use serde_json::{Value, json};

use super::{Told, id};
use crate::harness::admin::PASSWORD;
use crate::harness::browser::{ANSWER, Browser, MAKE};
use crate::harness::calendar::in_days;
use crate::harness::totp;

pub(super) fn sign_in(told: &mut Told<'_>) {
    let office = told.office;
    let nobody = office.demo.https(None);
    let (_, login) = office.add_admin(&office.path("admins"), &json!({"role": "read_only"}));
    let mut credentials =
        json!({"organization": office.slug, "login": login, "password": PASSWORD});
    let asked = nobody.send("POST", "/v1/sign-in", Some(&credentials)).json();
    let uri = asked["otpauth_uri"].as_str().unwrap();
    let first = json!({"enrolment_token": asked["enrolment_token"], "code": totp::code(uri)});
    told.does_as(&nobody, "POST", "/v1/sign-in/enrolment", &first);
    // The code of the enrolment is used up.
    credentials["code"] = json!(totp::code_beside(uri, 1));
    let begun = told.does_as(&nobody, "POST", "/v1/sign-in", &credentials);
    let session = office.top.with_token(begun["token"].as_str().unwrap_or_default());
    told.does_as(&session, "POST", "/v1/sign-out", &Value::Null);
}

pub(super) fn account(told: &mut Told<'_>) {
    let office = told.office;
    let admin = office.admin("manager");
    let session = &admin.session;
    told.shows_to(session, "/v1/me", &json!({"login": admin.login, "role": "manager"}));
    told.shows_to(session, "/v1/me/sessions", &json!({"items": [{"this": true}]}));
    let may = json!({"answers": [{"operation": "show_me", "allowed": true}]});
    told.shows_to(session, "/v1/me/can-i?operation=show_me", &may);
    let next = json!({"current_password": PASSWORD, "password": "another horse, and a staple"});
    told.does_as(session, "PUT", "/v1/me/password", &next);
    let codes = told.does_as(session, "POST", "/v1/me/recovery-codes", &Value::Null);
    let proof = json!({"recovery_code": codes["codes"][0]});
    let scanned = json!("otpauth://totp/");
    let begun = told.answers(session, ("POST", "/v1/me/authenticator"), &proof, &scanned);
    let code = totp::code(begun["otpauth_uri"].as_str().unwrap());
    told.does_as(session, "POST", "/v1/me/authenticator/confirm", &json!({"code": code}));
    told.does("PATCH", &admin.place, &json!({"api_access": true}));
    let key = json!({"name": "key", "expires": in_days(90)});
    let key = id(&told.does_as(session, "POST", "/v1/me/api-keys", &key));
    told.shows_to(session, "/v1/me/api-keys", &json!({"items": [{"id": key, "name": "key"}]}));
    told.does_as(session, "DELETE", &format!("/v1/me/api-keys/{key}"), &Value::Null);
    told.does_as(session, "DELETE", "/v1/me/sessions", &Value::Null);
}

pub(super) fn passkeys(told: &mut Told<'_>) {
    let office = told.office;
    let admin = office.admin("manager");
    let browser = Browser::new(&[Path::new(&office.demo.ca_file)]);
    let authenticator = browser.authenticator();
    // Passkeys are for names.
    let here = office.demo.admin_api.url.replace("127.0.0.1", "localhost");
    browser.open(&format!("{here}/v1/docs"));
    let wanted = json!({"options": {"attestation": "none"}});
    let begin = ("POST", "/v1/me/passkeys/begin");
    let begun = told.answers(&admin.session, begin, &Value::Null, &wanted);
    let credential = browser.run(MAKE, &json!([begun["options"]]));
    let made = json!({"name": "laptop", "credential": credential});
    let made = told.does_as(&admin.session, "POST", "/v1/me/passkeys", &made);
    let place = format!("/v1/me/passkeys/{}", id(&made));
    let laptop = json!({"id": made["id"], "name": "laptop", "suspended": false});
    told.shows_to(&admin.session, "/v1/me/passkeys", &json!({"items": [laptop]}));
    told.does_as(&admin.session, "PATCH", &place, &json!({"name": "watch"}));

    let nobody = office.demo.https(None);
    let copy = browser.credentials(&authenticator).remove(0);
    let proof = used(told, &browser);
    told.does_as(&nobody, "POST", "/v1/sign-in/passkey", &proof);
    // A copy, which stands where it stood before: the passkey counts no more.
    browser.remove(authenticator);
    let other = browser.authenticator();
    browser.put_credential(&other, &copy);
    let copied = used(told, &browser);
    let refused = nobody.send("POST", "/v1/sign-in/passkey", Some(&copied));
    assert_eq!(refused.status, 401, "{refused:?}");
    told.does_as(&admin.session, "POST", &format!("{place}/activate"), &Value::Null);
    told.does_as(&admin.session, "DELETE", &place, &Value::Null);
}

/// What a sign-in with the browser's passkey is asked for with.
fn used(told: &mut Told<'_>, browser: &Browser) -> Value {
    let nobody = told.office.demo.https(None);
    let wanted = json!({"options": {"userVerification": "required"}});
    let begin = ("POST", "/v1/sign-in/passkey/begin");
    let begun = told.answers(&nobody, begin, &json!({}), &wanted);
    json!({"credential": browser.run(ANSWER, &json!([begun["options"]]))})
}
