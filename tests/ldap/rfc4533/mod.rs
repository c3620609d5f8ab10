//! RFC 4533: clients keep copies of an organization.

mod consumer;
mod devices;
mod meanwhile;
mod persist;
mod refresh;
mod reload;
mod replica;

use serde_json::json;

use crate::harness::ber::{boolean, constructed, element, number, octets, sequence};
use crate::harness::office::{Office, id_of};
use crate::harness::raw::{self, Message};

/// The control of who keeps a copy.
const SYNC: &str = "1.3.6.1.4.1.4203.1.9.1.1";
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

/// A search for everything by who keeps a copy, in a mode as the control has it: 1 polls, 3 stays.
fn copying(id: i64, base: &str, mode: i64, cookie: &[u8]) -> Vec<u8> {
    let value = sequence([number(0x0a, mode), octets(cookie)]);
    let control = sequence([octets(SYNC), boolean(true), element(4, &value)]);
    let search = raw::search_for("*", base, 2, raw::present("objectClass"));
    sequence([number(2, id), search, constructed(0xa0, [control])])
}

/// Whether what is said between entries names one by its id.
fn names(said: &Message, id: &str) -> bool {
    let digits: String = id.chars().filter(|digit| *digit != '-').collect();
    let id = u128::from_str_radix(&digits, 16).unwrap().to_be_bytes();
    said.operation == 0x79 && said.content.windows(id.len()).any(|part| part == id)
}
