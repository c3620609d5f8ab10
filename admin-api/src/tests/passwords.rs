//! New passwords, of which so many are hashed at once.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{PASSWORD, World, request};
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
    let told = newest(&world, &root, "/v1/events", "password_changed").await;
    let reason = "the password in use was given rightly, and was not changed";
    assert_eq!((&told["success"], &told["reason"]), (&json!(false), &json!(reason)));
    drop(held);
    world.must(&root, "PUT", "/v1/me/password", body).await;
    let told = newest(&world, &root, "/v1/events", "password_changed").await;
    assert_eq!(told["success"], true);
}
