//! Hostile crowds: strangers by the thousand, mutated packets by the ten thousand.

use serde_json::json;

use crate::harness::authority::{Authority, Holder};
use crate::harness::office::Office;
use crate::harness::radsec::{RADSEC, RadSec};
use crate::harness::random::Random;
use crate::harness::resident::resident;
use crate::harness::wire::{ACCEPT, PROXY_STATE, Request, Wire, sign, sign_report};

const PASSWORD: &str = "correct horse battery";
/// Packets of strangers between two honest requests.
const ROUND: usize = 1_000;
/// KiB that memory may grow by.
const GROWTH: u64 = 20 * 1024;

#[test]
fn twenty_thousand_packets_of_strangers_leave_honest_gear_served() {
    let Some(office) = Office::alone() else { return };
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let honest = office.wire();
    let strangers = [
        // Who has no client's address, and who has one but no secret.
        Wire::from([127, 9, 9, 10].into(), &office.demo.radius.auth),
        Wire::from(office.address, &office.demo.radius.auth),
    ];
    let packet = Request::login("a secret that nobody has", "ada", PASSWORD).encode();
    let mut served = 0;
    for _ in 0..20 {
        for number in 0..ROUND {
            strangers[number % 2].send(&packet);
        }
        // Gear repeats its question when the network loses it.
        let login = Request::login(&client.secret, "ada", PASSWORD);
        served += usize::from(honest.ask(&login).code == ACCEPT);
    }
    assert_eq!(served, 20);
    assert!(strangers.iter().all(|stranger| stranger.take().is_none()));
}

#[test]
fn fifty_thousand_mutated_packets_with_a_right_message_authenticator_do_no_harm() {
    let Some(office) = Office::alone() else { return };
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({"require_message_authenticator": false}));
    let (wire, honest, mut random) = (office.wire(), office.wire(), Random::new(0x5eed));
    let seeds = [
        Request::login(&client.secret, "nobody", "guess"),
        Request::login(&client.secret, "nobody", "guess").with(26, &[0, 0, 0, 9, 1, 4, 65, 66]),
        Request::login(&client.secret, "nobody", "guess").with(33, b"state").with(33, b"more"),
        Request::new(1, &client.secret).with(1, b"nobody").with(3, &[7; 17]).authentic(),
        Request::new(1, &client.secret).with(79, &[2, 1, 0, 5, 1]).authentic(),
        Request::status(&client.secret),
    ];
    let seeds = seeds.map(|seed| seed.encode());
    let login = || Request::login(&client.secret, "ada", PASSWORD);
    let batch = |random: &mut Random| {
        for _ in 0..20 {
            for _ in 0..100 {
                let mut packet = random.one_of(&seeds).clone();
                random.mutate(&mut packet);
                if random.below(8) > 0 && packet.len() >= 4 {
                    // The length and the Message-Authenticator are right, whatever else is not.
                    let length = u16::try_from(packet.len()).unwrap();
                    packet[2..4].copy_from_slice(&length.to_be_bytes());
                    sign(&mut packet, client.secret.as_bytes());
                }
                wire.send(&packet);
            }
            assert_eq!(honest.ask(&login()).code, ACCEPT);
            while wire.take().is_some() {}
        }
    };
    // What remembers a bounded number of packets, failures and events is full by then.
    for _ in 0..13 {
        batch(&mut random);
    }
    let before = resident(office.demo.pid);
    for _ in 0..12 {
        batch(&mut random);
    }
    let after = resident(office.demo.pid);
    assert!(after < before + GROWTH, "{before} KiB before, {after} KiB after");
}

/// A report that a session begins, with what goes for a name of it.
fn report(secret: &str, session: &str, login: &str) -> Vec<u8> {
    let request = Request::new(4, secret).with(40, &[0, 0, 0, 1]).with(44, session.as_bytes());
    let request = request.with(1, login.as_bytes()).with(32, b"ap-1").with(PROXY_STATE, b"state");
    let mut octets = request.encode();
    sign_report(&mut octets, secret.as_bytes());
    octets
}

/// A mutated packet, whose length is right most of the time.
fn mutated(random: &mut Random, seeds: &[Vec<u8>]) -> (Vec<u8>, bool) {
    let mut packet = random.one_of(seeds).clone();
    random.mutate(&mut packet);
    let is_whole = random.below(8) > 0 && packet.len() >= 20;
    if is_whole {
        let length = u16::try_from(packet.len()).unwrap();
        packet[2..4].copy_from_slice(&length.to_be_bytes());
    }
    (packet, is_whole)
}

#[test]
fn ten_thousand_mutated_reports_with_a_right_authenticator_do_no_harm() {
    let Some(office) = Office::alone() else { return };
    let client = office.client("switch", &json!({}));
    let acct = &office.demo.radius.acct;
    let (wire, honest) = (Wire::from(office.address, acct), Wire::from(office.address, acct));
    let mut random = Random::new(0xacc7);
    let seeds = ["5f3a", "another", ""].map(|session| report(&client.secret, session, "ada"));
    for round in 0..100 {
        for _ in 0..100 {
            let (mut packet, is_whole) = mutated(&mut random, &seeds);
            if is_whole {
                sign_report(&mut packet, client.secret.as_bytes());
            }
            wire.send(&packet);
        }
        honest.send(&report(&client.secret, &format!("honest-{round}"), "honest"));
        assert_eq!(honest.receive()[0], 5, "{round}");
        while wire.take().is_some() {}
    }
    let sessions = office.read("sessions?limit=200&login=honest");
    let sessions = sessions["items"].as_array().unwrap();
    let mut found: Vec<&str> = sessions.iter().map(|it| it["name"].as_str().unwrap()).collect();
    let mut expected: Vec<String> = (0..100).map(|round| format!("honest-{round}")).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(sessions.iter().all(|it| it["gear"] == "ap-1"), "{sessions:?}");
}

#[test]
fn ten_thousand_mutated_packets_inside_tls_end_connections_at_most() {
    let Some(office) = Office::alone() else { return };
    office.user("ada", PASSWORD);
    let authority = Authority::new("whoever");
    let issued = authority.issue(&Holder { common_name: "gateway", ..Holder::default() });
    let certificates = json!({"fingerprints": [issued.fingerprint()]});
    office.client("gateway", &json!({"sources": [], "certificates": certificates}));
    let connect = || {
        let place = (office.demo.radius.radsec.as_str(), office.demo.ca_file.as_str());
        RadSec::connect(place, Some(&issued), &[]).unwrap()
    };
    let mut random = Random::new(0x7150);
    let bare = || Request::new(1, RADSEC).with(1, b"nobody");
    let seeds = [
        bare().password(b"guess").encode(),
        Request::login(RADSEC, "nobody", "guess").encode(),
        bare().with(79, &[2, 1, 0, 5, 1]).authentic().encode(),
        Request::status(RADSEC).encode(),
        report(RADSEC, "5f3a", "ada"),
    ];
    let mut honest = connect();
    for round in 0..200 {
        let mut connection = connect();
        for _ in 0..50 {
            let (mut packet, is_whole) = mutated(&mut random, &seeds);
            if is_whole && packet[0] == 4 {
                sign_report(&mut packet, RADSEC.as_bytes());
            } else if is_whole {
                sign(&mut packet, RADSEC.as_bytes());
            }
            connection.send(&packet);
        }
        let login = Request::login(RADSEC, "ada", PASSWORD);
        assert_eq!(honest.ask(&login).code, ACCEPT, "{round}");
    }
}
