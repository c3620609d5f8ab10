//! New passwords, of which so many are hashed at once.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use serde_json::json;
use uuid::Uuid;

use super::world::World;
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
