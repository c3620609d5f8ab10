//! What operations answer to curl, beside what their documents promise.

use serde_json::{Value, json};

use super::Told;
use crate::harness::curl::Response;
use crate::harness::https::Https;
use crate::harness::office::Office;

/// What devices ask for, at a door of their own.
const OF_DEVICES: &str = include_str!("../../admin-api/device-openapi.json");

impl Told<'_> {
    /// The one who may do everything reads something; what is wanted has to be in it.
    pub(super) fn shows(&mut self, path: &str, wanted: &Value) {
        let office = self.office;
        self.shows_to(&office.top, path, wanted);
    }

    /// Somebody reads something; what is wanted has to be in it.
    pub(super) fn shows_to(&mut self, who: &Https, path: &str, wanted: &Value) {
        self.answers(who, ("GET", path), &Value::Null, wanted);
    }

    /// Somebody asks for what changes nothing that is kept; what is wanted has to be in the answer. Tells
    /// what came back.
    pub(super) fn answers(
        &mut self,
        who: &Https,
        asked: (&str, &str),
        body: &Value,
        wanted: &Value,
    ) -> Value {
        let answer = self.curls(who, asked, body);
        self.finds(asked, &answer, wanted)
    }

    /// Looks whether what is wanted is in an answer: a text, or members; tells what came back.
    pub(super) fn finds(
        &mut self,
        (method, path): (&str, &str),
        answer: &Response,
        wanted: &Value,
    ) -> Value {
        let name = self.route(method, &self.whole(path));
        if !self.is_done(&name, answer) {
            return Value::Null;
        }
        let shown: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let is_there = match wanted.as_str() {
            Some(text) => !text.is_empty() && answer.body.contains(text),
            None => holds(&shown, wanted),
        };
        if is_there {
            self.answered.insert(name);
        } else {
            self.wrong.push(format!("{name} does not have {wanted}: {answer:?}"));
        }
        shown
    }

    /// Somebody asks with curl.
    pub(super) fn curls(
        &self,
        who: &Https,
        (method, path): (&str, &str),
        body: &Value,
    ) -> Response {
        let body = Some(body).filter(|body| !body.is_null());
        who.curl().send(method, &self.whole(path), body)
    }

    /// Whether an answer is a success, and one that the document has.
    pub(super) fn is_done(&mut self, name: &str, answer: &Response) -> bool {
        let is_done =
            (200..300).contains(&answer.status) && is_promised(&self.document, name, answer);
        if !is_done {
            self.wrong.push(format!("{name} is not done: {answer:?}"));
        }
        is_done
    }
}

/// The documents of both doors in one: the admins' as it is served.
pub(super) fn document(office: &Office) -> Value {
    let mut document = office.demo.https(None).get("/v1/openapi.json").json();
    let devices: Value = serde_json::from_str(OF_DEVICES).unwrap();
    let paths = devices["paths"].as_object().unwrap().clone();
    document["paths"].as_object_mut().unwrap().extend(paths);
    document
}

/// Whether the document has an answer of this status and this kind.
fn is_promised(document: &Value, name: &str, answer: &Response) -> bool {
    let (method, path) = name.split_once(' ').unwrap();
    let operation = &document["paths"][path][method.to_lowercase()];
    let promised = &operation["responses"][answer.status.to_string()];
    let kind = answer.header("content-type").and_then(|kind| kind.split(';').next());
    match promised["content"].as_object() {
        Some(kinds) => kind.is_some_and(|kind| kinds.contains_key(kind)),
        None => promised.is_object() && answer.body.is_empty(),
    }
}

/// Whether something has in it what is wanted: of an object its members, of a list its items in any order.
/// What is empty is in nothing but itself.
fn holds(shown: &Value, wanted: &Value) -> bool {
    match (shown, wanted) {
        (Value::Object(shown), Value::Object(wanted)) if !wanted.is_empty() => {
            let has = |(name, wanted): (&String, &Value)| {
                shown.get(name).is_some_and(|shown| holds(shown, wanted))
            };
            wanted.iter().all(has)
        }
        (Value::Array(shown), Value::Array(wanted)) if !wanted.is_empty() => {
            wanted.iter().all(|wanted| shown.iter().any(|shown| holds(shown, wanted)))
        }
        _ => shown == wanted,
    }
}

#[test]
fn what_is_wanted_is_in_what_has_it_and_more_and_what_is_empty_in_itself_alone() {
    let items = json!([{"id": "1", "name": "one"}, {"id": "2"}]);
    let shown = json!({"items": items, "next": null, "none": []});
    assert!(holds(&shown, &json!({"items": [{"id": "2"}, {"name": "one"}], "next": null})));
    assert!(holds(&shown, &json!({"none": []})));
    for absent in [
        json!({"items": [{"id": "2", "name": "one"}]}),
        json!({"items": []}),
        json!({"items": [{}]}),
        json!({"prior": null}),
        json!({}),
        json!(null),
    ] {
        assert!(!holds(&shown, &absent), "{absent}");
    }
}

#[test]
fn an_answer_is_promised_by_its_status_and_kind_or_without_a_body() {
    let content = json!({"application/json": {}});
    let responses = json!({"200": {"content": content}, "204": {"description": "Nothing."}});
    let document = json!({"paths": {"/x": {"get": {"responses": responses}}}});
    let keeps = |status: u16, kind: &str, body: &str| {
        let head = format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}");
        is_promised(&document, "GET /x", &Response { status, head, body: body.to_owned() })
    };
    assert!(keeps(200, "application/json; charset=utf-8", "{}"));
    assert!(keeps(204, "", ""));
    assert!(!keeps(200, "text/html", "{}"));
    assert!(!keeps(204, "application/json", "{}"));
    assert!(!keeps(201, "application/json", "{}"));
}
