use axum::body::Body;
use axum::http::Version;
use serde_json::{Value, json};

use super::world::{World, request};
use crate::problem::KINDS;

#[tokio::test]
async fn the_type_of_a_problem_leads_to_what_it_means() {
    let world = World::new();
    for kind in &KINDS {
        let shown = world.must("", "GET", kind.name, Value::Null).await;
        assert_eq!((&shown["type"], &shown["status"]), (&json!(kind.name), &json!(kind.status)));
        assert_eq!(shown["meaning"], kind.meaning);
        assert_eq!(shown["remedy"], kind.remedy);
    }
    for nothing in ["/problems/nothing", "/problems/%ff", "/problems/Stale", "/problems/"] {
        world.get("", nothing).await.is_problem(404, "not-found");
    }
    world.call("", "POST", "/problems/stale", json!({})).await.is_problem(405, "method");
}

#[tokio::test]
async fn a_value_that_is_not_acceptable_is_pointed_at() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let users = format!("{acme}/users");
    let user = |part: Value| {
        let mut body = json!({"login": "ada", "display_name": "Ada", "surname": "Lovelace"});
        body.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        body
    };
    for (part, pointer) in [
        (json!({"login": " "}), "/login"),
        (json!({"login": 7}), "/login"),
        (json!({"mail": ["ada@acme.example", "nonsense"]}), "/mail/1"),
        (json!({"mail": ["ada@acme.example", 5]}), "/mail/1"),
        (json!({"mail": ["ada@acme.example", "Ada@acme.example"]}), "/mail/1"),
        (json!({"role": "administrator"}), "/role"),
        (json!({"organization": "other"}), "/organization"),
        (json!({"password": "short"}), "/password"),
        (json!({"password": ""}), "/password"),
        (json!({"password_hash": "nonsense"}), "/password_hash"),
        (json!({"uid_number": -1}), "/uid_number"),
    ] {
        let answer = world.call(&root, "POST", &users, user(part.clone())).await;
        assert_eq!(answer.is_problem(422, "invalid")["pointer"], pointer, "{part}");
    }
    let incomplete = world.call(&root, "POST", &users, json!({"login": "ada"})).await;
    let problem = incomplete.is_problem(422, "invalid");
    assert_eq!(problem["pointer"], "/display_name");
    assert_eq!(problem["detail"], "missing field `display_name`");
    assert_eq!(world.must(&root, "GET", &users, Value::Null).await["items"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_with_a_value_is_said_in_words_of_the_api() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let attribute =
        |value: Value| json!({"name": "x", "attributes": [{"name": "Filter-Id", "value": value}]});
    for (path, body, pointer, detail) in [
        (
            format!("{acme}/users"),
            json!({"login": 7}),
            "/login",
            "invalid type: integer `7`, expected a string",
        ),
        (
            format!("{acme}/users"),
            json!({"login": "ada", "mail": {}}),
            "/mail",
            "invalid type: object, expected a list",
        ),
        (
            "/v1/admins".to_owned(),
            json!({"login": "ada", "role": 7}),
            "/role",
            "must be one of the values that the API names",
        ),
        (
            "/v1/me/passkeys".to_owned(),
            json!({"name": "key", "credential": "x"}),
            "/credential",
            "invalid type: string \"x\", expected an object",
        ),
        (
            format!("{acme}/reply-profiles"),
            attribute(json!(true)),
            "/attributes/0/value",
            "must be a whole number from 0 to 4294967295, or text",
        ),
    ] {
        let answer = world.call(&root, "POST", &path, body).await;
        let problem = answer.is_problem(422, "invalid");
        assert_eq!((&problem["pointer"], &problem["detail"]), (&json!(pointer), &json!(detail)));
    }
}

#[tokio::test]
async fn what_is_no_json_is_refused_without_a_panic() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let path = format!("{acme}/groups");
    let deep = format!("{{\"name\":{}", "[".repeat(2_000));
    for (body, status, kind) in [
        ("{", 400, "malformed"),
        ("", 400, "malformed"),
        ("{\"name\":\"a\"} x", 400, "malformed"),
        ("\u{fffd}", 400, "malformed"),
        (deep.as_str(), 422, "invalid"),
        ("[]", 422, "invalid"),
        ("null", 422, "invalid"),
    ] {
        let mut request = request(&root, "POST", &path, &json!({}));
        *request.body_mut() = Body::from(body.to_owned());
        world.send(request).await.is_problem(status, kind);
    }
    let mut octets = request(&root, "POST", &path, &json!({}));
    *octets.body_mut() = Body::from(vec![b'"', 0xff, 0xfe]);
    let answer = world.send(octets).await;
    assert!(answer.status.is_client_error(), "{}", answer.text);

    let large = json!({"name": "x".repeat(5_000)});
    world.call(&root, "POST", &path, large).await.is_problem(413, "too-large");
    let mut untyped = request(&root, "POST", &path, &json!({"name": "a"}));
    untyped.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    world.send(untyped).await.is_problem(415, "not-json");
}

#[tokio::test]
async fn a_request_says_once_for_whom_it_is() {
    let world = World::new();
    let health = || request("", "GET", "/v1/health", &Value::Null);
    let (mut without, mut twice, mut old) = (health(), health(), health());
    without.headers_mut().remove("host");
    world.send(without).await.is_problem(400, "malformed");
    twice.headers_mut().append("host", "admin.example".parse().unwrap());
    world.send(twice).await.is_problem(400, "malformed");
    // What is older than the header needs none.
    old.headers_mut().remove("host");
    *old.version_mut() = Version::HTTP_10;
    assert_eq!(world.send(old).await.status, 200);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems_too() {
    let world = World::new();
    world.get("", "/v2").await.is_problem(404, "not-found");
    world.get("", "/v1/organizations/x/y/z").await.is_problem(404, "not-found");
    let answer = world.call("", "PUT", "/v1/me", json!({})).await;
    answer.is_problem(405, "method");
    assert!(answer.header("allow").contains("GET"));
}

#[tokio::test]
async fn what_is_taken_in_use_or_against_a_rule_is_a_conflict() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let twin = json!({"slug": "acme", "name": "Twin", "base": "dc=twin"});
    let taken = world.call(&root, "POST", "/v1/organizations", twin).await;
    assert_eq!(taken.is_problem(409, "taken")["pointer"], "/slug");

    let profile = format!("{acme}/reply-profiles");
    let profile = world.must(&root, "POST", &profile, json!({"name": "staff", "vlan": "20"})).await;
    let id = profile["id"].as_str().unwrap();
    let client = json!({"name": "wifi", "sources": ["192.0.2.9"], "reply_profile": id});
    world.must(&root, "POST", &format!("{acme}/radius-clients"), client).await;
    let path = format!("{acme}/reply-profiles/{id}");
    world.call(&root, "DELETE", &path, Value::Null).await.is_problem(409, "in-use");

    let me = world.must(&root, "GET", "/v1/me", Value::Null).await;
    let path = format!("/v1/admins/{}", me["id"].as_str().unwrap());
    world.call(&root, "DELETE", &path, Value::Null).await.is_problem(409, "rule");
}

#[tokio::test]
async fn every_answer_carries_the_protective_headers() {
    let world = World::new();
    for path in ["/v1/health", "/v1/me", "/nowhere", "/v1/docs"] {
        let answer = world.get("", path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(answer.header("strict-transport-security").starts_with("max-age="), "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert_eq!(answer.header("x-request-id").len(), 16, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}
