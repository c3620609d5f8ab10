//! `/v1/events` and `/v1/organizations/{organization}/events`.

use serde_json::{Value, json};

use crate::harness::office::Office;

const PASSWORD: &str = "correct horse battery";

/// The newest event of an action.
fn newest(events: &[Value], action: &str) -> Value {
    let found = events.iter().find(|event| event["action"] == action);
    found.unwrap_or_else(|| panic!("no {action} in {events:#?}")).clone()
}

#[test]
fn a_change_is_told_with_who_from_where_and_what_was_before_and_after() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    let admin = office.admin("manager");
    let place = office.path(&format!("users/{id}"));
    let patch = json!({"title": "Countess"});
    assert_eq!(admin.session.send("PATCH", &place, Some(&patch)).status, 200);
    let event = newest(&office.events(), "changed");
    assert_eq!((&event["success"], &event["reason"]), (&json!(true), &Value::Null));
    assert_eq!(event["actor"]["kind"], "admin");
    assert_eq!(event["actor"]["name"], json!(admin.login));
    assert_eq!(event["source"], "127.0.0.1");
    assert_eq!(event["subject"], json!({"kind": "user", "id": id, "name": "ada"}));
    let expected = json!([{"field": "title", "before": null, "after": "Countess"}]);
    assert_eq!(event["differences"], expected);
}

#[test]
fn refusals_and_failed_logins_are_told_with_the_reason_in_words() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let reader = office.admin("read_only");
    let path = office.path("groups");
    assert_eq!(reader.session.send("POST", &path, Some(&json!({"name": "x"}))).status, 403);
    let refused = office.event("refused");
    assert_eq!(
        (&refused["success"], &refused["actor"]["name"]),
        (&json!(false), &json!(reader.login))
    );
    assert!(refused["reason"].as_str().unwrap().contains("manage_identities"), "{refused}");
    let login = crate::harness::wire::Request::login(&client.secret, "ada", "wrong");
    office.wire().ask(&login);
    let failed = office.event("radius_access");
    assert_eq!((&failed["success"], &failed["actor"]["name"]), (&json!(false), &json!("ada")));
    assert_eq!(failed["source"], json!(office.address.to_string()));
    assert_eq!(failed["reason"], "the password is wrong");
}

#[test]
fn no_event_ever_holds_a_secret() {
    let office = Office::new();
    let id = office.user("ada", PASSWORD);
    let mut secrets = vec![PASSWORD.to_owned(), "another long password".to_owned()];
    let new = json!({"password": "another long password"});
    office.act("PUT", &format!("users/{id}/password"), Some(&new));
    let account = office.make("service-accounts", &json!({"name": "application"}));
    secrets.push(account["password"].as_str().unwrap().to_owned());
    let place = format!("service-accounts/{}/rotate", account["id"].as_str().unwrap());
    let rotated = office.act("POST", &place, None);
    secrets.push(rotated["password"].as_str().unwrap().to_owned());
    let client = office.client("switch", &json!({}));
    secrets.push(client.secret.clone());
    let fresh = json!({"secret": "a secret of many letters"});
    office.act("PUT", &format!("radius-clients/{}/secret", client.id), Some(&fresh));
    secrets.push("a secret of many letters".to_owned());
    let admin = office.admin("manager");
    secrets.push(admin.session.token().to_owned());
    secrets.push(crate::harness::admin::PASSWORD.to_owned());
    let seed = admin.otpauth_uri.split(['?', '&']).find_map(|part| part.strip_prefix("secret="));
    secrets.push(seed.unwrap().to_owned());
    let ours = serde_json::to_string(&office.events()).unwrap();
    let all = office.top.get("/v1/events?limit=200").body;
    for secret in secrets {
        assert!(!ours.contains(&secret) && !all.contains(&secret), "{secret} is told");
    }
    for action in ["password_set", "secret_rotated", "created", "mfa_enrolled"] {
        newest(&office.events(), action);
    }
}

#[test]
fn events_come_in_pages_the_newest_first_and_by_action_and_actor() {
    let office = Office::new();
    for number in 0..12 {
        office.group(&format!("group {number}"), &[], &[]);
    }
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let more = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = office.read(&format!("events?limit=5{more}"));
        all.extend(page["items"].as_array().unwrap().clone());
        cursor = page["next"].as_str().map(ToOwned::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(all, office.events());
    let sequences: Vec<u64> = all.iter().map(|it| it["sequence"].as_u64().unwrap()).collect();
    assert!(sequences.is_sorted_by(|newer, older| newer > older), "{sequences:?}");
    let created = office.read("events?action=created&limit=200");
    let created = created["items"].as_array().unwrap();
    assert!(created.len() >= 12);
    assert!(created.iter().all(|event| event["action"] == "created"));
    assert_eq!(office.read("events?actor=nobody-like-that")["items"], json!([]));
    assert!(matches!(office.top.get(&office.path("events?action=nonsense")).status, 400 | 422));
}

#[test]
fn each_organization_has_its_own_events() {
    let (office, other) = (Office::new(), Office::new());
    office.group("only here", &[], &[]);
    other.group("only there", &[], &[]);
    let told = serde_json::to_string(&office.events()).unwrap();
    assert!(told.contains("only here") && !told.contains("only there"), "{told}");
}
