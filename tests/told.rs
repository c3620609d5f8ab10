//! Every operation does what it is for when curl asks, and what it answers has the shape that the OpenAPI
//! documents say: of admins and of devices.
//!
//! There is no change without its event, and no event without its change (rule 10 of the roles), at
//! every route that changes something.
//!
//! The routes come from the documents. So one that is added fails here until what it is for is done
//! below, and told, or until it shows there what was done.

mod about;
mod access;
mod answers;
mod delivery;
mod door;
mod oneself;
mod people;
mod places;
mod staff;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::{Value, json};

use crate::harness::curl::Response;
use crate::harness::https::Https;
use crate::harness::office::Office;
use crate::refusals::{Route, routes_of};

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

/// Routes that edit what is shown, of which events do not tell the members that are sent: they name who
/// came and went, or the fingerprint of what was sent. The list may only lose lines.
const OTHERWISE: [&str; 2] = [
    "PATCH /v1/organizations/{organization}/groups/{group}/members",
    "PUT /v1/organizations/{organization}/server-certificate",
];

/// Members that events call otherwise, and how.
const CALLED: [(&str, &str); 2] = [("most", "cap"), ("fingerprints", "certificates")];

/// What nothing ever has been.
const NEVER: &str = "If-Match: \"18446744073709551615\"";
/// Whatever something has been.
const ANY: &str = "If-Match: *";

/// Members of what is sent and of what comes back that no event repeats.
const SECRETS: [&str; 14] = [
    "codes",
    "current_password",
    "enrolment_token",
    "mac_password",
    "new_password",
    "otpauth_uri",
    "password",
    "password_hash",
    "pkcs12",
    "private_key",
    "qr_code",
    "recovery_code",
    "secret",
    "token",
];

/// What was done so far, and what was wrong with it.
struct Told<'o> {
    office: &'o Office,
    /// What is promised of answers, at both doors.
    document: Value,
    routes: Vec<Route>,
    /// Names of routes that can be asked for what is given to nobody, and whether by a revision.
    refusing: BTreeMap<String, bool>,
    /// Names of routes by which something was done.
    done: BTreeSet<String>,
    /// Names of those of which what was told was compared with what is shown before and after.
    compared: BTreeSet<String>,
    /// Names of routes that had in their answers what was wanted, and changed nothing.
    answered: BTreeSet<String>,
    wrong: Vec<String>,
}

/// What is edited: whose it is, the name of the route, and how it was shown before.
type Edited<'w> = (&'w Https, String, Value);

impl<'o> Told<'o> {
    fn new(office: &'o Office) -> Self {
        let document = answers::document(office);
        let (routes, refusing) = (routes_of(&document), refusing(&document));
        let [done, compared, answered] = [(); 3].map(|()| BTreeSet::new());
        let wrong = Vec::new();
        Self { office, document, routes, refusing, done, compared, answered, wrong }
    }

    /// The one who may do everything does something; tells what came back.
    fn does(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let office = self.office;
        self.does_as(&office.top, method, path, body)
    }

    /// Somebody does something; tells what came back.
    fn does_as(&mut self, who: &Https, method: &str, path: &str, body: &Value) -> Value {
        let name = self.route(method, &self.whole(path));
        let edited = self.is_compared(&name).then(|| (who, name, self.shown(who, path)));
        let answer = self.asks(who, method, path, body);
        let shown = self.hears((method, path), body, &answer);
        if let Some(edited) = edited {
            self.compares(edited, path, body, &answer);
        }
        shown
    }

    /// Whether a route edits what another one shows, by the members that are sent.
    fn is_compared(&self, name: &str) -> bool {
        let edited = name.strip_prefix("PATCH ").or_else(|| name.strip_prefix("PUT "));
        let is_shown = |route: &Route| route.method == "GET" && Some(&*route.path) == edited;
        self.routes.iter().any(is_shown) && !OTHERWISE.contains(&name)
    }

