//! `/v1/organizations/{organization}/radius-clients`.

use serde_json::{Value, json};

use crate::harness::office::{Client, Office};

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

#[test]
fn gear_with_the_old_secret_is_answered_with_it_until_its_time_is_over() {
    let office = Office::new();
    let old = office.client("switch", &json!({}));
    office.user("ada", "correct horse battery");
    let place = format!("radius-clients/{}", old.id);
    let rotate = |keep: u32| {
        let body = json!({"keep_previous_seconds": keep});
        let rotated = office.act("POST", &format!("{place}/secret/rotate"), Some(&body));
        let secret = rotated["secret"].as_str().unwrap().to_owned();
        (Client { id: old.id.clone(), secret }, rotated["previous_secret_until"].clone())
    };
    let (new, until) = rotate(3_600);
    assert!(until.is_string());
    assert_eq!(office.read(&place)["previous_secret_until"], until);
    for client in [&old, &new] {
        let reply = office.login(client, "ada", "correct horse battery");
        assert!(reply.is("Access-Accept"), "{reply:?}");
        let start = "Acct-Status-Type=Start,Acct-Session-Id=1";
        assert!(office.report(client, start).is("Accounting-Response"));
    }
    assert_eq!(office.event("secret_rotated")["subject"]["id"], json!(old.id));
    let lenient = office.client("old", &json!({"require_message_authenticator": false}));
    let path = office.path(&format!("radius-clients/{}/secret/rotate", lenient.id));
    let refused = office.top.send("POST", &path, Some(&json!({"keep_previous_seconds": 60})));
    assert_eq!(refused.status, 422, "{refused:?}");
    assert_eq!(refused.json()["pointer"], "/keep_previous_seconds");
    let (newest, until) = rotate(0);
    assert!(until.is_null());
    for ended in [&old, &new] {
        let attributes = format!(
            "User-Name=ada,User-Password=x,Message-Authenticator=0x00,Packet-Src-IP-Address={}",
            office.address
        );
        let gear = office.gear(ended).with(["-t", "0.3"]);
        assert!(gear.ask("auth", &attributes).kind.is_none());
    }
    assert!(office.login(&newest, "ada", "correct horse battery").is("Access-Accept"));
}

#[test]
fn weak_secrets_and_unsigned_requests_are_warned_of() {
    let office = Office::new();
    let fields = json!({"secret": "sixteen octets..", "require_message_authenticator": false});
    let client = office.client("old gear", &fields);
    let place = format!("radius-clients/{}/weaknesses", client.id);
    let first = office.read(&place);
    assert_eq!(first["weaknesses"], json!(["short_secret", "unsigned_requests_taken"]));
    let attributes =
        format!("User-Name=x,User-Password=x,Packet-Src-IP-Address={}", office.address);
    assert!(office.gear(&client).ask("auth", &attributes).is("Access-Reject"));
    let event = office.event("radius_unsigned");
    assert_eq!(event["subject"]["id"], json!(client.id));
    let all = json!(["short_secret", "unsigned_requests_taken", "unsigned_requests_sent"]);
    assert_eq!(office.read(&place)["weaknesses"], all);
}

