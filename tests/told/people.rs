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
    let office = told.office;
    let mut fields = user("ada");
    fields["password"] = json!(PASSWORD);
    let ada = id(&told.does("POST", "users", &fields));
    let place = format!("users/{ada}");
    told.does("PATCH", &place, &json!({"title": "Countess"}));
    told.shows("users", &json!({"items": [{"id": ada, "title": "Countess"}]}));
    let search = json!({"user": "ada", "base": office.base, "filter": "(uid=ada)"});
    let found = json!({"search": {"entries": 1}});
    told.answers(&office.top, ("POST", "ldap/explain"), &search, &found);
    told.shows(&format!("{place}/password-policy"), &json!({"password_minimum": 13}));
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
    told.does("POST", &format!("{factor}/invitation"), &json!({}));
    let begun = told.does("POST", &factor, &Value::Null);
    let code = totp::code(begun["otpauth_uri"].as_str().unwrap());
    told.does("POST", &format!("{factor}/confirm"), &json!({"code": code}));
    told.shows(&factor, &json!({"enrolled": true}));
    told.does("DELETE", &factor, &Value::Null);
    certificates_of(told, &place);
    told.does("DELETE", &place, &Value::Null);
    let deleted = format!("deleted-users/{ada}");
    told.shows("deleted-users", &json!({"items": [{"id": ada, "login": "ada"}]}));
    told.shows(&deleted, &json!({"login": "ada"}));
    told.does("POST", &format!("{deleted}/restore"), &json!({}));
    told.does("DELETE", &place, &Value::Null);
    told.does("DELETE", &deleted, &Value::Null);
    let login = format!("zoe-{}", office.slug);
    let zoe = id(&told.does("POST", "users", &user(&login)));
    let found = json!({"items": [{"id": zoe, "organization": office.id}]});
    told.shows(&format!("/v1/all-users?text={login}"), &found);
}

/// Certificates of the organization's own authority for somebody or something.
fn certificates_of(told: &mut Told<'_>, owner: &str) {
    let place = format!("{owner}/issued-certificates");
    let issued = told.does("POST", &place, &json!({}));
    let active = json!({"id": issued["certificate"]["id"], "state": "active"});
    told.shows(&place, &json!({"items": [active]}));
    let renewal = format!("{place}/{}/renew", id(&issued["certificate"]));
    let renewed = told.does("POST", &renewal, &json!({}));
    let renewed = id(&renewed["certificate"]);
    let revocation = format!("{place}/{renewed}/revoke");
    told.does("POST", &revocation, &json!({"reason": "superseded"}));
    let revoked = json!({"id": renewed, "revoked": {"reason": "superseded"}});
    told.shows(&format!("issued-certificates/{renewed}"), &revoked);
    told.shows("issued-certificates", &json!({"items": [revoked]}));
}

pub(super) fn invitations(told: &mut Told<'_>) {
    let mut fields = user("bob");
    fields["staged"] = json!(true);
    let invitation = format!("users/{}/invitation", id(&told.does("POST", "users", &fields)));
    told.does("POST", &invitation, &json!({}));
    told.shows(&invitation, &json!({"invited": true}));
    told.does("DELETE", &invitation, &Value::Null);
    let invited = told.does("POST", &invitation, &json!({"second_factor": true}));
    let nobody = told.office.demo.https(None);
    let acceptance = json!({"token": invited["token"], "password": PASSWORD});
    let begun = told.does_as(&nobody, "POST", "/v1/invitations", &acceptance);
    let code = totp::code(begun["otpauth_uri"].as_str().unwrap());
    let confirmation = json!({"token": invited["token"], "code": code});
    told.does_as(&nobody, "POST", "/v1/invitations/second-factor", &confirmation);
}

pub(super) fn groups_and_devices(told: &mut Told<'_>) {
    let eve = id(&told.does("POST", "users", &user("eve")));
    let place = format!("groups/{}", id(&told.does("POST", "groups", &json!({"name": "staff"}))));
    told.does("PATCH", &place, &json!({"description": "Everybody"}));
    told.does("PATCH", &format!("{place}/members"), &json!({"add": {"users": [eve]}}));
    told.shows("groups", &json!({"items": [{"name": "staff", "description": "Everybody"}]}));
    let member = json!({"id": eve, "kind": "user"});
    told.shows(&format!("{place}/members"), &json!({"items": [member]}));
    told.shows(&format!("users/{eve}/groups"), &json!({"items": [{"name": "staff"}]}));
    told.does("DELETE", &place, &Value::Null);

    let made = told.does("POST", "devices", &json!({"name": "laptop-7"}));
    let place = format!("devices/{}", id(&made));
    told.does("PATCH", &place, &json!({"model": "ThinkPad"}));
    told.shows("devices", &json!({"items": [{"name": "laptop-7", "model": "ThinkPad"}]}));
    certificates_of(told, &place);
    told.does("DELETE", &place, &Value::Null);

    let fields = json!({"name": "badge", "syntax": "text"});
    let made = told.does("POST", "custom-attributes", &fields);
    let place = format!("custom-attributes/{}", id(&made));
    told.does("PATCH", &place, &json!({"description": "What opens doors"}));
    told.shows("custom-attributes", &json!({"items": [{"name": "badge", "syntax": "text"}]}));
    told.does("DELETE", &place, &Value::Null);
}

pub(super) fn policies(told: &mut Told<'_>) {
    let fields = json!({"name": "administrators", "password_minimum": 16});
    let made = told.does("POST", "password-policies", &fields);
    let place = format!("password-policies/{}", id(&made));
    told.does("PATCH", &place, &json!({"password_minimum": 20}));
    told.shows("password-policies", &json!({"items": [{"password_minimum": 20}]}));
    told.does("DELETE", &place, &Value::Null);

    let made = told.does("POST", "security-policies", &json!({"name": "laptops"}));
    let place = format!("security-policies/{}", id(&made));
    let first = id(&told.office.read(&format!("{place}/versions"))["items"][0]);
    let settings = json!({"settings": {"screen_lock": {"delay": 120}}});
    told.does("PATCH", &place, &settings);
    told.shows("security-policies", &json!({"items": [settings]}));
    let version = json!({"id": first, "number": 1});
    told.shows(&format!("{place}/versions/{first}"), &version);
    told.shows(&format!("{place}/versions"), &json!({"items": [version, {"number": 2}]}));
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
    told.shows("imports", &json!({"items": [{"name": "people.csv", "state": "checked"}]}));
    told.shows(&place, &json!({"planned": {"create": 1}}));
    let row = json!({"name": "zoe", "outcome": "create"});
    told.shows(&format!("{place}/rows"), &json!({"items": [row]}));
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
