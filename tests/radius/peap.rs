//! PEAP version 0 with EAP-MSCHAPv2 (draft-kamath-pppext-peapv0, MS-PEAP).

use serde_json::json;

use crate::harness::eapol::Peer;
use crate::harness::office::{Client, Office};

const PASSWORD: &str = "correct horse battery";

fn peap(office: &Office, gear: &Client, user: &str, password: &str) -> Peer {
    let peer = office.peer(gear, "PEAP").quoted("anonymous_identity", "anonymous");
    peer.quoted("identity", user).quoted("password", password).quoted("phase2", "auth=MSCHAPV2")
}

#[test]
fn a_password_lets_in_by_tls_1_2_and_1_3_and_both_sides_have_the_same_keys() {
    let office = Office::new();
    office.set(&json!({"ms_chap": true}));
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    for version in ["1.2", "1.3"] {
        peap(&office, &gear, "ada", PASSWORD).tls(version).with(["-e"]).gets_in();
        peap(&office, &gear, "ada", PASSWORD).tls(version).set("fragment_size", "150").gets_in();
        peap(&office, &gear, "ada", "wrong horse battery").tls(version).stays_out();
        peap(&office, &gear, "nobody", PASSWORD).tls(version).stays_out();
    }
}

#[test]
fn without_hashes_that_the_organization_lets_be_kept_nobody_gets_in() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    peap(&office, &gear, "ada", PASSWORD).stays_out();
}

#[test]
fn a_peer_that_comes_back_resumes_its_session() {
    let office = Office::new();
    office.set(&json!({"ms_chap": true}));
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    for version in ["1.2", "1.3"] {
        let verdict = peap(&office, &gear, "ada", PASSWORD).tls(version).with(["-r1"]).gets_in();
        assert!(verdict.resumed(), "{version}: {}", verdict.output.stdout);
        let asked = verdict.count("EAP-MSCHAPV2: Authentication succeeded");
        assert_eq!(asked, 1, "{version}: {}", verdict.output.stdout);
    }
}

#[test]
fn a_peer_that_wants_another_method_inside_is_told_of_with_what_it_wants() {
    let office = Office::new();
    office.set(&json!({"ms_chap": true}));
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    let peap = peap(&office, &gear, "ada", PASSWORD).quoted("phase2", "auth=GTC");
    let ttls = office.ttls(&gear, "autheap=MD5", "ada", PASSWORD);
    for (peer, kind) in [(peap, 6), (ttls, 4)] {
        peer.stays_out();
        let why = format!("the peer wants no method that is offered; it asked for types [{kind}]");
        let is_told = |_| office.event("radius_access")["reason"] == why;
        assert!((0..10_000).any(is_told), "{why}: {:?}", office.events());
    }
}

#[test]
fn a_phone_with_an_old_password_locks_nobody_out() {
    const NEW: &str = "another horse battery";
    let office = Office::new();
    office.set(&json!({"ms_chap": true, "lockout": {"threshold": 3}}));
    let ada = office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    office.act("PUT", &format!("users/{ada}/password"), Some(&json!({"password": NEW})));
    for _ in 0..4 {
        peap(&office, &gear, "ada", PASSWORD).stays_out();
    }
    peap(&office, &gear, "ada", NEW).gets_in();
}
