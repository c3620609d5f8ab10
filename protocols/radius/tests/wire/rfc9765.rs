//! RADIUS/1.1. The octets are made after the rules of the RFC, which prints none.

use std::time::Duration;

use radius::{
    Answer, Challenge, Command, Credential, DropReason, Limits, Refusal, Reply, SessionKeys,
    Version,
};

use crate::client::attributes_of;
use crate::site::Site;
use crate::vectors::Exchange;

/// Packets as they lie on the wire.
fn vectors() -> Exchange {
    Exchange::read(include_str!("../vectors/rfc9765_section_4_1.txt"))
}

/// An Access-Request with the token 01020304.
fn a_login() -> Vec<u8> {
    vectors().octets("login")
}

fn octets(text: &str) -> Vec<u8> {
    let digits = text.split_whitespace();
    digits.map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}

/// A packet with this token and whatever in the fields that are to be ignored.
fn packet(code: u8, token: u32, attributes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + attributes.len()).unwrap().to_be_bytes();
    let noise = *b"whatever it is";
    let head = [code, noise[0], length[0], length[1]];
    [&head[..], &token.to_be_bytes(), &noise[..12], attributes].concat()
}

fn site() -> Site {
    Site::tls(Version::V1_1, Limits { cached_replies: 0, ..Limits::default() })
}

/// The question that octets lead to.
fn asks(site: &mut Site, octets: &[u8]) -> (radius::Ticket, radius::Question<u32>) {
    match site.deliver(octets).pop() {
        Some(Command::Ask(ticket, question)) => (ticket, question),
        _ => panic!("no question"),
    }
}

#[test]
fn section_4_1_and_5_1_an_exchange_as_it_lies_on_the_wire() {
    let mut site = site();
    let (ticket, question) = asks(&mut site, &a_login());
    assert_eq!(question.user_name(), b"ada");
    assert!(matches!(question.credential(), Credential::Pap(b"correct horse")));
    let mut reply = Reply::new();
    reply.text(radius::AttributeType::CLASS, "staff").unwrap();
    reply.session_keys(SessionKeys::new(&[10; 2], &[11; 3], 7)).unwrap();
    assert_eq!(site.answers(ticket, &Answer::Accept(reply)), vectors().octets("accept"));
}

#[test]
fn section_4_1_reserved_fields_are_ignored_and_sent_as_nothing() {
    let mut site = site();
    let (ticket, _) = asks(&mut site, &packet(1, 9, b"\x01\x05ada\x02\x03x"));
    let reply = site.answers(ticket, &Answer::Challenge(Challenge::new(b"s", None).unwrap()));
    assert_eq!(
        reply,
        octets("0b 00 00 17 00 00 00 09 00 00 00 00 00 00 00 00 00 00 00 00 18 03 73")
    );
}

#[test]
fn section_5_1_1_passwords_have_1_to_128_octets_and_end_as_they_do() {
    for password in [&b"x"[..], b"ends in a nothing\0", &[7; 128]] {
        let attribute = [&[2, u8::try_from(password.len() + 2).unwrap()], password].concat();
        let mut site = site();
        let (_, question) =
            asks(&mut site, &packet(1, 1, &[b"\x01\x05ada", &attribute[..]].concat()));
        assert!(matches!(question.credential(), Credential::Pap(found) if found == password));
    }
    for (password, refusal) in
        [(&[][..], Refusal::CredentialMissing), (&[7; 129], Refusal::CredentialMalformed)]
    {
        let attribute = [&[2, u8::try_from(password.len() + 2).unwrap()], password].concat();
        refuses(&packet(1, 1, &[b"\x01\x05ada", &attribute[..]].concat()), refusal);
    }
}

/// Octets that are rejected without asking, for this reason.
fn refuses(octets: &[u8], expected: Refusal) {
    match site().deliver(octets).as_slice() {
        [Command::Refused { refusal, .. }, Command::Send { reply, .. }] => {
            assert_eq!(*refusal, expected);
            assert_eq!(reply.as_ref()[..8], [3, 0, 0, 20, 0, 0, 0, 1]);
        }
        _ => panic!("no refusal"),
    }
}

#[test]
fn section_5_1_2_a_chap_challenge_cannot_be_in_the_header() {
    let response = [&[3, 19, 1], &[9; 16][..]].concat();
    let with = [b"\x01\x05ada", &response[..], b"\x3c\x07abcde"].concat();
    let mut site = site();
    let (_, question) = asks(&mut site, &packet(1, 1, &with));
    assert!(matches!(question.credential(), Credential::Chap(chap) if chap.challenge == b"abcde"));
    let without = [b"\x01\x05ada", &response[..]].concat();
    refuses(&packet(1, 1, &without), Refusal::CredentialMalformed);
}

