use super::*;
use crate::schema::attribute;
use crate::{Filter, Scope};

fn op(change: impl FnOnce(&mut LdapSearchRequest)) -> LdapOp {
    let mut request = search_request();
    change(&mut request);
    LdapOp::SearchRequest(request)
}

#[test]
fn a_search_is_asked_for_with_all_its_parts() {
    let request = LdapSearchRequest {
        base: "ou=people,dc=acme".to_owned(),
        scope: LdapSearchScope::OneLevel,
        aliases: LdapDerefAliases::Always,
        sizelimit: 5,
        timelimit: 7,
        typesonly: true,
        filter: LdapFilter::Equality("uid".to_owned(), "ada".to_owned()),
        attrs: vec!["cn".to_owned()],
    };
    let (_, request) = searched(Connection::clear().send(1, LdapOp::SearchRequest(request)));
    assert_eq!(request.base.as_str(), "ou=people,dc=acme");
    assert_eq!(request.scope, Scope::One);
    assert_eq!(request.dereference, crate::Dereference::Always);
    assert_eq!((request.size_limit, request.time_limit.as_secs()), (5, 7));
    assert!(request.types_only);
    assert_eq!(request.filter, "(uid=ada)".parse::<Filter>().unwrap());
    assert!(request.selection.wants(attribute("cn").unwrap()));
    assert!(!request.selection.wants(attribute("sn").unwrap()));
}

#[test]
fn section_4_5_1_2_bad_enumerations_and_numbers_are_protocol_errors() {
    let request = |scope: u8, aliases: u8, size: &[u8]| {
        let parts: [&[u8]; 8] = [
            &[0x04, 0x00],
            &[0x0a, 0x01, scope],
            &[0x0a, 0x01, aliases],
            size,
            &[0x02, 0x01, 0x00],
            &[0x01, 0x01, 0x05],
            &[0x87, 0x02, b'c', b'n'],
            &[0x30, 0x00],
        ];
        message(1, &element(0x63, &parts))
    };
    let bad = [
        (request(3, 0, &[0x02, 0x01, 0x00]), "no such scope"),
        (request(0, 4, &[0x02, 0x01, 0x00]), "aliases"),
        (request(0, 0, &[0x02, 0x01, 0xff]), "size limit"),
        (request(0, 0, &[0x02, 0x05, 1, 0, 0, 0, 0]), "size limit"),
        (request(0, 0, &[0x02, 0x00]), "size limit"),
    ];
    for (octets, words) in bad {
        let mut connection = Connection::clear();
        assert!(connection.send_octets(&octets).is_empty());
        let told = String::from_utf8_lossy(connection.session.output()).into_owned();
        assert!(told.contains(words), "{told}");
        assert_eq!(connection.read_result(), (1, 2, "search"));
    }
    let (_, request) =
        searched(Connection::clear().send_octets(&request(0, 0, &[0x02, 0x01, 0x00])));
    assert!(request.types_only, "TRUE is anything but zero");
}

#[test]
fn entries_are_what_another_decoder_reads() {
    let mut connection = Connection::clear();
    let ticket = ticket(&connection.send(7, search()));
    let big = vec![0xff; 300];
    let long = "x".repeat(130);
    let mut writer = connection.session.entries(ticket).unwrap();
    writer
        .entry("uid=ada,dc=acme", |attributes| {
            attributes.values(attribute("cn").unwrap(), ["Ada", "Ada L."]);
            attributes.values(attribute("jpegPhoto").unwrap(), [&big]);
            attributes.values(attribute("description").unwrap(), [&long, ""]);
            attributes.values(attribute("mail").unwrap(), Vec::<String>::new());
            attributes.values(attribute("entryUUID").unwrap(), ["not selected"]);
            attributes.with(attribute("seeAlso").unwrap(), |values| {
                values.push_parts(&[b"uid=", b"bob", b",dc=acme"]);
            });
        })
        .unwrap();
    writer.entry("", |_| {}).unwrap();
    let messages = connection.read();
    let LdapOp::SearchResultEntry(entry) = &messages[0].op else { panic!("{messages:?}") };
    assert_eq!((messages[0].msgid, entry.dn.as_str()), (7, "uid=ada,dc=acme"));
    let read: Vec<_> =
        entry.attributes.iter().map(|pair| (pair.atype.as_str(), pair.vals.clone())).collect();
    assert_eq!(
        read,
        [
            ("cn", vec![b"Ada".to_vec(), b"Ada L.".to_vec()]),
            ("jpegPhoto", vec![big.clone()]),
            ("description", vec![long.into_bytes(), Vec::new()]),
            ("seeAlso", vec![b"uid=bob,dc=acme".to_vec()]),
        ]
    );
    let LdapOp::SearchResultEntry(entry) = &messages[1].op else { panic!("{messages:?}") };
    assert!(entry.dn.is_empty() && entry.attributes.is_empty());
}

