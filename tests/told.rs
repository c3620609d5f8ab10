//! There is no change without its event, and no event without its change (rule 10 of the roles), at
//! every route that changes something.
//!
//! The routes come from the OpenAPI document. So one that is added fails here until what it is for
//! is done below, and told.

mod access;
mod delivery;
mod oneself;
mod people;
mod places;
mod staff;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::harness::curl::Response;
use crate::harness::https::Https;
use crate::harness::office::Office;
use crate::refusals::{Route, routes};

/// Routes by which nothing changes that is kept: they explain, begin what another one completes, or
/// have others told something, which is an event of its own. The list may only lose lines.
const NO_CHANGE: [&str; 9] = [
    "POST /v1/event-destinations/{event_destination}/test",
    "POST /v1/me/authenticator",
    "POST /v1/me/passkeys/begin",
    "POST /v1/organizations/{organization}/event-destinations/{event_destination}/test",
    "POST /v1/organizations/{organization}/ldap/explain",
    "POST /v1/organizations/{organization}/radius-clients/{radius_client}/explain",
    "POST /v1/organizations/{organization}/sessions/{session}/change",
    "POST /v1/organizations/{organization}/sessions/{session}/disconnect",
    "POST /v1/sign-in/passkey/begin",
];

/// What nothing ever has been.
const NEVER: &str = "If-Match: \"18446744073709551615\"";

/// Members of what is sent and of what comes back that no event repeats.
const SECRETS: [&str; 11] = [
    "codes",
    "current_password",
    "enrolment_token",
    "otpauth_uri",
    "password",
    "password_hash",
    "pkcs12",
    "private_key",
    "recovery_code",
    "secret",
    "token",
];

/// What was done so far, and what was wrong with it.
struct Told<'o> {
    office: &'o Office,
    routes: Vec<Route>,
    /// Names of routes that can be asked for what is given to nobody, and whether by a revision.
    refusing: BTreeMap<String, bool>,
    /// Names of routes by which something was done.
    done: BTreeSet<String>,
    wrong: Vec<String>,
}

impl<'o> Told<'o> {
    fn new(office: &'o Office) -> Self {
        let (routes, refusing) = (routes(office), refusing(office));
        Self { office, routes, refusing, done: BTreeSet::new(), wrong: Vec::new() }
    }

    /// The one who may do everything does something; tells what came back.
    fn does(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let office = self.office;
        self.does_as(&office.top, method, path, body)
    }

    /// Somebody does something; tells what came back.
    fn does_as(&mut self, who: &Https, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.asks(who, method, path, body);
        self.hears((method, path), body, &answer)
    }

    /// Somebody asks for what is given to nobody, of which nothing may be told, and then for what a
    /// route is for. Where a revision is asked for it is a wrong one alone, so that all else is done
    /// and taken back; elsewhere it is what no route takes.
    fn asks(&mut self, who: &Https, method: &str, path: &str, body: &Value) -> Response {
        let path = self.whole(path);
        let name = self.route(method, &path);
        let body = Some(body).filter(|body| !body.is_null());
        if let Some(is_conditional) = self.refusing.get(&name).copied() {
            let (failed, expected) = if is_conditional {
                (who.send_with(method, &path, &[NEVER], body), 412..413)
            } else {
                (who.send(method, &path, Some(&json!({"nonsense": true}))), 400..500)
            };
            let events = self.events_of(&failed);
            if !expected.contains(&failed.status) || !events.is_empty() {
                self.wrong.push(format!("{name} does not fail untold: {failed:?} {events:?}"));
            }
        }
        who.send(method, &path, body)
    }

    /// Looks at what was told of what was asked for, and of what was made or changed by its id; tells
    /// what came back.
    fn hears(&mut self, (method, path): (&str, &str), body: &Value, answer: &Response) -> Value {
        let name = self.route(method, &self.whole(path));
        if !(200..300).contains(&answer.status) {
            self.wrong.push(format!("{name} is not done: {answer:?}"));
            return Value::Null;
        }
        let shown: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let events = self.events_of(answer);
        let id = shown["id"].as_str().filter(|_| method == "POST");
        let is_of_it = |event: &Value| id.is_none_or(|id| event["subject"]["id"] == id);
        if !events.iter().any(|event| is_whole(event, method) && is_of_it(event)) {
            self.wrong.push(format!("{name} is done and not told: {events:?}"));
        }
        let said = Value::from(events).to_string();
        let mut secrets = secrets(body).into_iter().chain(secrets(&shown));
        if secrets.any(|secret| said.contains(&secret)) {
            self.wrong.push(format!("{name} tells a secret: {said}"));
        }
        self.done.insert(name);
        shown
    }