#[test]
fn section_5_2_message_authenticators_mean_nothing_and_are_not_sent() {
    let eap = b"\x01\x05ada\x4f\x06\x02\x00\x00\x04";
    for authenticator in
        [&[][..], &[80, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6], b"\x50\x03x"]
    {
        let mut site = site();
        let request = packet(1, 1, &[eap, authenticator].concat());
        let (ticket, question) = asks(&mut site, &request);
        assert!(matches!(question.credential(), Credential::Eap(_)));
        let reply = site.answers(ticket, &Answer::Reject(None));
        assert_eq!(attributes_of(&reply), [(79, vec![4, 0, 0, 4])]);
    }
    // A Status-Server needs none either.
    match site().deliver(&packet(12, 5, &[])).as_slice() {
        [Command::Send { reply, .. }] => assert_eq!(reply.as_ref()[..8], [2, 0, 0, 20, 0, 0, 0, 5]),
        _ => panic!("no answer"),
    };
}

#[test]
fn reports_are_taken_without_an_authenticator_and_keep_their_proxy_states() {
    let mut site = site();
    let report = packet(4, 77, b"\x28\x06\0\0\0\x01\x21\x03p");
    let Some(Command::Account(ticket, _)) = site.deliver(&report).pop() else {
        panic!("no report")
    };
    let reply = site.answers(ticket, &Answer::Recorded);
    assert_eq!(
        reply,
        octets("05 00 00 17 00 00 00 4d 00 00 00 00 00 00 00 00 00 00 00 00 21 03 70")
    );
}

#[test]
fn section_4_2_2_only_the_token_tells_requests_apart_and_one_in_use_ends_the_connection() {
    let mut site = site();
    let (first, _) = asks(&mut site, &a_login());
    let (second, _) = asks(&mut site, &packet(1, 6, b"\x01\x05ada\x02\x03x"));
    let mut noisy = a_login();
    noisy[1] ^= 1;
    noisy[8..20].fill(7);
    for again in [a_login(), noisy] {
        let (_, reason) = site.drops(&again);
        assert_eq!(reason, DropReason::TokenReused);
        assert!(reason.ends_connection());
    }
    assert_eq!(site.answers(second, &Answer::Reject(None))[7], 6);
    assert_eq!(site.answers(first, &Answer::Reject(None))[7], 4);
    // Who counts wrongly must not be told the answer of before.
    site.now += Duration::from_millis(1);
    asks(&mut site, &a_login());
}

#[test]
fn section_6_1_what_cannot_be_served_is_a_protocol_error_without_the_code() {
    let mut site = site();
    let (ticket, _) = asks(&mut site, &a_login());
    let unavailable =
        octets("34 00 00 1a 01 02 03 04 00 00 00 00 00 00 00 00 00 00 00 00 65 06 00 00 01 fa");
    assert_eq!(site.answers(ticket, &Answer::Silence), unavailable);
    match site.deliver(&packet(43, 1, &[])).as_slice() {
        [Command::Send { reply, .. }] => {
            assert_eq!(attributes_of(reply.as_ref()), [(101, vec![0, 0, 1, 150])]);
        }
        _ => panic!("no answer"),
    };
}

#[test]
fn section_4_1_what_else_goes_over_a_connection_lies_on_the_wire_as_the_vectors_say() {
    let (mut site, vectors) = (site(), vectors());
    let (ticket, question) = asks(&mut site, &vectors.octets("eap"));
    assert!(matches!(question.credential(), Credential::Eap(b"\x02\x05\x00\x08\x01ada")));
    let challenge = Challenge::eap(b"state-1", &[1, 6, 0, 6, 21, 32]).unwrap();
    let challenge = Answer::Challenge(challenge);
    assert_eq!(site.answers(ticket, &challenge), vectors.octets("challenge"));
    let Some(Command::Account(ticket, _)) = site.deliver(&vectors.octets("report")).pop() else {
        panic!("no report")
    };
    assert_eq!(site.answers(ticket, &Answer::Recorded), vectors.octets("report_answer"));
    for name in ["status", "order"] {
        match site.deliver(&vectors.octets(name)).as_slice() {
            [Command::Send { reply, .. }] => {
                assert_eq!(reply.as_ref(), vectors.octets(&format!("{name}_answer")), "{name}");
            }
            _ => panic!("no answer to {name}"),
        }
    }
}