#[test]
fn what_is_weak_about_all_clients_of_an_organization_is_in_their_list() {
    let office = Office::new();
    let other = Office::new();
    let same = "one secret of many octets for two";
    let lenient = json!({"secret": "sixteen octets..", "require_message_authenticator": false});
    let old = office.client("old gear", &lenient);
    for (name, source) in [("one", "198.51.100.7/32"), ("two", "198.51.100.8/32")] {
        office.client(name, &json!({"secret": same, "sources": [source]}));
    }
    let good = office.client("good gear", &json!({"sources": ["198.51.100.9/32"]}));
    other.client("elsewhere", &json!({"secret": same, "sources": ["198.51.100.10/32"]}));
    let found = |filter: &str| {
        let shown = office.read(&format!("radius-clients?filter={filter}"))["items"].clone();
        let names = shown.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap());
        names.map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("weaknesses%20pr"), ["old gear", "one", "two"]);
    assert_eq!(found("weaknesses%20eq%20%22same_secret%22"), ["one", "two"]);
    assert_eq!(found("not%20(weaknesses%20pr)"), ["good gear"]);
    let elsewhere = other.read("radius-clients?fields=name,weaknesses")["items"].clone();
    assert_eq!(elsewhere, json!([{"name": "elsewhere", "weaknesses": []}]));
    // The list says of each what is said of it alone.
    let items = office.read("radius-clients?fields=id,weaknesses")["items"].clone();
    assert!(office.read("radius-clients")["items"][0]["weaknesses"].is_null(), "nobody asked");
    for client in [&old, &good] {
        let own = items.as_array().unwrap().iter().find(|it| it["id"] == json!(client.id)).unwrap();
        let alone = office.read(&format!("radius-clients/{}/weaknesses", client.id));
        assert_eq!(own["weaknesses"], alone["weaknesses"], "{own}");
        assert!(office.read(&format!("radius-clients/{}", client.id))["weaknesses"].is_null());
    }
}

#[test]
fn unsigned_requests_that_meet_silence_are_warned_of_where_one_client_alone_can_have_sent_them() {
    let office = Office::new();
    let client = office.client("gear", &json!({}));
    let weaknesses = |client: &Client| {
        office.read(&format!("radius-clients/{}/weaknesses", client.id))["weaknesses"].clone()
    };
    assert_eq!(weaknesses(&client), json!([]));
    let unsigned = format!("User-Name=x,User-Password=x,Packet-Src-IP-Address={}", office.address);
    let gear = office.gear(&client).with(["-t", "0.3"]);
    assert!(gear.ask("auth", &unsigned).kind.is_none());
    let event = office.event("radius_unsigned");
    assert_eq!(event["subject"]["id"], json!(client.id));
    // Nothing proves whose gear is there.
    assert!(event["source"].is_null(), "{event}");
    assert_eq!(weaknesses(&client), json!(["unsigned_requests_dropped"]));
    let twin = office.client("beside it", &json!({}));
    assert!(gear.ask("auth", &unsigned).kind.is_none());
    assert_eq!(weaknesses(&twin), json!([]));
}

#[test]
fn gear_is_told_nothing_about_sessions_unless_its_client_says_so() {
    let office = Office::new();
    let client = office.client("switch", &json!({}));
    let place = format!("radius-clients/{}", client.id);
    let none = json!({"port": 3799, "suspended": "nothing", "locked": "nothing",
        "left_group": "nothing", "joined_group": "nothing", "password_changed": "nothing",
        "certificate_revoked": "nothing", "policy_changed": "nothing",
        "disconnect_when_refused": false, "way": "datagram"});
    assert_eq!(office.read(&place)["orders"], none);
    let wanted = json!({"orders": {"port": 1700, "left_group": "disconnect"}});
    let patched = office.act("PATCH", &place, Some(&wanted));
    assert_eq!(patched["orders"]["port"], 1700);
    assert_eq!(patched["orders"]["left_group"], "disconnect");
    assert_eq!(office.read(&place)["orders"]["suspended"], "nothing");
    for (orders, pointer) in [
        (json!({"port": 1023}), "/orders/port"),
        (json!({"port": 65_536}), "/orders/port"),
        (json!({"suspended": "explode"}), "/orders/suspended"),
        (json!({"deleted": "disconnect"}), "/orders/deleted"),
    ] {
        let patch = json!({"orders": orders});
        let refused = office.top.send("PATCH", &office.path(&place), Some(&patch));
        assert_eq!(refused.status, 422, "{orders}: {refused:?}");
        assert_eq!(refused.json()["pointer"], pointer, "{orders}");
    }
}
