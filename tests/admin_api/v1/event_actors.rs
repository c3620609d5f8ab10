//! `actor_kind` of events, of one organization and of several: what it finds, counts and exports.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::office::Office;
use crate::harness::receiver::comes;
use crate::harness::tenantry::Tenantry;
use crate::harness::wire::Request;

const PASSWORD: &str = "correct horse battery";

/// The kinds of whoever did something in [`Scene`], and two that did nothing.
const KINDS: [(&str, bool); 6] = [
    ("admin", true),
    ("user", true),
    ("daemon", true),
    ("nobody", true),
    ("operator", false),
    ("device", false),
];

/// An organization where an admin, a user who is called `daemon`, the daemon and somebody whom
/// nobody knows did something.
struct Scene {
    office: Office,
    /// All that was told, the newest first.
    all: Vec<Value>,
}

impl Scene {
    fn new() -> Self {
        let office = Office::new();
        office.user("daemon", PASSWORD);
        office.set(&json!({"lockout": {"threshold": 2}}));
        let client = office.client("switch", &json!({}));
        let forged = Request::login("a secret that nobody has", "daemon", PASSWORD);
        office.wire().send(&forged.encode());
        for guess in ["guess one", "guess two"] {
            office.wire().ask(&Request::login(&client.secret, "daemon", guess));
        }
        let count = |action: &str| {
            let events = office.events();
            events.iter().filter(|event| event["action"] == action).count()
        };
        let is_told =
            || (count("radius_dropped"), count("radius_access"), count("locked")) == (1, 2, 1);
        assert!(comes(is_told), "{:#?}", office.events());
        let all = office.events();
        Self { office, all }
    }

    /// What was told of somebody of a kind.
    fn of(&self, kind: &str) -> Vec<Value> {
        self.all.iter().filter(|event| event["actor"]["kind"] == kind).cloned().collect()
    }

    /// Where the same is asked of it alone and of several organizations.
    fn places(&self, rest: &str) -> [String; 2] {
        let own = self.office.path(&format!("events{rest}?"));
        [own, format!("/v1/all-events{rest}?organizations={}&", self.office.id)]
    }

    /// Asks with curl for what must be there.
    fn asks(&self, path: &str) -> String {
        let answer = self.office.demo.api_as_top().get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    fn items(&self, path: &str) -> Vec<Value> {
        let answer: Value = serde_json::from_str(&self.asks(path)).unwrap();
        answer["items"].as_array().unwrap().clone()
    }
}

fn numbers(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect()
}

#[test]
fn events_are_found_by_what_it_was_that_did_something() {
    let scene = Scene::new();
    let tenantry = {
        let key = &scene.office.demo.admin_api.tokens.administrator_with_billing;
        Tenantry::with_key(&scene.office.demo, key).within(&scene.office.slug)
    };
    for (kind, did_something) in KINDS {
        let expected = numbers(&scene.of(kind));
        assert_eq!(!expected.is_empty(), did_something, "{kind}");
        for list in scene.places("") {
            let found = scene.items(&format!("{list}limit=200&actor_kind={kind}"));
            assert_eq!(numbers(&found), expected, "{list} {kind}");
        }
        let shown = tenantry.shows(&format!("events --sort -sequence --actor-kind {kind}"));
        assert_eq!(numbers(shown.as_array().unwrap()), expected, "{kind}");
    }
    for list in scene.places("") {
        // A user has the name that the daemon has not.
        let called = |more: &str| scene.items(&format!("{list}actor=daemon{more}"));
        assert!(called("").iter().all(|event| event["actor"]["kind"] == "user"));
        assert_eq!((called("").len(), called("&actor_kind=user").len()), (2, 2));
        assert!(called("&actor_kind=daemon").is_empty());
        let wrong = scene.office.demo.api_as_top().get(&format!("{list}actor_kind=somebody"));
        let pointer = &wrong.json()["pointer"];
        assert_eq!((wrong.status, pointer), (400, &json!("/actor_kind")), "{wrong:?}");
    }
}

#[test]
fn events_are_counted_and_exported_by_what_it_was_that_did_something() {
    let scene = Scene::new();
    let of = |kind: &str| u64::try_from(scene.of(kind).len()).unwrap();
    let (users, daemon, nobody) = (of("user"), of("daemon"), of("nobody"));
    for place in scene.places("/counts") {
        let counted = |more: &str| {
            let mut counts = BTreeMap::<String, u64>::new();
            for item in scene.items(&format!("{place}by=actor{more}")) {
                let key = item["key"].as_str().unwrap().to_owned();
                *counts.entry(key).or_default() += item["count"].as_u64().unwrap();
            }
            counts
        };
        let alone = |name: &str, count: u64| BTreeMap::from([(name.to_owned(), count)]);
        assert_eq!(counted("&actor_kind=nobody"), alone("nobody", nobody));
        assert_eq!(counted("&actor_kind=daemon"), alone("daemon", daemon));
        assert_eq!(counted("&actor_kind=user"), alone("daemon", users));
        assert_eq!(counted("&actor_kind=operator"), BTreeMap::new());
        let all = counted("");
        assert_eq!((all["daemon"], all["nobody"]), (users + daemon, nobody), "{all:?}");
    }
    for place in scene.places("/export") {
        let exported = scene.asks(&format!("{place}actor_kind=daemon"));
        let lines = exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut lines = lines.collect::<Vec<_>>();
        assert!(lines.iter().all(|line| line["actor"] == json!({"kind": "daemon"})), "{exported}");
        lines.reverse();
        assert_eq!(numbers(&lines), numbers(&scene.of("daemon")), "{place}");
    }
}
