//! New passwords, of which so many are hashed at once.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Answer, GIVEN, PASSWORD, World, request};
use crate::Limits;
use crate::secret_text::SecretText;

const ONE: Option<Uuid> = Some(Uuid::from_u128(1));
const OTHER: Option<Uuid> = Some(Uuid::from_u128(2));

fn text() -> SecretText {
    serde_json::from_value(json!("correct horse battery")).unwrap()
}

#[tokio::test]
async fn however_many_passwords_an_organization_sets_another_waits_for_one_of_them() {
    let world = World::new();
    let api = world.api(Limits { hashing: 1, ..Limits::default() });
    let held = api.turn_to_hash(ONE).await.unwrap();
    let mut first = pin!(api.hash(text(), ONE));
    let mut second = pin!(api.hash(text(), ONE));
    let mut other = pin!(api.hash(text(), OTHER));
    for waiting in [&mut first, &mut second, &mut other] {
        let is_waiting = poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx).is_pending()));
        assert!(is_waiting.await);
    }
    drop(held);
    assert!(first.await.is_ok());
    // Whoever has a turn and does not go on keeps it: the second has none yet.
    assert!(other.await.is_ok());
    assert!(second.await.is_ok());
}

/// The newest event of that kind that a list has.
async fn newest(world: &World, token: &str, events: &str, action: &str) -> Value {
    let path = format!("{events}?limit=1&action={action}");
    world.must(token, "GET", &path, Value::Null).await["items"][0].clone()
}

#[tokio::test]
async fn a_guess_at_a_users_password_is_told_though_it_comes_too_late_to_be_set() {
    let mut world = World::new();
    let api = world.limit(Limits { hashing: 1, ..Limits::default() });
    let root = world.root().await;
    let acme = world.organization(&root, "acme").await;
    let ada = world.user(&root, &acme, "ada").await;
    let (path, events) = (format!("{ada}/password"), format!("{acme}/events"));
    world.must(&root, "PUT", &path, json!({"password": PASSWORD})).await;
    let policy = json!({"password_policy": {"history": 1}});
    world.must(&root, "PATCH", &format!("{acme}/settings"), policy).await;
    let tag = world.get(&root, &ada).await.header("etag").to_owned();
    let whose = acme.rsplit('/').next().and_then(|id| Uuid::try_parse(id).ok());
    let held = api.turn_to_hash(whose).await.unwrap();
    let mut guess = request(&root, "PUT", &path, &json!({"password": "might it be this one"}));
    guess.headers_mut().insert("if-match", tag.parse().unwrap());
    let mut sent = pin!(world.send(guess));
    assert!(poll_fn(|cx| Poll::Ready(sent.as_mut().poll(cx).is_pending())).await);
    // It is judged by what it was sent for, and waits for its turn.
    tokio::task::yield_now().await;
    world.must(&root, "PATCH", &ada, json!({"title": "Countess"})).await;
    drop(held);
    sent.await.is_problem(412, "stale");
    let told = newest(&world, &root, &events, "password_set").await;
    assert_eq!((&told["success"], &told["subject"]["name"]), (&json!(false), &json!("ada")));
    let reason = "the new password was compared with those of before, and was not set";
    assert_eq!((&told["reason"], &told["actor"]["name"]), (&json!(reason), &json!("root")));
}

#[tokio::test]
async fn that_an_admin_knows_the_password_in_use_is_told_though_it_is_not_changed() {
    let mut world = World::new();
    let root = world.root().await;
    let patience = Duration::from_millis(1);
    let api = world.limit(Limits { hashing: 1, patience, ..Limits::default() });
    let held = api.turn_to_hash(None).await.unwrap();
    let body = json!({"current_password": PASSWORD, "password": "another horse, and a staple"});
    let busy = world.call(&root, "PUT", "/v1/me/password", body.clone()).await;
    busy.is_problem(503, "busy");
    // Whoever asked may have been answered before.
    let told = loop {
        let told = newest(&world, &root, "/v1/events", "password_changed").await;
        if !told.is_null() {
            break told;
        }
    };
    let reason = "the password in use was given rightly, and was not changed";
    assert_eq!((&told["success"], &told["reason"]), (&json!(false), &json!(reason)));
    drop(held);
    world.must(&root, "PUT", "/v1/me/password", body).await;
    let told = newest(&world, &root, "/v1/events", "password_changed").await;
    assert_eq!(told["success"], true);
}

/// An admin to be made, who is invited where there is no password.
fn somebody(login: &str, password: Option<&str>) -> Value {
    json!({
        "login": login, "display_name": "One of them", "role": "manager", "password": password
    })
}

#[tokio::test]
async fn an_organizations_own_admins_choose_nothing_that_has_its_name_at_any_door() {
    let world = World::new();
    let root = world.root().await;
    let admins = format!("{}/admins", world.organization(&root, "globex").await);
    let named = "globex is where they work";
    let is_refused = |answer: Answer, pointer: &str| {
        let told = answer.is_problem(422, "invalid");
        let why = "must not contain the name of the organization";
        assert_eq!((&told["pointer"], &told["detail"]), (&json!(pointer), &json!(why)));
    };
    world.must(&root, "POST", "/v1/admins", somebody("grace", Some(named))).await;
    let made = world.call(&root, "POST", &admins, somebody("grace", Some(named))).await;
    is_refused(made, "/password");
    let grace = world.must(&root, "POST", &admins, somebody("grace", Some(GIVEN))).await;
    let path = format!("{admins}/{}/password", grace["id"].as_str().unwrap());
    let set = world.call(&root, "PUT", &path, json!({"password": named})).await;
    is_refused(set, "/password");
    let given = json!({
        "organization": "globex", "login": "grace", "password": GIVEN, "new_password": named
    });
    is_refused(world.call("", "POST", "/v1/sign-in", given).await, "/new_password");
    world.pass(61_000);
    let grace = world.enrol(Some("globex"), "grace").await;
    let own = json!({"current_password": PASSWORD, "password": named});
    is_refused(world.call(&grace, "PUT", "/v1/me/password", own).await, "/password");
    let invited = world.must(&root, "POST", &admins, somebody("hal", None)).await;
    let accepted = json!({"token": invited["invitation"]["token"], "password": named});
    is_refused(world.call("", "POST", "/v1/invitations", accepted).await, "/password");
}
