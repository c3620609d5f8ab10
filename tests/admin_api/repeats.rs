//! `Idempotency-Key`: who heard no answer asks again.

use serde_json::{Value, json};

use crate::harness::curl::{Api, Response};
use crate::harness::office::{Office, id_of};

fn top(office: &Office) -> Api {
    office.demo.api_as_top()
}

fn post(api: &Api, path: &str, key: &str, body: &Value) -> Response {
    api.clone().header(&format!("Idempotency-Key: {key}")).post(path, body)
}

#[test]
fn what_is_made_is_not_made_twice_and_the_answer_is_the_same() {
    let office = Office::new();
    let (api, path) = (top(&office), office.path("groups"));
    let staff = json!({"name": "staff"});
    let first = post(&api, &path, "one", &staff);
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = post(&api, &path, "one", &staff);
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    assert_eq!(office.read("groups")["items"].as_array().unwrap().len(), 1);
    let other = post(&api, &path, "one", &json!({"name": "all"}));
    assert_eq!((other.status, &other.json()["type"]), (422, &json!("/problems/key-reused")));
    let taken = post(&api, &path, "two", &staff);
    assert_eq!((taken.status, &taken.json()["type"]), (409, &json!("/problems/taken")));
    let renamed = json!({"name": "people"});
    let place = format!("{path}/{}", id_of(&first.json()));
    assert_eq!(office.top.send("PATCH", &place, Some(&renamed)).status, 200);
    let free = post(&api, &path, "two", &staff);
    assert_eq!(free.status, 201, "a failure is not remembered: {free:?}");
}

#[test]
fn an_organization_is_restored_once_and_who_asks_again_hears_the_same() {
    let office = Office::new();
    let (api, place) = (top(&office), format!("/v1/organizations/{}", office.id));
    assert_eq!(api.send("PATCH", &place, Some(&json!({"name": "Gone"}))).status, 200);
    assert_eq!(api.send("DELETE", &format!("{place}?confirmation=Gone"), None).status, 204);
    let path = format!("{place}/restore");
    let restore = |api: &Api, key: &str| {
        let keyed = api.clone().header(&format!("Idempotency-Key: {key}"));
        keyed.send("POST", &path, None)
    };
    let reader = office.demo.api(&office.demo.admin_api.tokens.read_only);
    assert_eq!(restore(&reader, "one").status, 404);
    let first = restore(&api, "one");
    assert_eq!((first.status, &first.json()["state"]), (200, &json!("suspended")), "{first:?}");
    let again = restore(&api, "one");
    assert_eq!((again.status, &again.body), (200, &first.body), "{again:?}");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other = restore(&api, "two");
    assert_eq!((other.status, &other.json()["type"]), (409, &json!("/problems/rule")));
}

#[test]
fn a_secret_that_is_shown_once_is_shown_to_who_asks_again() {
    let office = Office::new();
    let path = office.path("service-accounts");
    let wanted = json!({"name": "application"});
    let first = post(&top(&office), &path, "one", &wanted);
    assert!(first.json()["password"].is_string(), "{first:?}");
    assert_eq!(post(&top(&office), &path, "one", &wanted).body, first.body);
    let admin = office.admin("administrator");
    let theirs = admin.session.send_with("POST", &path, &["Idempotency-Key: one"], Some(&wanted));
    assert_eq!(theirs.json()["type"], "/problems/taken", "the key is another's: {theirs:?}");
}

#[test]
fn keys_are_texts_of_some_letters_and_count_for_who_may() {
    let office = Office::new();
    let (api, path) = (top(&office), office.path("groups"));
    let staff = json!({"name": "staff"});
    let long = "k".repeat(256);
    for wrong in ["", &long] {
        let header = format!("Idempotency-Key: {wrong}");
        let answer = office.top.send_with("POST", &path, &[&header], Some(&staff));
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    let two = api.clone().header("Idempotency-Key: a").header("Idempotency-Key: b");
    assert_eq!(two.post(&path, &staff).status, 400);
    let reader = office.demo.api(&office.demo.admin_api.tokens.read_only);
    assert_eq!(post(&reader, &path, "one", &staff).status, 403);
    let never = "/v1/organizations/01890000-0000-7000-8000-000000000000/groups";
    assert_eq!(post(&api, never, "one", &staff).status, 404);
    assert_eq!(post(&office.demo.api_as_nobody(), &path, "one", &staff).status, 401);
}
