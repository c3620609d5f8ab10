//! EAP: what is offered, refused, and no packet at all.

use rustls::version::TLS13;
use serde_json::json;

use crate::harness::authority::{Authority, Holder};
use crate::harness::office::Office;
use crate::harness::radsec::{RADSEC, RadSec};
use crate::harness::supplicant::{IDENTITY, NAK, TLS, TTLS, response};
use crate::harness::wire::{ACCEPT, CHALLENGE, REJECT, Request};

const PASSWORD: &str = "correct horse battery";

#[test]
fn section_5_3_1_a_peer_that_wants_another_method_gets_it() {
    let office = Office::new();
    office.set(&json!({"ms_chap": true}));
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    for methods in ["PEAP", "TTLS", "MD5 PEAP", "GTC TTLS PEAP"] {
        let peer = office.peer(&gear, methods).quoted("identity", "ada");
        peer.quoted("password", PASSWORD).quoted("phase2", "auth=MSCHAPV2").gets_in();
    }
}

#[test]
fn section_5_3_1_methods_without_a_tunnel_and_those_that_were_refused_are_not_offered() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    for wanted in [&[4][..], &[6], &[17], &[26], &[0], &[], &[TTLS], &[254, 1]] {
        let mut peer = office.supplicant(&gear);
        peer.begin(TTLS);
        assert_eq!(peer.respond(NAK, wanted).code, REJECT, "{wanted:?}");
    }
    for method in ["MD5", "GTC", "MSCHAPV2", "LEAP"] {
        let peer = office.peer(&gear, method).quoted("identity", "ada");
        peer.quoted("password", PASSWORD).stays_out();
    }
}

#[test]
fn section_4_what_is_no_response_lets_nobody_in_and_harms_nobody() {
    let office = Office::new();
    let gear = office.client("wlan", &json!({}));
    let bad: [&[u8]; 8] = [
        &[2],
        &[2, 0, 0, 4],
        &[2, 0, 0, 200, 1],
        &[2, 0, 0, 0, 1],
        &[1, 0, 0, 5, 1],
        &[3, 0, 0, 4],
        &[4, 0, 0, 4],
        &[99, 0, 0, 5, 1],
    ];
    for packet in bad {
        let answer = office.supplicant(&gear).send(packet);
        assert_eq!(answer.code, REJECT, "{packet:?}");
        assert!(answer.state().is_empty(), "{packet:?}");
        let mut peer = office.supplicant(&gear);
        peer.begin(TTLS);
        assert_eq!(peer.send(packet).code, REJECT, "{packet:?}");
    }
    for data in [&[][..], &[0x80], &[0x80, 0, 0], &[0x40], &[0x07, 1], &[0, 0x16, 3, 3, 0xff, 0xff]]
    {
        let mut peer = office.supplicant(&gear);
        peer.begin(TLS);
        let answer = peer.respond(TLS, data);
        assert!([REJECT, CHALLENGE].contains(&answer.code), "{data:?}");
    }
    office.user("ada", PASSWORD);
    office.ttls(&gear, "auth=PAP", "ada", PASSWORD).gets_in();
}

#[test]
fn section_4_1_a_response_to_another_request_is_met_with_silence() {
    let office = Office::new();
    let gear = office.client("wlan", &json!({}));
    let mut peer = office.supplicant(&gear);
    peer.begin(TTLS);
    let other = response(250, TTLS, &[0]);
    let request = Request::eap(&gear.secret, &other, &peer.state);
    assert!(office.wire().meets_silence(&request.encode(), &office.wire(), &gear.secret));
    office.user("ada", PASSWORD);
    let ended = office.supplicant(&gear).tunnel(TTLS, &office.tunnel(&TLS13), &[]);
    assert_eq!(ended.answer.code, REJECT);
}

#[test]
fn section_4_1_a_response_to_another_request_is_met_with_silence_inside_tls_too() {
    let (office, authority) = (Office::new(), Authority::new("whoever"));
    let issued = authority.issue(&Holder { common_name: "gateway", ..Holder::default() });
    let certificates = json!({"fingerprints": [issued.fingerprint()]});
    office.client("gateway", &json!({"sources": [], "certificates": certificates}));
    let place = (office.demo.radius.radsec.as_str(), office.demo.ca_file.as_str());
    let mut connection = RadSec::connect(place, Some(&issued), &[]).unwrap();
    let name = response(0, IDENTITY, b"anonymous");
    let offer = connection.ask(&Request::eap(RADSEC, &name, &[]));
    assert_eq!(offer.code, CHALLENGE);
    let (identifier, state) = (offer.packet()[1], offer.state());
    let other = response(identifier ^ 0x80, NAK, &[TLS]);
    connection.send(&Request::eap(RADSEC, &other, &state).encode());
    // Each answer is checked to be that of the last request.
    assert_eq!(connection.ask(&Request::status(RADSEC)).code, ACCEPT);
    let right = response(identifier, NAK, &[TLS]);
    assert_eq!(connection.ask(&Request::eap(RADSEC, &right, &state)).code, CHALLENGE);
}

#[test]
fn section_5_1_unknown_users_are_offered_what_known_ones_are() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    let offered = |name: &str| {
        let answer = office.supplicant(&gear).respond(IDENTITY, name.as_bytes());
        (answer.code, answer.packet(), answer.state().len())
    };
    assert_eq!(offered("ada"), offered("nobody"));
}

#[test]
fn section_5_3_1_an_organization_chooses_what_is_offered() {
    let office = Office::new();
    office.set(&json!({"ms_chap": true}));
    office.user("ada", PASSWORD);
    let gear = office.client("wlan", &json!({}));
    assert_eq!(office.read("settings")["eap_methods"], json!(["ttls", "peap", "tls"]));
    let ttls = office.ttls(&gear, "auth=PAP", "ada", PASSWORD);
    let peap = office.peer(&gear, "PEAP").quoted("identity", "ada");
    let peap = peap.quoted("password", PASSWORD).quoted("phase2", "auth=MSCHAPV2");
    office.set(&json!({"eap_methods": ["peap"]}));
    assert_eq!(office.read("settings")["eap_methods"], json!(["peap"]));
    peap.gets_in();
    ttls.stays_out();
    office.set(&json!({"eap_methods": []}));
    peap.stays_out();
    office.set(&json!({"eap_methods": ["tls", "ttls"]}));
    ttls.gets_in();
    peap.stays_out();
}
