//! Section 4.1.1: the message envelope.

use crate::harness::ber::{element, long_element, number, octets, sequence};
use crate::harness::demo::Demo;
use crate::harness::raw::{self, Message, Raw};

/// What the server says to these octets until it closes the connection.
fn last_words(octets: &[u8]) -> Vec<Message> {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    raw.send(octets);
    raw.receive_to_end()
}

/// Asserts that octets end the connection with a Notice of Disconnection (section 4.4.1).
fn is_refused(octets: &[u8]) {
    let words = last_words(octets);
    let [notice] = &words[..] else { panic!("{octets:02x?} got {words:?}") };
    assert!(notice.is_notice(), "{octets:02x?} got {notice:?}");
    assert_eq!(notice.code(), 2, "{octets:02x?} got {notice:?}");
}

#[test]
fn what_is_no_ldap_message_ends_the_connection_with_a_notice() {
    is_refused(b"GET / HTTP/1.1\r\n\r\n");
    is_refused(&[0x31, 0x00]);
    is_refused(&[0; 16]);
    is_refused(&sequence([]));
    is_refused(&sequence([number(2, 1)]));
    is_refused(&sequence([octets("1"), element(0x42, &[])]));
}

#[test]
fn an_indefinite_length_is_refused() {
    is_refused(&[0x30, 0x80, 0x02, 0x01, 0x01, 0x42, 0x00, 0x00, 0x00]);
}

#[test]
fn an_absurd_length_is_refused_before_its_octets_come() {
    is_refused(&[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]);
    is_refused(&[0x30, 0x88, 0, 0, 0, 1, 0, 0, 0, 0]);
}

#[test]
fn a_message_larger_than_strangers_may_send_is_refused() {
    let password = "x".repeat(65 << 10);
    let message = raw::bind(1, "uid=ada", &password);
    // The notice comes as soon as the length is known.
    is_refused(&message[..16]);
}

#[test]
fn message_ids_that_are_none_end_the_connection() {
    for id in [0, -1, 1 << 31, i64::MAX] {
        is_refused(&raw::extended(id, raw::WHO_AM_I));
    }
}

#[test]
fn the_largest_message_id_works() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    let id = (1 << 31) - 1;
    raw.send(&raw::extended(id, raw::WHO_AM_I));
    let answer = raw.receive().unwrap();
    assert_eq!((answer.id, answer.code()), (id, 0));
}

#[test]
fn responses_and_unknown_operations_end_the_connection() {
    for operation in [0x61, 0x64, 0x65, 0x7a, 0x40, 0x5f] {
        is_refused(&raw::message(1, element(operation, &[])));
    }
}

#[test]
fn an_element_that_is_longer_than_what_holds_it_is_refused() {
    // A search whose base claims more octets than the message has.
    let broken = [0x30, 0x0a, 0x02, 0x01, 0x01, 0x63, 0x05, 0x04, 0x7f, b'd', b'c', b'='];
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    raw.send(&broken);
    let answer = raw.receive().unwrap();
    assert_eq!(answer.code(), 2, "{answer:?}");
}

#[test]
fn lengths_of_four_octets_are_taken_as_windows_sends_them() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::to(&demo);
    let body = [
        long_element(2, &[3]),
        long_element(4, ada.dn.as_bytes()),
        long_element(0x80, ada.password.as_bytes()),
    ];
    let message = [long_element(2, &[1]), long_element(0x60, &body.concat())];
    raw.send(&long_element(0x30, &message.concat()));
    assert_eq!(raw.receive().unwrap().code(), 0);
}

#[test]
fn what_follows_the_known_elements_of_an_extensible_sequence_is_ignored() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    let operation = element(0x77, &element(0x80, raw::WHO_AM_I.as_bytes()));
    raw.send(&sequence([number(2, 1), operation, element(0xaf, &[])]));
    assert_eq!(raw.receive().unwrap().code(), 0);
}
