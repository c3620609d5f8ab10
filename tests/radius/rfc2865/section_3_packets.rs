//! Packets: which are answered, and whose they are.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::office::{Client, Office};
use crate::harness::radius::Gear;
use crate::harness::server::Site;
use crate::harness::wire::{ACCEPT, REJECT, Request, Wire, sign};

const PASSWORD: &str = "correct horse battery";

/// An organization with a user and gear.
fn site() -> (Office, Client) {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let gear = office.client("switch", &json!({}));
    (office, gear)
}

#[test]
fn two_organizations_on_one_address_are_told_apart_by_their_secrets() {
    let demo = Demo::shared();
    let (acme, globex) = (demo.acme(), demo.globex());
    let (here, there) = (&acme.user("ada").password, &globex.user("ada").password);
    let vlan = "Tunnel-Private-Group-Id:0";
    let reply = demo.gear(acme.gear()).login("ada", here);
    assert!(reply.is("Access-Accept"), "{reply:?}");
    assert_eq!(reply.values(vlan), ["20"]);
    let reply = demo.gear(globex.gear()).login("ada", there);
    assert!(reply.is("Access-Accept"), "{reply:?}");
    assert_eq!(reply.values(vlan), ["30"]);
    assert!(demo.gear(acme.gear()).login("ada", there).is("Access-Reject"));
    assert!(demo.gear(globex.gear()).login("ada", here).is("Access-Reject"));
    assert!(
        demo.gear(acme.gear()).login("alan", &globex.user("alan").password).is("Access-Reject")
    );
}

/// What gear asks at one address is answered from there, whichever the kernel would take.
#[test]
fn a_reply_leaves_from_the_address_that_was_asked() {
    let Some(mut demo) = Demo::own() else { return };
    let acme = demo.acme().clone();
    let (ada, secret) = (acme.user("ada").password.clone(), acme.gear().secret.clone());
    demo.daemon().stop();
    let Some(site) = Site::of_demo(demo.folder()) else { return };
    let server = site.radius_at("0.0.0.0").serve();
    let port = server.radius_auth.rsplit_once(':').unwrap().1;
    for address in ["127.0.0.1", "127.0.0.2", "127.9.9.9", "127.0.0.1"] {
        let gear = Gear::new(&format!("{address}:{port}"), &secret);
        let reply = gear.login("ada", &ada);
        assert!(reply.is("Access-Accept"), "{address}: {reply:?}");
        let from = format!("from {address}:{port}");
        assert!(reply.output.stdout.contains(&from), "{from}: {reply:?}");
    }
}

#[test]
fn a_wrong_secret_is_met_with_silence() {
    let (office, gear) = site();
    let (stranger, honest) = (office.wire(), office.wire());
    let wrong = Request::login("a secret that nobody has", "ada", PASSWORD);
    assert!(stranger.meets_silence(&wrong.encode(), &honest, &gear.secret));
    // Whose gear alone may be there learns of it.
    let told = office.event("radius_dropped");
    assert_eq!(told["reason"], "the Message-Authenticator fits no shared secret", "{told}");
    assert_eq!(told["source"], json!(office.address.to_string()));
    let subject = json!({"kind": "radius_client", "id": gear.id, "name": "switch"});
    assert_eq!(told["subject"], subject, "{told}");
}

#[test]
fn an_address_without_a_client_is_met_with_silence_on_every_port_and_code() {
    let (office, gear) = site();
    let honest = office.wire();
    let elsewhere = Ipv4Addr::new(127, 9, 9, 9);
    for port in [&office.demo.radius.auth, &office.demo.radius.acct] {
        let stranger = Wire::from(elsewhere, port);
        for code in [1, 4, 12, 40, 43] {
            let mut request = Request::login(&gear.secret, "ada", PASSWORD);
            request.code = code;
            assert!(stranger.meets_silence(&request.encode(), &honest, &gear.secret), "{code}");
        }
    }
}

#[test]
fn a_secret_is_worth_nothing_from_an_address_that_its_client_was_not_given() {
    let (one, other) = (Office::new(), Office::new());
    one.user("ada", "correct horse battery");
    let client = one.client("switch", &json!({}));
    let login = || Request::login(&client.secret, "ada", "correct horse battery");
    let stolen = other.client("switch", &json!({}));
    let honest = one.wire();
    assert_eq!(honest.ask(&login()).code, ACCEPT);
    assert!(other.wire().meets_silence(&login().encode(), &other.wire(), &stolen.secret));
}

