//! User-Password: exact octets, from 1 to 128.

use serde_json::json;

use crate::harness::demo::Demo;
use crate::harness::office::Office;
use crate::harness::wire::{ACCEPT, ACCESS_REQUEST, REJECT, Request};

#[test]
fn radclient_is_accepted_with_the_right_password_alone() {
    let demo = Demo::subject_or_new();
    let (gear, ada) = (demo.gear(demo.acme().gear()), demo.acme().user("ada"));
    assert!(gear.login("ada", &ada.password).is("Access-Accept"));
    assert!(gear.login("ADA", &ada.password).is("Access-Accept"));
    for (user, password) in [
        ("ada", "wrong"),
        ("ada", ""),
        ("ada", &*ada.password.to_uppercase()),
        ("ada", &*format!("{} ", ada.password)),
        ("nobody", &*ada.password),
        ("", &*ada.password),
    ] {
        let reply = gear.login(user, password);
        assert!(reply.is("Access-Reject"), "{user} {password}: {reply:?}");
        let names: Vec<&str> = reply.attributes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Message-Authenticator"], "{reply:?}");
    }
}

#[test]
fn passwords_are_exact_octets_whatever_their_length_and_letters() {
    let office = Office::new();
    let client = office.client("switch", &json!({}));
    let passwords = [
        "sixteen octets !".to_owned(),
        "seventeen octets!".to_owned(),
        format!("{}!", "long words of no use ".repeat(6)),
        "another16octets!".repeat(8),
        "Grüße aus Köln, 東京 🔑".to_owned(),
        "it's \"quoted\" \\ $HOME %s `id`".to_owned(),
        " leading and trailing ".to_owned(),
    ];
    let wire = office.wire();
    for (number, password) in passwords.iter().enumerate() {
        let user = format!("user{number}");
        office.user(&user, password);
        let ask = |password: &str| wire.ask(&Request::login(&client.secret, &user, password)).code;
        assert_eq!(ask(password), ACCEPT, "{password}");
        let mut shorter = password.clone();
        shorter.pop();
        assert_eq!(ask(&shorter), REJECT, "{password} without its last letter");
        assert_eq!(ask(password.trim()) == ACCEPT, password.trim() == password, "{password}");
    }
    let shared = &"0123456789abcdef".repeat(8)[..16];
    assert_eq!(wire.ask(&Request::login(&client.secret, "user3", shared)).code, REJECT);
}

#[test]
fn lengths_that_no_password_has_are_rejected() {
    let office = Office::new();
    let client = office.client("switch", &json!({}));
    office.user("ada", "correct horse battery");
    let wire = office.wire();
    for length in [1, 15, 17, 31, 129, 144, 253] {
        let request = Request::new(ACCESS_REQUEST, &client.secret)
            .with(1, b"ada")
            .with(2, &vec![0x5a; length])
            .authentic();
        assert_eq!(wire.ask(&request).code, REJECT, "{length} octets");
    }
}

#[test]
fn an_octet_behind_the_end_of_a_password_makes_it_another() {
    let office = Office::new();
    let client = office.client("switch", &json!({}));
    office.user("ada", "correct horse battery");
    let request = Request::new(ACCESS_REQUEST, &client.secret)
        .with(1, b"ada")
        .password(b"correct horse battery\0x")
        .authentic();
    assert_eq!(office.wire().ask(&request).code, REJECT);
}
