use std::sync::mpsc::channel;
use std::time::Duration;

use axum::http::StatusCode;
use directory::Time;
use directory::access::{Actor, Context};
use serde_json::{Value, json};

use super::world::{PASSWORD, World, request};

#[tokio::test]
async fn the_first_sign_in_enrols_totp_and_later_ones_need_its_code() {
    let world = World::new();
    let credentials = json!({"login": "root", "password": PASSWORD});
    let needed = world.call("", "POST", "/v1/sign-in", credentials.clone()).await;
    assert_eq!(needed.status, StatusCode::ACCEPTED);
    let enrolment = needed.json["enrolment_token"].as_str().unwrap();
    let uri = needed.json["otpauth_uri"].as_str().unwrap();
    world.get(enrolment, "/v1/me").await.is_problem(401, "unauthenticated");
    let wrong = json!({"enrolment_token": enrolment, "code": "000000"});
    let wrong = world.call("", "POST", "/v1/sign-in/enrolment", wrong).await;
    assert_eq!(wrong.is_problem(422, "invalid")["pointer"], "/code");
    let right = json!({"enrolment_token": enrolment, "code": world.code(uri)});
    let session = world.must("", "POST", "/v1/sign-in/enrolment", right.clone()).await;
    let used = world.call("", "POST", "/v1/sign-in/enrolment", right).await;
    let detail = &used.is_problem(401, "unauthenticated")["detail"];
    assert_eq!(detail, "The enrolment token is used or over; sign in again.");
    assert_eq!(session["expires"], "2027-01-15T18:00:00Z");
    let me = world.must(session["token"].as_str().unwrap(), "GET", "/v1/me", Value::Null).await;
    assert_eq!(me["login"], "root");
    assert_eq!(me["role"], "administrator_with_billing");

    world.pass(60_000);
    world.call("", "POST", "/v1/sign-in", credentials).await.is_problem(401, "code-needed");
    let with = |code: &str| json!({"login": "root", "password": PASSWORD, "code": code});
    let code = world.code(uri);
    let session = world.must("", "POST", "/v1/sign-in", with(&code)).await;
    assert!(session["token"].as_str().unwrap().starts_with("tnses_"));
    world.call("", "POST", "/v1/sign-in", with(&code)).await.is_problem(401, "rejected");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_are_rejected_alike() {
    let world = World::new();
    let mut answers = Vec::new();
    for (organization, login) in
        [(Value::Null, "root"), (Value::Null, "nobody"), (json!("acme"), "root")]
    {
        let body = json!({"organization": organization, "login": login, "password": "wrong"});
        let answer = world.call("", "POST", "/v1/sign-in", body).await;
        answer.is_problem(401, "rejected");
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

#[tokio::test]
async fn too_many_failures_are_told_when_to_come_again() {
    let world = World::new();
    for _ in 0..100 {
        let body = json!({"login": "root", "password": "wrong"});
        let answer = world.call("", "POST", "/v1/sign-in", body).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            answer.is_problem(429, "too-early");
            assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
            return;
        }
    }
    panic!("nobody slowed the guessing down");
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let world = World::new();
    let root = world.root().await;
    world.must(&root, "POST", "/v1/sign-out", Value::Null).await;
    world.get(&root, "/v1/me").await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn who_tries_tokens_of_no_enrolment_waits_for_no_disk_and_asks_only_so_often() {
    let world = World::new();
    let credentials = json!({"login": "root", "password": PASSWORD});
    let needed = world.call("", "POST", "/v1/sign-in", credentials).await;
    let (release, released) = channel::<()>();
    let (begin, begun) = channel::<()>();
    let directory = world.directory.clone();
    let writing = std::thread::spawn(move || {
        let nobody = Context { actor: Actor::nobody(), source: None, now: Time(0), request: None };
        directory.change(nobody, move |_| {
            begin.send(()).unwrap();
            released.recv().unwrap();
            Ok(())
        })
    });
    begun.recv().unwrap();
    let none = json!({"enrolment_token": "tnenr_none", "code": "000000"});
    let mut tried = 0;
    let refused = loop {
        let answer = world.call("", "POST", "/v1/sign-in/enrolment", none.clone()).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        answer.is_problem(401, "unauthenticated");
        tried += 1;
        assert!(tried < 1_000, "nobody slowed the guessing down");
    };
    refused.is_problem(429, "too-often");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    // Nor has anybody to wait for the disk whose code is wrong.
    let token = &needed.json["enrolment_token"];
    let wrong = json!({"enrolment_token": token, "code": "000000"});
    let wrong = world.call("", "POST", "/v1/sign-in/enrolment", wrong).await;
    assert_eq!(wrong.is_problem(422, "invalid")["pointer"], "/code");
    release.send(()).unwrap();
    writing.join().unwrap().unwrap();
    let code = world.code(needed.json["otpauth_uri"].as_str().unwrap());
    let right = json!({"enrolment_token": token, "code": code});
    world.must("", "POST", "/v1/sign-in/enrolment", right).await;
}

#[tokio::test]
async fn whoever_reads_does_not_wait_for_the_disk() {
    let world = World::new();
    let root = world.root().await;
    let (release, released) = channel::<()>();
    let (begin, begun) = channel::<()>();
    let directory = world.directory.clone();
    let writing = std::thread::spawn(move || {
        let nobody = Context { actor: Actor::nobody(), source: None, now: Time(0), request: None };
        directory.change(nobody, move |_| {
            begin.send(()).unwrap();
            released.recv().unwrap();
            Ok(())
        })
    });
    begun.recv().unwrap();
    // The session's use is to be noted, and cannot be while somebody else writes.
    world.pass(30 * 60_000);
    assert_eq!(world.get(&root, "/v1/me").await.status, StatusCode::OK);
    release.send(()).unwrap();
    writing.join().unwrap().unwrap();
    for _ in 0..1_000 {
        let sessions = world.must(&root, "GET", "/v1/me/sessions", Value::Null).await;
        if sessions["items"][0]["last_used"] == "2027-01-15T08:30:00Z" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody noted that the session is used");
}

#[tokio::test]
async fn an_api_key_is_made_by_a_session_that_has_just_been_begun() {
    let world = World::new();
    let root = world.root().await;
    let key = json!({"name": "backup", "expires": "2027-06-30T00:00:00Z"});
    let made = world.must(&root, "POST", "/v1/me/api-keys", key.clone()).await;
    let by_key =
        world.call(made["token"].as_str().unwrap(), "POST", "/v1/me/api-keys", key.clone());
    by_key.await.is_problem(409, "rule");
    world.pass(15 * 60_000);
    world.call(&root, "POST", "/v1/me/api-keys", key).await.is_problem(409, "rule");
}

#[tokio::test]
async fn ones_own_password_is_changed_with_the_one_in_use_by_a_session_that_has_just_been_begun() {
    let world = World::new();
    let root = world.root().await;
    let next = "another horse, and a staple";
    let change = |current: &str, next: &str| {
        let body = json!({"current_password": current, "password": next});
        world.call(&root, "PUT", "/v1/me/password", body)
    };
    for current in ["not mine", ""] {
        let wrong = change(current, next).await;
        assert_eq!(wrong.is_problem(422, "invalid")["pointer"], "/current_password");
    }
    for next in [PASSWORD, "short", ""] {
        let wrong = change(PASSWORD, next).await;
        assert_eq!(wrong.is_problem(422, "invalid")["pointer"], "/password", "{next}");
    }
    let key = json!({"name": "backup", "expires": "2027-06-30T00:00:00Z"});
    let key = world.must(&root, "POST", "/v1/me/api-keys", key).await;
    let body = json!({"current_password": PASSWORD, "password": next});
    let by_key = world.call(key["token"].as_str().unwrap(), "PUT", "/v1/me/password", body);
    by_key.await.is_problem(409, "rule");
    let changed = change(PASSWORD, next).await;
    assert_eq!((changed.status, &changed.json), (StatusCode::OK, &json!({"ended_sessions": 0})));
    let signed = |password: &str| {
        let body = json!({"login": "root", "password": password});
        world.call("", "POST", "/v1/sign-in", body)
    };
    signed(PASSWORD).await.is_problem(401, "rejected");
    signed(next).await.is_problem(401, "code-needed");
    world.pass(15 * 60_000);
    change(next, "one more, the last of all").await.is_problem(409, "rule");
}

#[tokio::test]
async fn an_api_key_does_no_more_than_it_was_made_for() {
    let world = World::new();
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let orbit = world.organization(&root, "orbit").await;
    let id = acme.rsplit('/').next().unwrap();
    let key = json!({
        "name": "backup", "expires": "2027-06-30T00:00:00Z", "role": "read_only",
        "organizations": [id], "sources": ["192.0.2.0/24"]
    });
    let made = world.must(&root, "POST", "/v1/me/api-keys", key).await;
    let key = made["token"].as_str().unwrap();
    assert!(key.starts_with("tnkey_"));
    world.must(key, "GET", &acme, Value::Null).await;
    world.get(key, &orbit).await.is_problem(404, "not-found");
    let refused = world.call(key, "POST", &format!("{acme}/groups"), json!({"name": "x"})).await;
    assert_eq!(refused.is_problem(403, "forbidden")["permission"], "manage_identities");

    let listed = world.must(&root, "GET", "/v1/me/api-keys", Value::Null).await;
    assert_eq!(listed["items"][0]["name"], "backup");
    assert_eq!(listed["items"][0]["organizations"], json!([id]));
    assert!(listed["items"][0].get("token").is_none());
    let path = format!("/v1/me/api-keys/{}", made["id"].as_str().unwrap());
    world.must(&root, "DELETE", &path, Value::Null).await;
    world.get(key, &acme).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn only_a_bearer_token_in_its_header_counts() {
    let world = World::new();
    let root = world.root().await;
    let path = format!("/v1/me?access_token={root}");
    world.send(request("", "GET", &path, &Value::Null)).await.is_problem(401, "unauthenticated");
    for value in [
        format!("Basic {root}"),
        format!("Bearer {}x", root),
        format!("Bearer {}", &root[..root.len() - 1]),
        "Bearer".to_owned(),
        root.clone(),
        String::new(),
    ] {
        let mut request = request("", "GET", "/v1/me", &Value::Null);
        request.headers_mut().insert("authorization", value.parse().unwrap());
        let answer = world.send(request).await;
        answer.is_problem(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let mut twice = request(&root, "GET", "/v1/me", &Value::Null);
    twice.headers_mut().append("authorization", "Bearer other".parse().unwrap());
    world.send(twice).await.is_problem(401, "unauthenticated");
}