    fn shown(&mut self, who: &Https, path: &str) -> Value {
        let answer = self.curls(who, ("GET", path), &Value::Null);
        let name = self.route("GET", &self.whole(path));
        if self.is_done(&name, &answer) { answer.json() } else { Value::Null }
    }

    /// Looks whether each member that was sent and is shown otherwise than before is told as it was and
    /// as it is.
    fn compares(&mut self, edited: Edited<'_>, path: &str, body: &Value, answer: &Response) {
        let (who, name, before) = edited;
        let (after, events) = (self.shown(who, path), self.events_of(answer));
        let told = events.iter().filter_map(|event| event["differences"].as_array()).flatten();
        let told: Vec<&Value> = told.collect();
        for pointer in leaves(body) {
            let [was, is] = [&before, &after].map(|shown| at(shown, &pointer));
            if was == is {
                continue;
            }
            self.compared.insert(name.clone());
            self.answered.insert(name.replacen(method_of(&name), "GET", 1));
            if !told.iter().any(|told| tells(told, &pointer, [was, is])) {
                let wanted = format!("{pointer}, {was} and then {is}");
                self.wrong.push(format!("{name} does not tell {wanted}: {told:?}"));
            }
        }
    }

    /// Somebody asks for what is given to nobody, of which nothing may be told, and then for what a
    /// route is for. Where a revision is asked for it is a wrong one alone, so that all else is done
    /// and taken back, and a member alone that nobody knows; elsewhere it is what no route takes.
    fn asks(&mut self, who: &Https, method: &str, path: &str, body: &Value) -> Response {
        let path = self.whole(path);
        let name = self.route(method, &path);
        match self.refusing.get(&name).copied() {
            Some(true) => {
                let sent = Some(body).filter(|body| !body.is_null());
                let failed = who.send_with(method, &path, &[NEVER], sent);
                self.fails_untold(&name, &failed, 412..413);
                if self.takes_body(&name) {
                    let mut more = body.clone();
                    more["nonsense"] = json!(true);
                    let failed = who.send_with(method, &path, &[ANY], Some(&more));
                    self.fails_untold(&name, &failed, 422..423);
                    if !failed.body.contains("\"pointer\":\"/nonsense\"") {
                        self.wrong.push(format!("{name} does not say what it refuses: {failed:?}"));
                    }
                }
            }
            Some(false) => {
                let failed = who.send(method, &path, Some(&json!({"nonsense": true})));
                self.fails_untold(&name, &failed, 400..500);
            }
            None => {}
        }
        self.curls(who, (method, path.as_str()), body)
    }

    /// Looks whether something was refused like this, and not told.
    fn fails_untold(&mut self, name: &str, failed: &Response, expected: Range<u16>) {
        let events = self.events_of(failed);
        if !expected.contains(&failed.status) || !events.is_empty() {
            self.wrong.push(format!("{name} does not fail untold: {failed:?} {events:?}"));
        }
    }

    /// Whether a route takes a body.
    fn takes_body(&self, name: &str) -> bool {
        let (method, path) = name.split_once(' ').unwrap();
        self.document["paths"][path][method.to_lowercase()]["requestBody"].is_object()
    }

