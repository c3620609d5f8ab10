use ldap3_proto::control::ServerSortRequet;

use super::*;
use crate::control::sort::{Sort, SortResult};
use crate::control::view::{ListView, Target, ViewResult};

fn raw(oid: &str, criticality: bool, value: Vec<u8>) -> LdapControl {
    LdapControl::Unknown { oid: oid.to_owned(), criticality, value: Some(value) }
}

/// The value of the one control with this OID beside the end of a search.
fn beside(connection: &mut Connection, oid: &str) -> Vec<u8> {
    let output = std::mem::take(connection.session.output());
    let start = output.windows(oid.len()).position(|part| part == oid.as_bytes());
    output[start.expect("the control") + oid.len() + 2..].to_vec()
}

fn sort(connection: &mut Connection, value: Vec<u8>, critical: bool) -> Option<Box<Sort>> {
    let control = raw(crate::control::SORT, critical, value);
    let asked = connection.send_with(2, search(), vec![control]);
    if asked.is_empty() {
        return None;
    }
    searched(asked).1.sort
}

#[test]
fn keys_are_read_with_their_rules_and_directions() {
    let keys = vec![
        ServerSortRequet {
            attribute_name: "sn".to_owned(),
            ordering_rule: Some("2.5.13.3".to_owned()),
            reverse_order: true,
        },
        ServerSortRequet {
            attribute_name: "uid".to_owned(),
            ordering_rule: None,
            reverse_order: false,
        },
    ];
    let control = LdapControl::ServerSort { sort_requests: keys };
    let mut connection = Connection::clear();
    let (_, request) = searched(connection.send_with(1, search(), vec![control]));
    let keys = request.sort.unwrap().keys;
    let read: Vec<_> =
        keys.iter().map(|key| (key.attribute.as_str(), key.rule.as_deref(), key.reverse)).collect();
    assert_eq!(read, [("sn", Some("2.5.13.3"), true), ("uid", None, false)]);
}

#[test]
fn no_keys_and_malformed_ones_are_a_protocol_error() {
    let mut connection = Connection::clear();
    let key = element(0x30, &[&element(0x04, &[b"sn"])]);
    let keyless = element(0x30, &[]);
    for value in [keyless, vec![0x30], element(0x04, &[b"sn"])] {
        assert_eq!(sort(&mut connection, value.clone(), false), None);
        assert_eq!(connection.read_result(), (2, 2, "search"), "{value:02x?}");
    }
    let one = sort(&mut connection, element(0x30, &[&key]), true).unwrap();
    assert!(one.critical);
}

#[test]
fn of_many_keys_as_many_are_kept_as_nobody_sorts_by() {
    let key = element(0x30, &[&element(0x04, &[b"sn"])]);
    let many: Vec<&[u8]> = std::iter::repeat_n(&key[..], 400).collect();
    let read = sort(&mut Connection::clear(), element(0x30, &many), false).unwrap();
    assert_eq!(read.keys.len(), 16);
}

#[test]
fn a_cookie_is_of_one_order() {
    let by = |name: &[u8]| {
        let keys = element(0x30, &[&element(0x30, &[&element(0x04, &[name])])]);
        raw(crate::control::SORT, true, keys)
    };
    let pages =
        |cookie: &[u8]| LdapControl::SimplePagedResults { size: 2, cookie: cookie.to_vec() };
    let mut connection = Connection::clear();
    let first = ticket(&connection.send_with(1, search(), vec![pages(&[]), by(b"sn")]));
    connection.answer(first, Answer::Page(vec![7]));
    let ended = connection.read();
    let [LdapControl::SimplePagedResults { cookie, .. }] = ended.last().unwrap().ctrl.as_slice()
    else {
        panic!("{ended:?}")
    };
    for other in [vec![pages(cookie), by(b"uid")], vec![pages(cookie)]] {
        assert!(connection.send_with(2, search(), other).is_empty());
        assert_eq!(connection.read_result(), (2, 53, "search"));
    }
    let (_, request) = searched(connection.send_with(3, search(), vec![by(b"sn"), pages(cookie)]));
    assert_eq!(request.page.unwrap().cursor.as_deref(), Some(&[7][..]));
}

#[test]
fn the_end_of_a_search_says_how_the_sort_came_out() {
    let mut connection = Connection::clear();
    let ticket = ticket(&connection.send(1, search()));
    let attribute = Some("nosuch".to_owned());
    let refused = SortResult { code: ResultCode::NoSuchAttribute, attribute };
    connection.session.entries(ticket).unwrap().sorted(refused);
    connection.succeed(ticket);
    let value = beside(&mut connection, crate::control::SORT_RESULT);
    assert_eq!(value, [&[0x30, 0x0b, 0x0a, 0x01, 16, 0x80, 0x06], &b"nosuch"[..]].concat());
}

#[test]
fn a_view_is_read_and_answered() {
    let mut connection = Connection::clear();
    let counts = [&[0x02, 0x01, 0x02][..], &[0x02, 0x01, 0x03]];
    let offset = element(0xa0, &[&[0x02, 0x01, 0x07], &[0x02, 0x01, 0x00]]);
    for (context, is_one) in [(&[][..], false), (&[0x04, 0x00], false), (&[0x04, 0x01, 0x00], true)]
    {
        let value = element(0x30, &[counts[0], counts[1], &offset, context]);
        let control = raw(crate::control::LIST_VIEW, true, value);
        let (ticket, request) = searched(connection.send_with(1, search(), vec![control]));
        let target = Target::Offset { offset: 7, count: 0 };
        let wanted = ListView { before: 2, after: 3, target, critical: true, context: is_one };
        assert_eq!(request.view.as_deref(), Some(&wanted));
        connection.succeed(ticket);
        connection.read();
    }
    let value = element(0x30, &[counts[0], counts[1], &offset]);
    let control = raw(crate::control::LIST_VIEW, true, value);
    let (ticket, _) = searched(connection.send_with(1, search(), vec![control]));
    let result = ViewResult { position: 7, count: 300, code: ResultCode::Success };
    connection.session.entries(ticket).unwrap().viewed(result);
    connection.succeed(ticket);
    let value = beside(&mut connection, crate::control::LIST_VIEW_RESULT);
    assert_eq!(value, [0x30, 0x0a, 0x02, 0x01, 7, 0x02, 0x02, 1, 44, 0x0a, 0x01, 0]);
}

#[test]
fn a_view_of_pages_and_a_malformed_one_are_refused() {
    let mut connection = Connection::clear();
    let counts = [0x02, 0x01, 0x00, 0x02, 0x01, 0x00];
    let by_value = element(0x30, &[&counts, &element(0x81, &[b"m"])]);
    let view = || raw(crate::control::LIST_VIEW, false, by_value.clone());
    let pages = LdapControl::SimplePagedResults { size: 5, cookie: Vec::new() };
    connection.send_with(1, search(), vec![view(), pages]);
    assert_eq!(connection.read_result(), (1, 53, "search"));
    for target in [&b""[..], &[0x82, 0x00], &[0xa0, 0x03, 0x02, 0x01, 0x01]] {
        let value = element(0x30, &[&counts, target]);
        connection.send_with(2, search(), vec![raw(crate::control::LIST_VIEW, false, value)]);
        assert_eq!(connection.read_result(), (2, 2, "search"), "{target:02x?}");
    }
}
