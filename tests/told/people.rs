//! Users, groups and devices, what is demanded of them, and how they come in.

use serde_json::{Value, json};

use super::{Told, id};
use crate::harness::office::Office;
use crate::harness::receiver::comes;
use crate::harness::totp;

const PASSWORD: &str = "correct horse battery";

fn user(login: &str) -> Value {
    json!({"login": login, "display_name": login, "surname": login})
}

pub(super) fn users(told: &mut Told<'_>) {
    let mut fields = user("ada");
    fields["password"] = json!(PASSWORD);
    let ada = id(&told.does("POST", "users", &fields));
    let place = format!("users/{ada}");
    told.does("PATCH", &place, &json!({"title": "Countess"}));
    told.does("POST", &format!("{place}/suspend"), &Value::Null);
    told.does("POST", &format!("{place}/activate"), &Value::Null);
    let certificates = json!({"fingerprints": ["ab".repeat(32)]});
    told.does("PUT", &format!("{place}/certificates"), &certificates);
    let password = json!({"password": "another horse, and a staple"});
    told.does("PUT", &format!("{place}/password"), &password);
    told.does("POST", &format!("{place}/require-password-change"), &Value::Null);
    told.does("POST", &format!("{place}/lock"), &json!({"seconds": 60}));
    told.does("POST", &format!("{place}/unlock"), &Value::Null);
    let factor = format!("{place}/second-factor");
    let begun = told.does("POST", &factor, &Value::Null);
    let code = totp::code(begun["otpauth_uri"].as_str().unwrap());
    told.does("POST", &format!("{factor}/confirm"), &json!({"code": code}));
    told.does("DELETE", &factor, &Value::Null);
    certificates_of(told, &place);
    told.does("DELETE", &place, &Value::Null);
    let deleted = format!("deleted-users/{ada}");
    told.does("POST", &format!("{deleted}/restore"), &json!({}));
    told.does("DELETE", &place, &Value::Null);
    told.does("DELETE", &deleted, &Value::Null);
}

/// Certificates of the organization's own authority for somebody or something.
fn certificates_of(told: &mut Told<'_>, owner: &str) {
    let place = format!("{owner}/issued-certificates");
    let issued = told.does("POST", &place, &json!({}));
    let renewal = format!("{place}/{}/renew", id(&issued["certificate"]));
    let renewed = told.does("POST", &renewal, &json!({}));
    let revocation = format!("{place}/{}/revoke", id(&renewed["certificate"]));
    told.does("POST", &revocation, &json!({"reason": "superseded"}));
}

pub(super) fn invitations(told: &mut Told<'_>) {
    let mut fields = user("bob");
    fields["staged"] = json!(true);
    let invitation = format!("users/{}/invitation", id(&told.does("POST", "users", &fields)));
    told.does("POST", &invitation, &json!({}));
    told.does("DELETE", &invitation, &Value::Null);
    let invited = told.does("POST", &invitation, &json!({}));
    let nobody = told.office.demo.https(None);
    let acceptance = json!({"token": invited["token"], "password": PASSWORD});
    told.does_as(&nobody, "POST", "/v1/invitations", &acceptance);
}

pub(super) fn groups_and_devices(told: &mut Told<'_>) {
    let eve = id(&told.does("POST", "users", &user("eve")));
    let place = format!("groups/{}", id(&told.does("POST", "groups", &json!({"name": "staff"}))));
    told.does("PATCH", &place, &json!({"description": "Everybody"}));
    told.does("PATCH", &format!("{place}/members"), &json!({"add": {"users": [eve]}}));
    told.does("DELETE", &place, &Value::Null);

    let made = told.does("POST", "devices", &json!({"name": "laptop-7"}));
    let place = format!("devices/{}", id(&made));
    told.does("PATCH", &place, &json!({"model": "ThinkPad"}));
    certificates_of(told, &place);
    told.does("DELETE", &place, &Value::Null);

    let fields = json!({"name": "badge", "syntax": "text"});
    let made = told.does("POST", "custom-attributes", &fields);
    let place = format!("custom-attributes/{}", id(&made));
    told.does("PATCH", &place, &json!({"description": "What opens doors"}));
    told.does("DELETE", &place, &Value::Null);
}

pub(super) fn policies(told: &mut Told<'_>) {
    let fields = json!({"name": "administrators", "password_minimum": 16});
    let made = told.does("POST", "password-policies", &fields);
    let place = format!("password-policies/{}", id(&made));
    told.does("PATCH", &place, &json!({"password_minimum": 20}));
    told.does("DELETE", &place, &Value::Null);

    let made = told.does("POST", "security-policies", &json!({"name": "laptops"}));
    let place = format!("security-policies/{}", id(&made));
    let first = id(&told.office.read(&format!("{place}/versions"))["items"][0]);
    told.does("PATCH", &place, &json!({"settings": {"screen_lock": {"delay": 120}}}));
    told.does("POST", &format!("{place}/versions/{first}/restore"), &json!({}));
    told.does("DELETE", &place, &Value::Null);
}

pub(super) fn imports(told: &mut Told<'_>) {
    let office = told.office;
    let fields = json!({"name": "people.csv", "format": "csv", "dry_run": true});
    let place = format!("imports/{}", id(&told.does("POST", "imports", &fields)));
    let content = office.path(&format!("{place}/content"));
    let file = "login,display_name,surname\nzoe,Zoe,Z\n";
    let sent = office.demo.api_as_top().upload(&content, "text/csv", file);
    told.hears(("PUT", content.as_str()), &Value::Null, &sent);
    comes_to(office, &place, "checked");
    told.does("POST", &format!("{place}/apply"), &json!({}));
    comes_to(office, &place, "done");
    told.does("DELETE", &place, &Value::Null);
    let place = format!("imports/{}", id(&told.does("POST", "imports", &fields)));
    told.does("POST", &format!("{place}/cancel"), &Value::Null);
}

/// Waits for an import.
fn comes_to(office: &Office, import: &str, state: &str) {
    assert!(comes(|| office.read(import)["state"] == state), "{}", office.read(import));
}