#[test]
fn entries_of_every_length_have_the_shortest_headers() {
    let cn = attribute("cn").unwrap();
    for size in [
        0, 80, 90, 100, 110, 115, 120, 127, 128, 200, 255, 256, 3000, 65_400, 65_535, 65_536,
        70_000,
    ] {
        let limits = Limits { output: 1 << 20, ..SETTINGS.limits };
        let mut connection = Connection::new(Settings { limits, ..SETTINGS }, Security::Clear);
        let ticket = ticket(&connection.send(1, search()));
        let value = "x".repeat(size);
        let mut writer = connection.session.entries(ticket).unwrap();
        writer.entry("", |attributes| attributes.values(cn, [&value])).unwrap();
        let ours = std::mem::take(connection.session.output());
        let [message] = &decoded(&ours)[..] else { panic!() };
        assert_eq!(encoded(1, message.op.clone(), Vec::new()), ours, "{size}");
    }
}

#[test]
fn section_4_5_1_6_types_only_returns_names_without_values() {
    let mut connection = Connection::clear();
    let ticket = ticket(&connection.send(1, op(|request| request.typesonly = true)));
    let mut writer = connection.session.entries(ticket).unwrap();
    writer
        .entry("cn=a", |attributes| {
            attributes.values(attribute("cn").unwrap(), ["a", "b"]);
            attributes.values(attribute("sn").unwrap(), Vec::<String>::new());
            attributes.with(attribute("ou").unwrap(), |values| values.push_parts(&[b"a", b"b"]));
        })
        .unwrap();
    let messages = connection.read();
    let LdapOp::SearchResultEntry(entry) = &messages[0].op else { panic!("{messages:?}") };
    let read: Vec<_> =
        entry.attributes.iter().map(|pair| (pair.atype.as_str(), pair.vals.len())).collect();
    assert_eq!(read, [("cn", 0), ("ou", 0)]);
}

#[test]
fn section_4_5_1_4_the_size_limit_is_exact() {
    for (there, given) in [(2, 2), (3, 3), (4, 3), (9, 3)] {
        let mut connection = Connection::clear();
        let ticket = ticket(&connection.send(1, op(|request| request.sizelimit = 3)));
        let code = match connection.give(ticket, &names(there)) {
            Ok(()) => ResultCode::Success,
            Err((position, stop)) => {
                assert_eq!((position, stop), (3, Stop::Size));
                ResultCode::SizeLimitExceeded
            }
        };
        connection.answer(ticket, Answer::Result(Outcome::code(code)));
        let messages = connection.read();
        let (_, result) = result(&messages.last().unwrap().op);
        assert_eq!((messages.len() - 1, number(result)), (given, if there > 3 { 4 } else { 0 }));
    }
}

#[test]
fn section_4_5_1_8_too_many_attributes_are_refused() {
    let mut connection = Connection::clear();
    connection.send(1, op(|request| request.attrs = vec!["cn".to_owned(); 101]));
    assert_eq!(connection.read_result(), (1, 11, "search"));
}

#[test]
fn section_4_5_1_7_filters_are_bounded_in_depth_and_size() {
    let mut deep = vec![0x87, 0x02, b'c', b'n'];
    for _ in 0..5000 {
        deep = element(0xa2, &[&deep]);
    }
    let many = element(0xa1, &[&[0x87, 0x00].repeat(30_000)]);
    for filter in [deep, many] {
        let parts: [&[u8]; 8] = [
            &[0x04, 0x00],
            &[0x0a, 0x01, 0],
            &[0x0a, 0x01, 0],
            &[0x02, 0x01, 0x00],
            &[0x02, 0x01, 0x00],
            &[0x01, 0x01, 0x00],
            &filter,
            &[0x30, 0x00],
        ];
        let mut connection = Connection::clear();
        assert!(connection.send_octets(&message(1, &element(0x63, &parts))).is_empty());
        assert_eq!(connection.read_result(), (1, 11, "search"));
    }
}

#[test]
fn a_base_that_is_not_utf8_is_no_dn() {
    let octets = encoded(1, op(|request| request.base = "XX".to_owned()), Vec::new());
    let octets: Vec<u8> =
        octets.iter().map(|octet| if *octet == b'X' { 0xff } else { *octet }).collect();
    let mut connection = Connection::clear();
    connection.send_octets(&octets);
    assert_eq!(connection.read_result(), (1, 34, "search"));
}

#[test]
fn section_4_1_9_the_result_names_what_the_directory_says() {
    let mut connection = Connection::clear();
    let ticket = ticket(&connection.send(1, search()));
    let outcome = Outcome::new(ResultCode::NoSuchObject, "nothing there").matching("dc=acme");
    connection.answer(ticket, Answer::Result(outcome));
    let messages = connection.read();
    let (_, result) = result(&messages[0].op);
    assert_eq!((result.matcheddn.as_str(), result.message.as_str()), ("dc=acme", "nothing there"));
}
