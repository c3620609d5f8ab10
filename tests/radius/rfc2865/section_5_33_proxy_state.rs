//! Proxy-State: all of them, unchanged, in order, in every reply.

use serde_json::json;

use crate::harness::office::Office;
use crate::harness::wire::{ACCEPT, Answer, PROXY_STATE, REJECT, Request};

const STATES: [&[u8]; 4] = [b"second", b"first", b"second", &[0, 255, 0]];

#[test]
fn proxy_states_come_back_in_order_with_an_accept_and_with_a_reject() {
    let office = Office::new();
    let client = office.client("proxy", &json!({}));
    office.user("ada", "correct horse battery");
    let wire = office.wire();
    let ask = |password: &str| -> Answer {
        let login = Request::login(&client.secret, "ada", password);
        wire.ask(&STATES.iter().fold(login, |login, state| login.with(PROXY_STATE, state)))
    };
    let accept = ask("correct horse battery");
    assert_eq!(accept.code, ACCEPT);
    assert_eq!(accept.values(PROXY_STATE), STATES);
    let reject = ask("wrong");
    assert_eq!(reject.code, REJECT);
    assert_eq!(reject.values(PROXY_STATE), STATES);
    let status = STATES
        .iter()
        .fold(Request::status(&client.secret), |request, state| request.with(PROXY_STATE, state));
    assert_eq!(wire.ask(&status).values(PROXY_STATE), STATES);
}

#[test]
fn without_a_message_authenticator_proxy_states_are_served_for_proxies_alone() {
    let office = Office::new();
    let legacy = json!({"require_message_authenticator": false});
    let client = office.client("legacy", &legacy);
    office.user("ada", "correct horse battery");
    let (wire, honest) = (office.wire(), office.wire());
    let bare = || Request::login(&client.secret, "ada", "correct horse battery").without(80);
    assert_eq!(wire.ask(&bare()).code, ACCEPT);
    let proxied = || bare().with(PROXY_STATE, b"state");
    assert!(wire.meets_silence(&proxied().encode(), &honest, &client.secret));
    let proxy = json!({"limit_proxy_state": false});
    office.act("PATCH", &format!("radius-clients/{}", client.id), Some(&proxy));
    assert_eq!(wire.ask(&proxied()).values(PROXY_STATE), [b"state"]);
}
