//! Sessions on the network, as the admin API shows them.

use serde_json::{Value, json};

use crate::harness::office::{Client, Office};

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

fn tell(office: &Office, client: &Client, name: &str, user: &str, status: &str) {
    let attributes = format!("Acct-Status-Type={status},Acct-Session-Id={name},User-Name={user}");
    assert!(office.report(client, &attributes).is("Accounting-Response"));
}

#[test]
fn sessions_are_listed_by_login_client_and_state_a_page_at_a_time() {
    let office = Office::new();
    let ada = office.user("ada", "correct horse battery");
    let (gate, wifi) = (office.client("gate", &json!({})), office.client("wifi", &json!({})));
    tell(&office, &gate, "one", "Ada", "Start");
    tell(&office, &wifi, "two", "ada", "Start");
    tell(&office, &wifi, "three", "nobody", "Start");
    tell(&office, &wifi, "two", "ada", "Stop");
    let list = |query: &str| office.read(&format!("sessions{query}"));
    assert_eq!(names(&list("")), ["one", "two", "three"]);
    assert_eq!(names(&list("?open=true")), ["one", "three"]);
    assert_eq!(names(&list("?open=false")), ["two"]);
    assert_eq!(names(&list("?login=ADA")), ["one", "two"]);
    let by_client = format!("?open=true&radius_client={}", wifi.id);
    assert_eq!(names(&list(&by_client)), ["three"]);
    assert_eq!(names(&list("?login=ada&open=true")), ["one"]);
    let first = list("?limit=2");
    let rest = list(&format!("?limit=2&cursor={}", first["next"].as_str().unwrap()));
    assert_eq!((names(&first), names(&rest)), (vec!["one", "two"], vec!["three"]));
    assert!(rest["next"].is_null());
    let shown = &first["items"][0];
    assert_eq!((&shown["user"], &shown["radius_client"]), (&json!(ada), &json!(gate.id)));
    assert_eq!(office.read(&format!("sessions/{}", shown["id"].as_str().unwrap())), *shown);
    office.act("DELETE", &format!("users/{ada}"), None);
    office.act("DELETE", &format!("radius-clients/{}", gate.id), None);
    let gone = list("?login=ada&open=true");
    let shown = &gone["items"][0];
    assert!(shown["user"].is_null() && shown["radius_client"].is_null(), "{shown}");
}

#[test]
fn odd_queries_are_refused() {
    let office = Office::new();
    for query in ["limit=0", "cursor=x", "open=maybe", "radius_client=x", "colour=red"] {
        let response = office.top.get(&office.path(&format!("sessions?{query}")));
        assert!(matches!(response.status, 400 | 422), "{query}: {response:?}");
    }
    let nobodys = "sessions?radius_client=01890000-0000-7000-8000-000000000000";
    assert_eq!(office.top.get(&office.path(nobodys)).status, 422);
}

#[test]
fn events_tell_when_a_session_began_and_how_it_ended() {
    let office = Office::new();
    let gate = office.client("gate", &json!({}));
    tell(&office, &gate, "one", "ada", "Start");
    tell(&office, &gate, "one", "ada", "Interim-Update");
    let ending = "Acct-Status-Type=Stop,Acct-Session-Id=one,User-Name=ada,\
                  Acct-Session-Time=60,Acct-Input-Octets=4711,Acct-Terminate-Cause=User-Request";
    assert!(office.report(&gate, ending).is("Accounting-Response"));
    let ended = office.event("network_session_ended");
    assert_eq!(
        (&ended["actor"]["name"], &ended["subject"]["name"]),
        (&json!("ada"), &json!("one"))
    );
    let counted = ended["differences"].as_array().unwrap();
    let counted = counted.iter().find(|told| told["field"] == "octets_in").unwrap();
    assert_eq!(counted["after"], 4711, "{ended}");
    let found = office.read("events?actor=ada&subject_kind=session");
    let actions: Vec<_> =
        found["items"].as_array().unwrap().iter().map(|event| event["action"].clone()).collect();
    assert_eq!(actions, ["network_session_ended", "network_session_started"], "{found}");
}