#[test]
fn other_codes_are_met_with_silence_and_never_taken_for_a_login() {
    let (office, gear) = site();
    let (wire, honest) = (office.wire(), office.wire());
    for code in [0, 2, 3, 4, 5, 11, 13, 40, 41, 43, 44, 255] {
        let mut request = Request::login(&gear.secret, "ada", PASSWORD);
        request.code = code;
        assert!(wire.meets_silence(&request.encode(), &honest, &gear.secret), "code {code}");
    }
}

#[test]
fn the_accounting_port_answers_no_access_request() {
    let (office, gear) = site();
    let (wire, honest) = (Wire::from(office.address, &office.demo.radius.acct), office.wire());
    let login = Request::login(&gear.secret, "ada", PASSWORD);
    assert!(wire.meets_silence(&login.encode(), &honest, &gear.secret));
}

#[test]
fn truncated_and_malformed_packets_are_met_with_silence() {
    let (office, gear) = site();
    let (wire, honest) = (office.wire(), office.wire());
    let whole = Request::login(&gear.secret, "ada", PASSWORD).encode();
    let mut shapes: Vec<(&str, Vec<u8>)> = vec![
        ("no octet", Vec::new()),
        ("a header's half", whole[..10].to_vec()),
        ("shorter than its length", whole[..whole.len() - 1].to_vec()),
    ];
    for (name, length) in [("length 19", 19), ("length 4097", 4097), ("length 65535", 65535)] {
        let mut packet = whole.clone();
        packet[2..4].copy_from_slice(&u16::to_be_bytes(length));
        packet.resize(packet.len().max(4200), 0);
        shapes.push((name, packet));
    }
    for (name, length) in [("attribute length 0", 0), ("1", 1), ("beyond the end", 255)] {
        let mut packet = whole.clone();
        packet[21] = length;
        sign(&mut packet, gear.secret.as_bytes());
        shapes.push((name, packet));
    }
    let crowd = (0..300)
        .fold(Request::login(&gear.secret, "ada", PASSWORD), |request, _| request.with(200, b"x"));
    shapes.push(("more attributes than anybody needs", crowd.encode()));
    for (name, packet) in shapes {
        assert!(wire.meets_silence(&packet, &honest, &gear.secret), "{name}");
    }
}

#[test]
fn octets_behind_the_packet_are_padding_and_packets_of_4096_octets_are_served() {
    let demo = Demo::shared();
    let (gear, ada) = (demo.acme().gear(), demo.acme().user("ada"));
    let wire = Wire::to(&demo.radius.auth);
    let login = Request::login(&gear.secret, "ada", &ada.password);
    let mut padded = login.encode();
    padded.extend([0xff; 40]);
    wire.send(&padded);
    assert_eq!(login.check(wire.receive()).code, ACCEPT);
    let mut long = Request::login(&gear.secret, "ada", &ada.password);
    while long.encode().len() + 255 <= 4096 {
        long = long.with(200, &[7; 253]);
    }
    let room = 4096 - long.encode().len() - 2;
    let long = long.with(200, &vec![7; room]);
    assert_eq!(long.encode().len(), 4096);
    assert_eq!(wire.ask(&long).code, ACCEPT);
}

#[test]
fn sixty_four_requests_in_flight_on_one_socket_get_their_own_answers() {
    let office = Office::new();
    let client = office.client("controller", &json!({}));
    for number in 0..4 {
        office.user(&format!("user{number}"), &format!("password number {number}"));
    }
    let wire = office.wire();
    let requests: Vec<Request> = (0..64_u8)
        .map(|number| {
            let user = number % 4;
            let name = if number % 8 < 4 { "user" } else { "nobody" };
            let password = format!("password number {user}");
            let mut request = Request::login(&client.secret, &format!("{name}{user}"), &password);
            request.identifier = number;
            request
        })
        .collect();
    requests.iter().for_each(|request| wire.send(&request.encode()));
    for _ in 0..64 {
        let octets = wire.receive();
        let number = usize::from(octets[1]);
        let answer = requests[number].check(octets);
        let expected = if number % 8 >= 4 { REJECT } else { ACCEPT };
        assert_eq!(answer.code, expected, "request {number}");
    }
    assert_eq!(wire.take(), None);
}
