//! Accounting: who is believed, what is read, and what an answer carries.

use radius::{Accounting, AccountingStatus, Answer, AttributeType, Command, DropReason, Ticket};

use crate::client::{Request, SECRET, attributes_of, md5_of, sign};
use crate::site::{Known, Site};
use crate::vectors::Exchange;

/// An Accounting-Request with its authenticator.
fn signed(attributes: &[(u8, &[u8])], secret: &[u8]) -> Vec<u8> {
    let mut request = Request::new(4);
    request.authenticator = [0; 16];
    for (kind, value) in attributes {
        request = request.with(*kind, value);
    }
    with_authenticator(request.encode(), secret)
}

fn with_authenticator(mut octets: Vec<u8>, secret: &[u8]) -> Vec<u8> {
    octets[4..20].fill(0);
    let authenticator = md5_of(&[&octets, secret]);
    octets[4..20].copy_from_slice(&authenticator);
    octets
}

const START: &[(u8, &[u8])] = &[(40, &[0, 0, 0, 1]), (44, b"one"), (1, b"ada")];

fn reported(site: &mut Site, datagram: &[u8]) -> (Ticket, Accounting<u32>) {
    match site.deliver(datagram).pop() {
        Some(Command::Account(ticket, accounting)) => (ticket, accounting),
        _ => panic!("no report"),
    }
}

fn is_answer(reply: &[u8], request: &[u8]) -> bool {
    let digest = md5_of(&[&reply[..4], &request[4..20], &reply[20..], SECRET]);
    reply[0] == 5 && reply[1] == request[1] && reply[4..20] == digest
}

#[test]
fn section_3_a_request_is_believed_for_its_authenticator_alone() {
    let datagram = signed(START, SECRET);
    let (_, accounting) = reported(&mut Site::accounting(), &datagram);
    assert_eq!(accounting.client(), 1);
    assert_eq!(accounting.octets(AttributeType::USER_NAME), b"ada");
    let refused = (Some(1), DropReason::AccountingNotAuthentic);
    assert_eq!(Site::accounting().drops(&signed(START, b"another secret")), refused);
    for at in [4, 19, 21, datagram.len() - 1] {
        let mut changed = datagram.clone();
        changed[at] ^= 1;
        let (client, _) = Site::accounting().drops(&changed);
        assert_eq!(client.unwrap_or(1), 1, "{at}");
    }
    // A Message-Authenticator proves nothing in place of it.
    let access = Request::new(4).user(b"ada").authentic().encode();
    assert_eq!(Site::accounting().drops(&access), refused);
}

#[test]
fn rfc5176_3_4_a_message_authenticator_is_made_over_zeros_and_has_to_be_right() {
    let attributes = [START, &[(80, &[0; 16])]].concat();
    let right = signed(&attributes, SECRET);
    let (_, accounting) = reported(&mut Site::accounting(), &right);
    assert_eq!(accounting.octets(AttributeType::USER_NAME), b"ada");
    let mut changed = right.clone();
    *changed.last_mut().unwrap() ^= 1;
    // Over the authenticator that the request has, as in an Access-Request.
    let mut over_another = right.clone();
    sign(&mut over_another, SECRET);
    let mut of_another = right;
    of_another[4..20].fill(0);
    sign(&mut of_another, b"the secret of another one");
    for wrong in [changed, over_another, of_another] {
        let datagram = with_authenticator(wrong, SECRET);
        let dropped = Site::accounting().drops(&datagram);
        assert_eq!(dropped, (Some(1), DropReason::NotAuthentic));
    }
}

#[test]
fn section_3_clients_behind_one_address_are_told_apart_by_their_secrets() {
    let mut site = Site::accounting();
    site.known.insert(0, Known::strict(2, b"the secret of another one"));
    let (_, accounting) = reported(&mut site, &signed(START, SECRET));
    assert_eq!(accounting.client(), 1);
    let (_, accounting) = reported(&mut site, &signed(START, b"the secret of another one"));
    assert_eq!(accounting.client(), 2);
}

#[test]
fn section_4_2_the_answer_has_proxy_states_and_no_other_attribute() {
    let mut site = Site::accounting();
    let attributes = [START, &[(33, b"one"), (33, b""), (33, b"two")]].concat();
    let datagram = signed(&attributes, SECRET);
    let (ticket, _) = reported(&mut site, &datagram);
    let reply = site.answers(ticket, &Answer::Recorded);
    assert!(is_answer(&reply, &datagram));
    let expected = [(33, b"one".to_vec()), (33, Vec::new()), (33, b"two".to_vec())];
    assert_eq!(attributes_of(&reply), expected);
}

#[test]
fn section_2_nothing_is_answered_before_it_is_kept_and_a_retransmission_gets_the_same() {
    let mut site = Site::accounting();
    let datagram = signed(START, SECRET);
    let (ticket, _) = reported(&mut site, &datagram);
    assert_eq!(site.drops(&datagram), (Some(1), DropReason::Duplicate));
    let reply = site.answers(ticket, &Answer::Recorded);
    match site.deliver(&datagram).as_slice() {
        [Command::Send { reply: again, .. }] => assert_eq!(again.as_ref(), reply),
        _ => panic!("no answer"),
    }
    // What could not be kept is asked again.
    let other = signed(&START[..2], SECRET);
    let (ticket, _) = reported(&mut site, &other);
    site.server.answer(ticket, &Answer::Silence, site.now).unwrap();
    reported(&mut site, &other);
}

