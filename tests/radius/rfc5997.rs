//! Status-Server.

use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::office::Office;
use crate::harness::radius::Gear;
use crate::harness::wire::{ACCEPT, AUTHENTICATOR, Request, Wire};

/// The code of an Accounting-Response.
const ACCOUNTING_RESPONSE: u8 = 5;

#[test]
fn section_4_2_both_ports_answer_with_their_own_code_and_nothing_else() {
    let demo = Demo::shared();
    let secret = &demo.acme().gear().secret;
    for (port, code) in [(&demo.radius.auth, ACCEPT), (&demo.radius.acct, ACCOUNTING_RESPONSE)] {
        let answer = Wire::to(port).ask(&Request::status(secret));
        assert_eq!((answer.code, answer.attributes), (code, Vec::new()));
    }
}

#[test]
fn section_4_2_radclient_is_answered_on_both_ports() {
    let office = Office::new();
    let secret = &office.client("switch", &json!({})).secret;
    let ports = &office.demo.radius;
    let bare = format!("NAS-Identifier=ap-1,Packet-Src-IP-Address={}", office.address);
    for (port, kind) in [(&ports.auth, "Access-Accept"), (&ports.acct, "Accounting-Response")] {
        let gear = Gear::new(port, secret);
        let reply = gear.ask("status", &format!("{bare},Message-Authenticator=0x00"));
        assert!(reply.is(kind), "{reply:?}");
        let names: Vec<&str> = reply.attributes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Message-Authenticator"], "{reply:?}");
        let silence = gear.with(["-t", "0.3"]).ask("status", &bare);
        assert!(silence.kind.is_none(), "{silence:?}");
    }
}

#[test]
fn section_3_without_message_authenticator_there_is_silence() {
    let office = Office::new();
    let secret = &office.client("switch", &json!({})).secret;
    let ports = &office.demo.radius;
    for port in [&ports.auth, &ports.acct] {
        let bare = Request::status(secret).without(AUTHENTICATOR).encode();
        let wire = Wire::from(office.address, port);
        assert!(wire.meets_silence(&bare, &office.wire(), secret));
    }
}

#[test]
fn section_4_2_credentials_in_it_are_not_looked_at() {
    let demo = Demo::shared();
    let secret = &demo.acme().gear().secret;
    for password in ["wrong", &*demo.acme().user("ada").password] {
        let mut status = Request::login(secret, "ada", password);
        status.code = 12;
        let answer = Wire::to(&demo.radius.auth).ask(&status);
        assert_eq!((answer.code, answer.attributes), (ACCEPT, Vec::new()));
    }
}
