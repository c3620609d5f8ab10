//! `filter`, `sort` and `fields`, and what no list knows.

use serde_json::{Value, json};

use super::world::{List, World, escaped};

/// There are no passkeys without a browser: `tests/admin_api/v1/passkeys.rs` has one.
const ELSEWHERE: &str = "/v1/me/passkeys";

/// The keys of items, in no order.
fn keys(list: &List, items: &[Value]) -> Vec<String> {
    let mut keys: Vec<String> = items.iter().map(|item| item[list.key()].to_string()).collect();
    keys.sort_unstable();
    keys
}

/// The member with a name that every item has.
fn name(items: &[Value]) -> Option<&'static str> {
    let names = ["slug", "login", "name"];
    names.into_iter().find(|name| items.iter().all(|item| item[name].is_string()))
}

/// Where an item stands among others, by a member.
fn place(item: &Value, member: &str) -> (u64, String) {
    let text = item[member].as_str().unwrap_or_default();
    (item[member].as_u64().unwrap_or_default(), text.to_lowercase())
}

#[test]
fn every_list_is_filtered_sorted_and_cut_as_it_is_asked() {
    let Some(world) = World::shared() else { return };
    let mut filtered = 0;
    for list in world.lists().iter().filter(|list| list.template != ELSEWHERE) {
        let all = world.items(list, "");
        assert!(all.len() > 1, "{}: {all:?}", list.template);
        is_cut(&world, list, &all);
        if list.takes("sort") {
            is_sorted(&world, list, &all);
        }
        if list.takes("filter") {
            is_filtered(&world, list, &all);
            filtered += 1;
        } else {
            is_narrowed(&world, list, &all);
        }
    }
    assert!(filtered >= 35, "only {filtered} lists take a filter");
}

/// Asserts that of each item no more is shown than is asked for.
fn is_cut(world: &World, list: &List, all: &[Value]) {
    let key = list.key();
    assert!(all.iter().all(|item| item.as_object().unwrap().len() > 1), "{all:?}");
    let cut = world.items(list, &format!("fields={key}"));
    for item in &cut {
        assert!(item.as_object().unwrap().keys().eq([key]), "{}: {item}", list.template);
    }
    // Of events more may have come.
    if !list.is_of_events() {
        assert_eq!(keys(list, &cut), keys(list, all), "{}", list.template);
    }
}

/// Asserts that a list comes in both orders of what tells items apart, and of their names.
fn is_sorted(world: &World, list: &List, all: &[Value]) {
    for member in [Some(list.key()), name(all)].into_iter().flatten() {
        let up = world.items(list, &format!("sort={member}"));
        let down = world.items(list, &format!("sort=-{member}"));
        let places =
            |items: &[Value]| -> Vec<_> { items.iter().map(|item| place(item, member)).collect() };
        let (rises, falls) = (places(&up), places(&down));
        assert!(rises.is_sorted(), "{} {member}: {rises:?}", list.template);
        assert!(falls.iter().rev().is_sorted(), "{} -{member}: {falls:?}", list.template);
        assert_ne!(rises.first(), rises.last(), "{}: nothing is sorted", list.template);
        if !list.is_of_events() {
            for items in [&up, &down] {
                assert_eq!(keys(list, items), keys(list, all), "{} {member}", list.template);
            }
        }
    }
}

/// Asserts that filters find those of which they are true, and nothing else.
fn is_filtered(world: &World, list: &List, all: &[Value]) {
    let key = list.key();
    let finds = |filter: &str, wanted: &dyn Fn(&Value) -> bool| {
        let found = world.items(list, &format!("filter={}", escaped(filter)));
        let wanted: Vec<Value> = all.iter().filter(|item| wanted(item)).cloned().collect();
        assert_eq!(keys(list, &found), keys(list, &wanted), "{} {filter}", list.template);
        wanted.len()
    };
    let [one, .., other] = all else { panic!("{}: {all:?}", list.template) };
    let (one, other) = (&one[key], &other[key]);
    assert_eq!(finds(&format!("{key} eq {one}"), &|item| item[key] == *one), 1);
    assert_eq!(finds(&format!("{key} ne {one}"), &|item| item[key] != *one), all.len() - 1);
    let either = format!("{key} eq {one} or {key} eq {other}");
    assert_eq!(finds(&either, &|item| item[key] == *one || item[key] == *other), 2);
    let neither = format!("{key} eq {one} and {key} eq {other}");
    assert_eq!(finds(&neither, &|_| false), 0);
    assert_eq!(finds(&format!("{key} pr"), &|_| true), all.len());
    assert_eq!(finds(&format!("not ({key} pr)"), &|_| false), 0);
    let Some(name) = name(all) else { return };
    let text = |item: &Value| item[name].as_str().unwrap().to_lowercase();
    let called = text(&all[0]);
    let loud = json!(called.to_uppercase());
    finds(&format!("{name} eq {loud}"), &|item| text(item) == called);
    let (begin, end) = (&called[..1], &called[called.len() - 1..]);
    finds(&format!("{name} sw {}", json!(begin)), &|item| text(item).starts_with(begin));
    finds(&format!("{name} ew {}", json!(end)), &|item| text(item).ends_with(end));
}

/// Asserts that lists that take no filter are narrowed by what they take.
fn is_narrowed(world: &World, list: &List, all: &[Value]) {
    let of_events = list.is_of_events();
    let query = if of_events { "action=created" } else { "text=alder" };
    let is_meant = |item: &Value| {
        if of_events { item["action"] == "created" } else { item["login"] == "alder" }
    };
    let found = world.items(list, query);
    assert!(!found.is_empty() && found.iter().all(is_meant), "{}: {found:?}", list.template);
    assert!(!all.iter().all(is_meant), "{}: all are meant", list.template);
}

/// What no list takes, of which parameter, where there is such a parameter at all.
const WRONG: [(&str, &str); 13] = [
    ("filter=nonsense%20pr", "filter"),
    ("filter=id%20like%20%22x%22", "filter"),
    ("filter=id%20eq", "filter"),
    ("filter=", "filter"),
    ("sort=nonsense", "sort"),
    ("sort=", "sort"),
    ("fields=nonsense", "fields"),
    ("fields=id,", "fields"),
    ("limit=0", "limit"),
    ("limit=201", "limit"),
    ("cursor=nonsense", "cursor"),
    ("cursor=!", "cursor"),
    ("nonsense=1", "nonsense"),
];

#[test]
fn what_no_list_knows_is_refused_where_it_stands_as_the_document_says() {
    let Some(world) = World::shared() else { return };
    for list in world.lists() {
        for (query, parameter) in WRONG {
            let answer = world.ask(&list, query);
            let asked = format!("{}?{query}: {answer:?}", list.template);
            let (status, kind) = if list.takes(parameter) {
                (422, "/problems/invalid")
            } else {
                (400, "/problems/query")
            };
            assert_eq!(answer.status, status, "{asked}");
            assert!(list.tells_of(status), "the document does not tell of {asked}");
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{asked}");
            let problem = answer.json();
            assert_eq!(problem["type"], kind, "{asked}");
            assert_eq!(problem["pointer"], format!("/{parameter}"), "{asked}");
        }
    }
}