#[test]
fn section_3_each_port_has_its_own_requests() {
    let datagram = signed(START, SECRET);
    assert_eq!(Site::strict().drops(&datagram).1, DropReason::UnexpectedCode(4));
    let access = Request::pap().encode();
    assert_eq!(Site::accounting().drops(&access).1, DropReason::UnexpectedCode(1));
}

#[test]
fn section_5_values_are_read_and_odd_ones_are_none() {
    let status = |value: &[u8]| {
        let datagram = signed(&[(40, value)], SECRET);
        reported(&mut Site::accounting(), &datagram).1.status()
    };
    let known = [(1, AccountingStatus::Start), (2, AccountingStatus::Stop)];
    let more = [(3, AccountingStatus::InterimUpdate), (7, AccountingStatus::On)];
    for (number, expected) in known.into_iter().chain(more).chain([(8, AccountingStatus::Off)]) {
        assert_eq!(status(&[0, 0, 0, number]), expected);
    }
    assert_eq!(status(&[0, 0, 0, 9]), AccountingStatus::Other(Some(9)));
    assert_eq!(status(&[1]), AccountingStatus::Other(None));
    let attributes: &[(u8, &[u8])] =
        &[(42, &[0, 0, 0, 5]), (52, &[0, 0, 0, 2]), (43, &[9]), (8, &[255, 255, 255, 254])];
    let (_, accounting) = reported(&mut Site::accounting(), &signed(attributes, SECRET));
    let count = |low, high| accounting.count(low, high);
    let (low, high) = (AttributeType::ACCT_INPUT_OCTETS, AttributeType::ACCT_INPUT_GIGAWORDS);
    assert_eq!(count(low, high), (2 << 32) + 5, "RFC 2869, section 5.1");
    let (low, high) = (AttributeType::ACCT_OUTPUT_OCTETS, AttributeType::ACCT_OUTPUT_GIGAWORDS);
    assert_eq!((count(low, high), accounting.framed_ipv4()), (0, None));
}

#[test]
fn rfc8044_3_10_a_prefix_stands_behind_its_length_and_odd_ones_are_none() {
    let attributes: &[(u8, &[u8])] = &[
        (97, &[0, 56, 0x20, 1, 0x0d, 0xb8, 0, 0, 0xff]),
        (97, &[0, 64, 0x20, 1]),
        (123, &[0, 129]),
    ];
    let (_, accounting) = reported(&mut Site::accounting(), &signed(attributes, SECRET));
    let prefix = |accounting: &Accounting<u32>, kind| accounting.ipv6_prefix(kind);
    let framed = prefix(&accounting, AttributeType::FRAMED_IPV6_PREFIX);
    assert_eq!(framed, Some(("2001:db8:0:ff00::".parse().unwrap(), 56)));
    assert_eq!(prefix(&accounting, AttributeType::DELEGATED_IPV6_PREFIX), None);
    let long = [&[0_u8, 64][..], &[1; 17]].concat();
    for odd in [&[0][..], &[0, 255], &long[..]] {
        let (_, accounting) = reported(&mut Site::accounting(), &signed(&[(97, odd)], SECRET));
        assert_eq!(prefix(&accounting, AttributeType::FRAMED_IPV6_PREFIX), None, "{odd:?}");
    }
}

#[test]
fn section_4_reports_and_answers_lie_on_the_wire_as_the_vectors_say() {
    let vectors = Exchange::read(include_str!("../vectors/rfc2866_section_4.txt"));
    let mut site = Site::accounting();
    site.known = vec![Known::strict(1, vectors.text("secret"))];
    for (name, status, session) in [
        ("start", AccountingStatus::Start, &b"5f3a"[..]),
        ("stop", AccountingStatus::Stop, b"5f3a"),
        ("on", AccountingStatus::On, b""),
    ] {
        let (ticket, told) = reported(&mut site, &vectors.octets(name));
        assert_eq!(told.status(), status, "{name}");
        assert_eq!(told.octets(AttributeType::ACCT_SESSION_ID), session, "{name}");
        if status == AccountingStatus::Stop {
            let count = |low, high| told.count(low, high);
            let (low, high) =
                (AttributeType::ACCT_INPUT_OCTETS, AttributeType::ACCT_INPUT_GIGAWORDS);
            assert_eq!(count(low, high), (2 << 32) + 5);
            let (low, high) =
                (AttributeType::ACCT_OUTPUT_OCTETS, AttributeType::ACCT_OUTPUT_GIGAWORDS);
            assert_eq!(count(low, high), 9);
            assert_eq!(told.number(AttributeType::ACCT_DELAY_TIME), Some(3));
            assert_eq!(told.number(AttributeType::ACCT_TERMINATE_CAUSE), Some(1));
        }
        let answer = site.answers(ticket, &Answer::Recorded);
        assert_eq!(answer, vectors.octets(&format!("{name}_answer")), "{name}");
    }
}
