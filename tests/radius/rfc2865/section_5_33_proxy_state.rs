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

#[test]
fn radclient_gets_its_proxy_states_back_where_they_are_signed_or_the_client_is_a_proxy() {
    let office = Office::new();
    let client = office.client("legacy", &json!({"require_message_authenticator": false}));
    office.user("ada", "correct horse battery");
    let ask = |patience: &str, password: &str, more: &str| {
        let attributes = format!(
            "User-Name=ada,User-Password=\"{password}\"{more},Packet-Src-IP-Address={}",
            office.address
        );
        office.gear(&client).with(["-t", patience]).ask("auth", &attributes)
    };
    let tells = |kind: &str, password: &str, more: &str| {
        let reply = ask("5", password, more);
        assert!(reply.is(kind), "{more}: {reply:?}");
        let states = more.split(',').filter_map(|it| it.strip_prefix("Proxy-State="));
        let states: Vec<&str> = states.collect();
        assert_eq!(reply.values("Proxy-State"), states, "{more}: {reply:?}");
    };
    let states = ",Proxy-State=0x7365636f6e64,Proxy-State=0x6669727374";
    let signed = format!("{states},Message-Authenticator=0x00");
    tells("Access-Accept", "correct horse battery", "");
    tells("Access-Accept", "correct horse battery", &signed);
    tells("Access-Reject", "wrong", &signed);
    let is_silent = || ask("0.3", "correct horse battery", states).kind.is_none();
    assert!(is_silent());
    let told = office.event("radius_dropped");
    assert_eq!(told["reason"], "Proxy-State without Message-Authenticator", "{told}");
    assert_eq!(told["subject"]["id"], client.id, "{told}");
    let limit = |limits: bool| {
        let path = format!("radius-clients/{}", client.id);
        office.act("PATCH", &path, Some(&json!({"limit_proxy_state": limits})));
    };
    limit(false);
    tells("Access-Accept", "correct horse battery", states);
    tells("Access-Reject", "wrong", states);
    limit(true);
    assert!(is_silent());
}
