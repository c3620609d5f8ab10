//! `/v1/organizations/{organization}/radius-clients`.

use serde_json::{Value, json};

use crate::harness::office::Office;

#[test]
fn its_secret_is_part_of_no_view_and_each_reveal_is_an_event() {
    let office = Office::new();
    let client = office.client("switch", &json!({}));
    let place = format!("radius-clients/{}", client.id);
    let patched = office.act("PATCH", &place, Some(&json!({"name": "core switch"})));
    for shown in [office.read(&place), office.read("radius-clients"), patched] {
        assert!(!shown.to_string().contains(&client.secret), "{shown}");
    }
    let revealed = |events: &[Value]| {
        events.iter().filter(|event| event["action"] == "secret_revealed").count()
    };
    assert_eq!(revealed(&office.events()), 0);
    for times in 1..=2 {
        let shown = office.act("POST", &format!("{place}/secret/reveal"), None);
        assert_eq!(shown["secret"], json!(client.secret));
        let events = office.events();
        assert_eq!(revealed(&events), times);
        let told = serde_json::to_string(&events).unwrap();
        assert!(!told.contains(&client.secret), "{told}");
    }
}

#[test]
fn weak_secrets_and_impossible_sources_are_refused() {
    let office = Office::new();
    let create = |more: Value| {
        let mut fields = json!({"name": "switch", "sources": ["192.0.2.1/32"]});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        office.top.send("POST", &office.path("radius-clients"), Some(&fields))
    };
    for (more, pointer) in [
        (json!({"secret": "testing123"}), "/secret"),
        (json!({"secret": ""}), "/secret"),
        (json!({"secret": "x".repeat(129)}), "/secret"),
        (json!({"sources": []}), "/sources"),
        (json!({"sources": ["192.0.2.1/33"]}), "/sources/0"),
        (json!({"sources": ["switch.example"]}), "/sources/0"),
        (json!({"sources": ["::ffff:192.0.2.1/128"]}), "/sources/0"),
        (json!({"allowed_groups": ["nonsense"]}), "/allowed_groups/0"),
    ] {
        let refused = create(more.clone());
        assert_eq!(refused.status, 422, "{more}: {refused:?}");
        assert_eq!(refused.json()["pointer"], pointer, "{more}");
    }
    let made = create(json!({}));
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert!(secret.len() >= 24, "a generated secret has at least 24 letters and digits");
    let twin = create(json!({"name": "other", "secret": secret}));
    assert_eq!((twin.status, &twin.json()["pointer"]), (422, &json!("/secret")));
}
