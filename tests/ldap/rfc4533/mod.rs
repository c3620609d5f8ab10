//! RFC 4533: clients keep copies of an organization.

mod consumer;
mod devices;
mod persist;
mod refresh;
mod reload;
mod replica;

use serde_json::json;

use crate::harness::office::{Office, id_of};

/// The password of everybody.
const PASSWORD: &str = "correct horse battery";
const EVERYTHING: &str = "(objectClass=*)";
const PEOPLE: &str = "(objectClass=inetOrgPerson)";

/// An application of an office that sees this.
fn application(office: &Office, name: &str, visibility: &serde_json::Value) -> (String, String) {
    let made = office.make("service-accounts", &json!({"name": name, "visibility": visibility}));
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("dn"), text("password"))
}

/// An application that sees everything.
fn reader(office: &Office) -> (String, String) {
    application(office, "reader", &json!("everything"))
}

/// Gives a user another title.
fn entitle(office: &Office, user: &str, title: &str) {
    office.act("PATCH", &format!("users/{user}"), Some(&json!({"title": title})));
}

/// Gives a user another login.
fn rename(office: &Office, user: &str, login: &str) {
    office.act("PATCH", &format!("users/{user}"), Some(&json!({"login": login})));
}

/// Puts a user into a group or takes them out.
fn change_members(office: &Office, group: &str, how: &str, user: &str) {
    let change = json!({how: {"users": [user], "groups": []}});
    office.act("PATCH", &format!("groups/{group}/members"), Some(&change));
}

/// Makes a user without a password.
fn hire(office: &Office, login: &str) -> String {
    let fields = json!({"login": login, "display_name": login, "surname": login});
    id_of(&office.make("users", &fields))
}

fn dismiss(office: &Office, user: &str) {
    office.act("DELETE", &format!("users/{user}"), None);
}
