//! RADIUS/1.1. No client that Debian has speaks it: packets are written by hand, or translated.

use serde_json::json;

use crate::harness::authority::{Authority, Holder, Issued};
use crate::harness::client::{Client, Output};
use crate::harness::office::{Client as Gear, Office};
use crate::harness::radsec::{RADSEC, RadSec};
use crate::harness::wire::Request;

const PASSWORD: &str = "correct horse battery";

struct Gateway {
    office: Office,
    gear: Gear,
    issued: Issued,
    _authority: Authority,
}

impl Gateway {
    fn new() -> Self {
        let (office, authority) = (Office::new(), Authority::new("whoever"));
        let issued = authority.issue(&Holder { common_name: "gateway", ..Holder::default() });
        let certificates = json!({"fingerprints": [issued.fingerprint()]});
        let fields = json!({"sources": [], "certificates": certificates});
        let gear = office.client("gateway", &fields);
        office.user("ada", PASSWORD);
        Self { office, gear, issued, _authority: authority }
    }

    fn connect(&self, protocols: &[&str]) -> std::io::Result<RadSec> {
        let radius = &self.office.demo.radius;
        let place = (radius.radsec.as_str(), self.office.demo.ca_file.as_str());
        RadSec::connect(place, Some(&self.issued), protocols)
    }

    fn openssl(&self, version: &str, protocols: &str) -> Output {
        let address = &self.office.demo.radius.radsec;
        let (certificate, key) = (&self.issued.certificate, &self.issued.key);
        Client::new("openssl", "openssl")
            .args(["s_client", "-connect", address, version, "-alpn", protocols, "-cert"])
            .arg(certificate)
            .arg("-key")
            .arg(key)
            .run()
    }
}

/// A packet with a token.
fn packet(code: u8, token: u32, attributes: &[(u8, &[u8])]) -> Vec<u8> {
    let mut octets = vec![code, 0, 0, 0];
    octets.extend(token.to_be_bytes());
    octets.extend([0; 12]);
    for (kind, value) in attributes {
        octets.extend([*kind, u8::try_from(value.len() + 2).unwrap()]);
        octets.extend(*value);
    }
    let length = u16::try_from(octets.len()).unwrap().to_be_bytes();
    octets[2..4].copy_from_slice(&length);
    octets
}

#[test]
fn section_4_and_5_passwords_go_as_they_are_and_answers_by_their_tokens() {
    let gateway = Gateway::new();
    let mut connection = gateway.connect(&["radius/1.1", "radius/1.0"]).unwrap();
    assert_eq!(connection.protocol(), Some(&b"radius/1.1"[..]));
    let login = |token, password: &str| packet(1, token, &[(1, b"ada"), (2, password.as_bytes())]);
    connection.send(&login(0xffff_fffe, PASSWORD));
    assert_eq!(connection.receive().unwrap(), packet(2, 0xffff_fffe, &[]));
    connection.send(&login(0xffff_ffff, "wrong"));
    assert_eq!(connection.receive().unwrap(), packet(3, 0xffff_ffff, &[]));
    connection.send(&packet(12, 0, &[]));
    assert_eq!(connection.receive().unwrap(), packet(2, 0, &[]));
    let start = [(40, &[0, 0, 0, 1][..]), (44, b"5f3a"), (1, b"ada"), (33, b"p")];
    connection.send(&packet(4, 1, &start));
    assert_eq!(connection.receive().unwrap(), packet(5, 1, &[(33, b"p")]));
    assert_eq!(gateway.office.read("sessions")["items"][0]["name"], "5f3a");
    // Tokens of 256 and more at the same time, which no identifier could tell apart.
    let octets: Vec<u8> = (1_000..1_200_u32).flat_map(|token| login(token, PASSWORD)).collect();
    connection.send(&octets);
    let token = |octets: Vec<u8>| u32::from_be_bytes(octets[4..8].try_into().unwrap());
    let mut tokens: Vec<u32> = (0..200).map(|_| token(connection.receive().unwrap())).collect();
    tokens.sort_unstable();
    assert!(tokens.into_iter().eq(1_000..1_200));
}

#[test]
fn section_4_2_2_a_token_that_is_in_use_ends_the_connection_whatever_the_reserved_fields_say() {
    for noise in [0, 7] {
        let gateway = Gateway::new();
        let mut connection = gateway.connect(&["radius/1.1"]).unwrap();
        let login = packet(1, 5, &[(1, b"ada"), (2, PASSWORD.as_bytes())]);
        let mut again = login.clone();
        again[1] = noise;
        again[8..20].fill(noise);
        // The password is hashed while the second one comes.
        connection.send(&[login, again].concat());
        assert_eq!(connection.receive(), None, "{noise}");
    }
}

