//! Dynamic authorization. The RFC prints no packets: these are written by hand after its rules.

use radius::{AttributeType, Obedience, Order, OrderKind, Reply, Secret, Tag};

use crate::client::{SECRET, attributes_of, hmac_of, md5_of};
use crate::vectors::Exchange;

fn order(kind: OrderKind, identifier: u8) -> Order {
    let mut session = Reply::new();
    session.text(AttributeType::ACCT_SESSION_ID, "5f3a").unwrap();
    session.text(AttributeType::USER_NAME, "ada").unwrap();
    let secret = Secret::new(SECRET).unwrap();
    Order::new(kind, identifier, &secret, &session, 0x6543_2100).unwrap()
}

/// An answer with these attributes, and a Message-Authenticator in front if it is to have one.
fn answer(order: &Order, code: u8, attributes: &[u8], has_mac: bool, secret: &[u8]) -> Vec<u8> {
    let asked = order.octets();
    let mac = if has_mac { [&[80, 18][..], &[0; 16]].concat() } else { Vec::new() };
    let mut octets = [&[code, asked[1], 0, 0][..], &asked[4..20], &mac, attributes].concat();
    let length = u16::try_from(octets.len()).unwrap().to_be_bytes();
    octets[2..4].copy_from_slice(&length);
    if has_mac {
        let mac = hmac_of(secret, &octets);
        octets[22..38].copy_from_slice(&mac);
    }
    let authenticator = md5_of(&[&octets, secret]);
    octets[4..20].copy_from_slice(&authenticator);
    octets
}

#[test]
fn section_3_orders_and_answers_lie_on_the_wire_as_the_vectors_say() {
    let vectors = Exchange::read(include_str!("../vectors/rfc5176_section_3.txt"));
    let secret = Secret::new(b"xyzzy5461").unwrap();
    let mut session = Reply::new();
    for (kind, text) in [
        (AttributeType::USER_NAME, "ada"),
        (AttributeType::ACCT_SESSION_ID, "5f3a"),
        (AttributeType::CALLING_STATION_ID, "66-77-88-99-AA-BB"),
        (AttributeType::NAS_IDENTIFIER, "ap-1"),
    ] {
        session.text(kind, text).unwrap();
    }
    let mut changed = Reply::new();
    changed.append(&session).unwrap().vlan(Tag::NONE, "20").unwrap();
    for (name, kind, identifier, attributes, cause) in [
        ("disconnect", OrderKind::Disconnect, 7, &session, 503),
        ("change", OrderKind::Change, 8, &changed, 401),
    ] {
        let order = Order::new(kind, identifier, &secret, attributes, 0x6543_2100).unwrap();
        assert_eq!(order.octets(), vectors.octets(name), "{name}");
        let read = |answer: &str| order.read(&vectors.octets(&format!("{name}_{answer}")));
        assert_eq!(read("ack"), Some(Obedience::Done), "{name}");
        assert_eq!(read("nak"), Some(Obedience::Refused(Some(cause))), "{name}");
    }
}

#[test]
fn section_2_3_and_3_4_an_order_is_signed_twice_and_dated() {
    for (kind, code) in [(OrderKind::Disconnect, 40), (OrderKind::Change, 43)] {
        let order = order(kind, 7);
        let octets = order.octets();
        assert_eq!(octets[..4], [code, 7, 0, 55]);
        let attributes = attributes_of(octets);
        let types: Vec<u8> = attributes.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(types, [80, 55, 44, 1]);
        assert_eq!(attributes[1].1, [0x65, 0x43, 0x21, 0]);
        let mut unsigned = octets.to_vec();
        unsigned[4..20].fill(0);
        assert_eq!(octets[4..20], md5_of(&[&unsigned, SECRET]));
        unsigned[22..38].fill(0);
        assert_eq!(attributes[0].1, hmac_of(SECRET, &unsigned));
    }
}

#[test]
fn section_3_5_answers_are_understood_with_and_without_their_causes() {
    for (kind, done, refused) in [(OrderKind::Disconnect, 41, 42), (OrderKind::Change, 44, 45)] {
        let order = order(kind, 9);
        let cause = [101, 6, 0, 0, 1, 247];
        for has_mac in [true, false] {
            let read = |code, attributes: &[u8]| {
                order.read(&answer(&order, code, attributes, has_mac, SECRET))
            };
            assert_eq!(read(done, &[]), Some(Obedience::Done));
            assert_eq!(read(refused, &[]), Some(Obedience::Refused(None)));
            assert_eq!(read(refused, &cause), Some(Obedience::Refused(Some(503))));
        }
    }
}

#[test]
fn section_6_what_is_no_answer_to_this_order_of_who_has_the_secret_is_none() {
    let disconnect = order(OrderKind::Disconnect, 9);
    let right = answer(&disconnect, 41, &[], true, SECRET);
    assert_eq!(disconnect.read(&right), Some(Obedience::Done));
    let forged = answer(&disconnect, 41, &[], true, b"another secret");
    let other_kind = answer(&disconnect, 44, &[], true, SECRET);
    let other_order = answer(&order(OrderKind::Disconnect, 10), 41, &[], true, SECRET);
    let mut wrong_mac = answer(&disconnect, 41, &[], true, SECRET);
    wrong_mac[30] ^= 1;
    wrong_mac[4..20].copy_from_slice(&disconnect.octets()[4..20]);
    let authenticator = md5_of(&[&wrong_mac, SECRET]);
    wrong_mac[4..20].copy_from_slice(&authenticator);
    let torn = answer(&disconnect, 41, &[25, 9, 1], false, SECRET);
    let request = disconnect.octets().to_vec();
    for octets in [forged, other_kind, other_order, wrong_mac, torn, request, Vec::new()] {
        assert_eq!(disconnect.read(&octets), None, "{octets:?}");
    }
    for at in 0..right.len() {
        let mut flipped = right.clone();
        flipped[at] ^= 0x10;
        assert_eq!(disconnect.read(&flipped), None, "{at}");
    }
}