    /// A path in the organization, or one that is whole already.
    fn whole(&self, path: &str) -> String {
        if path.starts_with("/v1/") { path.to_owned() } else { self.office.path(path) }
    }

    /// The name of the route that a path is of.
    fn route(&self, method: &str, path: &str) -> String {
        let parts: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
        let fits = |route: &&Route| {
            let template: Vec<&str> = route.path.split('/').collect();
            let mut pairs = parts.iter().zip(&template);
            route.method == method
                && parts.len() == template.len()
                && pairs.all(|(part, name)| part == name || name.starts_with('{'))
        };
        // Of two that fit the one is meant that says more.
        let fitting = self.routes.iter().filter(fits);
        let meant = fitting.min_by_key(|route| route.path.matches('{').count());
        meant.unwrap_or_else(|| panic!("{method} {path} is no route")).name()
    }

    /// What was told of a request.
    fn events_of(&self, answer: &Response) -> Vec<Value> {
        let request = answer.header("x-request-id").unwrap_or_else(|| panic!("{answer:?}"));
        let found = |list: &str| {
            let page = self.office.top.get(&format!("{list}?request_id={request}")).json();
            page["items"].as_array().unwrap_or_else(|| panic!("{page}")).clone()
        };
        let mut events = found("/v1/events");
        events.extend(found("/v1/all-events"));
        events
    }
}

/// The names of routes that take a body or a revision, and whether they take a revision.
fn refusing(office: &Office) -> BTreeMap<String, bool> {
    let document = office.demo.https(None).get("/v1/openapi.json").json();
    let mut names = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let is_conditional = parameters.into_iter().any(|it| it["name"] == "If-Match");
            if is_conditional || operation["requestBody"].is_object() {
                names.insert(format!("{} {path}", method.to_uppercase()), is_conditional);
            }
        }
    }
    names
}

/// Whether an event says when something was done, by whom and from where, and how what was edited
/// differs.
fn is_whole(event: &Value, method: &str) -> bool {
    let is_known = event["actor"]["id"].is_string() && event["source"].is_string();
    let differs = event["differences"].as_array().is_some_and(|told| !told.is_empty());
    let is_done = event["success"] == true && event["at"].is_string();
    is_done && is_known && (differs || method != "PATCH")
}

/// Secrets among the members of what is sent or shown, as JSON writes them.
fn secrets(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    gather(value, false, &mut found);
    found
}

fn gather(value: &Value, is_secret: bool, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            gather(value, is_secret || SECRETS.contains(&name.as_str()), found);
        }),
        Value::Array(all) => all.iter().for_each(|value| gather(value, is_secret, found)),
        Value::String(text) if is_secret && !text.is_empty() => {
            found.push(Value::from(text.as_str()).to_string().trim_matches('"').to_owned());
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// The id of what was made, for a path: where none came back, nothing is found under it.
fn id(made: &Value) -> String {
    made["id"].as_str().unwrap_or("nothing").to_owned()
}

#[test]
fn whatever_changes_something_is_told_and_what_fails_is_not_at_every_route() {
    let Some(office) = Office::alone() else { return };
    let mut told = Told::new(&office);
    places::organizations(&mut told);
    places::settings(&mut told);
    places::billing(&mut told);
    access::authorities(&mut told);
    access::applications(&mut told);
    access::gear(&mut told);
    people::users(&mut told);
    people::invitations(&mut told);
    people::groups_and_devices(&mut told);
    people::policies(&mut told);
    people::imports(&mut told);
    staff::admins(&mut told);
    oneself::sign_in(&mut told);
    oneself::account(&mut told);
    oneself::passkeys(&mut told);
    delivery::destinations(&mut told);
    assert!(told.wrong.is_empty(), "{}", told.wrong.join("\n"));
    let changing = told.routes.iter().filter(|route| route.method != "GET").map(Route::name);
    let undone: BTreeSet<String> = changing.filter(|name| !told.done.contains(name)).collect();
    assert_eq!(undone, NO_CHANGE.map(str::to_owned).into(), "nobody looks what these tell");
}

#[test]
fn secrets_are_found_in_lists_and_members_of_members() {
    let shown = json!({
        "codes": ["one", "two"], "made": [{"token": "three", "name": "none"}], "password": "",
        "secret": {"first": "fo\"ur"}, "pkcs12": null, "token": 5,
    });
    let mut found = secrets(&shown);
    found.sort();
    assert_eq!(found, ["fo\\\"ur", "one", "three", "two"]);
}