#[test]
fn section_3_3_what_is_agreed_on_is_what_both_sides_speak() {
    let gateway = Gateway::new();
    for (asked, agreed) in [
        (&["radius/1.1"][..], Some("radius/1.1")),
        (&["radius/1.0", "radius/1.1"], Some("radius/1.1")),
        (&["radius/1.0"], Some("radius/1.0")),
        (&[], None),
    ] {
        let connection = gateway.connect(asked).unwrap();
        assert_eq!(connection.protocol(), agreed.map(str::as_bytes), "{asked:?}");
    }
    assert!(gateway.connect(&["radius/2.0"]).is_err());
}

/// "Session Resumption".
#[test]
fn a_session_is_resumed_with_the_version_that_it_began_with_alone() {
    let (old, new) = (&["radius/1.0"][..], &["radius/1.1"][..]);
    for (first, second, is_resumed) in [
        (old, new, false),
        (new, old, false),
        (&[], new, false),
        (new, &[], false),
        (old, old, true),
        (new, new, true),
    ] {
        let gateway = Gateway::new();
        let (address, ca_file) = (&gateway.office.demo.radius.radsec, &gateway.office.demo.ca_file);
        let versions = [&rustls::version::TLS13];
        let mut config = RadSec::config(ca_file, Some(&gateway.issued), first, &versions);
        // What comes behind the handshake brings the ticket.
        let mut connection = RadSec::connect_as(address, &config.clone().into()).unwrap();
        connection.send(&status(first));
        assert!(connection.receive().is_some(), "{first:?}");
        config.alpn_protocols = second.iter().map(|name| name.as_bytes().to_vec()).collect();
        let mut connection = RadSec::connect_as(address, &config.into()).unwrap();
        assert_eq!(connection.is_resumed(), is_resumed, "{first:?} {second:?}");
        assert_eq!(connection.protocol(), second.first().map(|name| name.as_bytes()));
        connection.send(&status(second));
        assert!(connection.receive().is_some(), "{second:?}");
    }
}

/// A Status-Server for a connection that asked for these protocols.
fn status(protocols: &[&str]) -> Vec<u8> {
    match protocols {
        ["radius/1.1"] => packet(12, 7, &[]),
        _ => Request::status(RADSEC).encode(),
    }
}

/// Section 3.4: TLS 1.3 and nothing older.
#[test]
fn openssl_agrees_on_radius_1_1_inside_tls_1_3_alone() {
    let gateway = Gateway::new();
    let newest = gateway.openssl("-tls1_3", "radius/1.1,radius/1.0");
    assert!(newest.stdout.contains("ALPN protocol: radius/1.1"), "{newest:?}");
    let older = gateway.openssl("-tls1_2", "radius/1.1,radius/1.0");
    assert!(older.stdout.contains("ALPN protocol: radius/1.0"), "{older:?}");
    let refused = gateway.openssl("-tls1_2", "radius/1.1");
    assert!(refused.stderr.contains("no application protocol"), "{refused:?}");
}

#[test]
fn packets_of_the_other_version_are_none() {
    let gateway = Gateway::new();
    let mut connection = gateway.connect(&[]).unwrap();
    connection.send(&packet(4, 1, &[(40, &[0, 0, 0, 1]), (44, b"x")]));
    assert_eq!(connection.receive(), None, "an Accounting-Request without an authenticator");
}

#[test]
fn section_5_1_4_the_keys_of_a_conversation_go_as_they_are_and_are_those_of_the_peer() {
    let gateway = Gateway::new();
    let mut connection = gateway.connect(&["radius/1.1"]).unwrap();
    for version in ["1.2", "1.3"] {
        let peer =
            |password| gateway.office.ttls(&gateway.gear, "auth=PAP", "ada", password).tls(version);
        let verdict = connection.asked_by(&peer(PASSWORD).with(["-e"]));
        assert!(verdict.is_success(), "{version}: {}", verdict.output.stdout);
        let verdict = connection.asked_by(&peer("wrong horse battery"));
        let said = &verdict.output.stdout;
        assert!(!verdict.is_success() && verdict.says("Access-Reject"), "{version}: {said}");
        // A reject has neither keys nor a success of EAP.
        assert!(verdict.says("EAP: Received EAP-Failure"), "{version}: {said}");
    }
}
