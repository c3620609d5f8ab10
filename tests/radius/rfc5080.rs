//! Common implementation issues: duplicates above all.

use serde_json::{Value, json};

use crate::harness::office::Office;
use crate::harness::wire::{ACCEPT, REJECT, Request};

const PASSWORD: &str = "correct horse battery";

/// Waits until so many attempts at a login are told by events, and tells how many there are then.
fn attempts(office: &Office, login: &str, at_least: usize) -> usize {
    let count = || {
        let of_login =
            |event: &&Value| event["action"] == "radius_access" && event["actor"]["name"] == login;
        office.events().iter().filter(of_login).count()
    };
    (0..10_000).map(|_| count()).find(|count| *count >= at_least).expect("the events never came")
}

#[test]
fn section_2_2_2_duplicates_get_the_same_octets_and_the_work_is_done_once() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let wire = office.wire();
    let login = Request::login(&client.secret, "ada", PASSWORD).encode();
    wire.send(&login);
    let first = wire.receive();
    for _ in 0..5 {
        wire.send(&login);
        assert_eq!(wire.receive(), first);
    }
    let wrong = Request::login(&client.secret, "ada", "wrong").encode();
    wire.send(&wrong);
    let rejected = wire.receive();
    wire.send(&wrong);
    assert_eq!(wire.receive(), rejected);
    let last = Request::login(&client.secret, "ada", PASSWORD);
    assert_eq!(wire.ask(&last).code, ACCEPT);
    assert_eq!(attempts(&office, "ada", 3), 3);
}

#[test]
fn section_2_2_2_copies_that_come_while_the_first_is_answered_are_answered_once() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let wire = office.wire();
    let login = Request::login(&client.secret, "ada", PASSWORD);
    for _ in 0..20 {
        wire.send(&login.encode());
    }
    assert_eq!(login.check(wire.receive()).code, ACCEPT);
    let last = Request::login(&client.secret, "ada", "wrong");
    wire.send(&last.encode());
    // Copies that came after the answer are answered from memory, before the next request.
    let end = std::iter::repeat_with(|| wire.receive()).find(|reply| reply[1] == last.identifier);
    assert_eq!(last.check(end.unwrap()).code, REJECT);
    assert_eq!(attempts(&office, "ada", 2), 2);
}

#[test]
fn section_2_2_2_retransmissions_of_a_wrong_password_do_not_lock_the_account() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    office.set(&json!({"lockout": {"threshold": 3}}));
    let client = office.client("switch", &json!({}));
    let wire = office.wire();
    let wrong = Request::login(&client.secret, "ada", "last month's password").encode();
    for _ in 0..10 {
        wire.send(&wrong);
        assert_eq!(wire.receive()[0], REJECT);
    }
    assert_eq!(wire.ask(&Request::login(&client.secret, "ada", PASSWORD)).code, ACCEPT);
}

#[test]
fn section_2_2_2_an_identifier_with_a_new_authenticator_is_a_new_request() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let wire = office.wire();
    for password in [PASSWORD, "wrong", PASSWORD] {
        let mut request = Request::login(&client.secret, "ada", password);
        request.identifier = 77;
        let expected = if password == PASSWORD { ACCEPT } else { REJECT };
        assert_eq!(wire.ask(&request).code, expected);
    }
}

#[test]
fn section_2_2_2_the_same_octets_from_another_port_are_another_request() {
    let office = Office::new();
    office.user("ada", PASSWORD);
    let client = office.client("switch", &json!({}));
    let login = Request::login(&client.secret, "ada", PASSWORD);
    for _ in 0..2 {
        assert_eq!(office.wire().ask(&login).code, ACCEPT);
    }
    assert_eq!(attempts(&office, "ada", 2), 2);
}