    /// Looks at what was told of what was asked for, and of what was made or changed by its id; tells
    /// what came back.
    fn hears(&mut self, (method, path): (&str, &str), body: &Value, answer: &Response) -> Value {
        let name = self.route(method, &self.whole(path));
        if !self.is_done(&name, answer) {
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

/// The method in the name of a route.
fn method_of(name: &str) -> &str {
    name.split(' ').next().unwrap()
}

/// The names of routes that take a body or a revision, and whether they take a revision.
fn refusing(document: &Value) -> BTreeMap<String, bool> {
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
    let is_edited = method == "PATCH" || method == "PUT" && event["action"] == "changed";
    is_done && is_known && (differs || !is_edited)
}

/// Whether a difference is of the member at a pointer, and has what stood there before and after. It is
/// of the member itself, or of what the member is in.
fn tells(told: &Value, pointer: &str, [was, is]: [&Value; 2]) -> bool {
    let member = pointer.rsplit('/').next().unwrap();
    let otherwise = CALLED.iter().find(|&&(name, _)| name == member);
    let called = otherwise.map_or(member, |&(_, told)| told);
    let field = told["field"].as_str().unwrap().rsplit('.').next().unwrap();
    let (before, after) = (&told["before"], &told["after"]);
    if field == called || field.ends_with(&format!("_{called}")) {
        return (before, after) == (was, is);
    }
    let within = leaves(after).into_iter().filter(|place| place.ends_with(&format!("/{called}")));
    within.into_iter().any(|place| (at(before, &place), at(after, &place)) == (was, is))
}

/// What stands at a pointer; null where nothing does.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    static NOTHING: Value = Value::Null;
    value.pointer(pointer).unwrap_or(&NOTHING)
}

/// Where in an object something stands that is none.
fn leaves(value: &Value) -> Vec<String> {
    let Value::Object(members) = value else { return vec![String::new()] };
    let below = |(name, value): (&String, &Value)| {
        leaves(value).into_iter().map(|leaf| format!("/{name}{leaf}")).collect::<Vec<_>>()
    };
    members.iter().flat_map(below).collect()
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
fn every_operation_answers_curl_and_whatever_changes_something_is_told_and_what_fails_is_not() {
    let Some(office) = Office::alone() else { return };
    let mut told = Told::new(&office);
    about::server(&mut told);
    places::organizations(&mut told);
    places::settings(&mut told);
    places::billing(&mut told);
    access::authorities(&mut told);
    access::applications(&mut told);
    access::gear(&mut told);
    access::sessions(&mut told);
    people::users(&mut told);
    people::invitations(&mut told);
    people::groups_and_devices(&mut told);
    people::policies(&mut told);
    door::device(&mut told);
    people::imports(&mut told);
    staff::admins(&mut told);
    oneself::sign_in(&mut told);
    oneself::account(&mut told);
    oneself::passkeys(&mut told);
    about::events(&mut told);
    delivery::destinations(&mut told);
    assert!(told.wrong.is_empty(), "{}", told.wrong.join("\n"));
    let is_asked = |name: &String| told.answered.contains(name) || told.done.contains(name);
    let unasked = told.routes.iter().map(Route::name).filter(|name| !is_asked(name));
    let unasked: Vec<_> = unasked.collect();
    assert!(unasked.is_empty(), "nobody asks for these with curl: {unasked:?}");
    let changing = told.routes.iter().filter(|route| route.method != "GET").map(Route::name);
    let undone: BTreeSet<String> = changing.filter(|name| !told.done.contains(name)).collect();
    assert_eq!(undone, NO_CHANGE.map(str::to_owned).into(), "nobody looks what these tell");
    let edited = told.routes.iter().map(Route::name).filter(|name| told.is_compared(name));
    let uncompared: Vec<_> = edited.filter(|name| !told.compared.contains(name)).collect();
    assert!(uncompared.is_empty(), "nobody looks which values these tell: {uncompared:?}");
}

#[test]
fn a_difference_tells_a_member_by_its_values_before_and_after() {
    let told = |field: &str, before: Value, after: Value| json!({"field": field, "before": before, "after": after});
    let is_told = |told: &Value| tells(told, "/lock/delay", [&json!(1), &json!(2)]);
    assert!(is_told(&told("delay", json!(1), json!(2))));
    assert!(is_told(&told("screen.delay", json!(1), json!(2))));
    let nested = told("settings", json!({"lock": {"delay": 1}}), json!({"lock": {"delay": 2}}));
    assert!(is_told(&nested));
    assert!(!is_told(&told("delay", json!(2), json!(2))));
    assert!(!is_told(&told("delay", json!(1), json!("2"))));
    assert!(!is_told(&told("name", json!(1), json!(2))));
    assert_eq!(leaves(&json!({"a": {"b": 1, "c": [2]}, "d": null})), ["/a/b", "/a/c", "/d"]);
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
