use super::*;

fn paged(size: i64, cookie: &[u8]) -> Vec<LdapControl> {
    vec![LdapControl::SimplePagedResults { size, cookie: cookie.to_vec() }]
}

fn limited(size_limit: i32) -> LdapOp {
    LdapOp::SearchRequest(LdapSearchRequest { sizelimit: size_limit, ..search_request() })
}

/// Answers one page out of all names; returns how many entries came, the code, and the cookie.
fn page(
    connection: &mut Connection,
    op: &LdapOp,
    size: i64,
    cookie: &[u8],
    all: &[String],
) -> (usize, u8, Option<Vec<u8>>) {
    let (ticket, request) = searched(connection.send_with(5, op.clone(), paged(size, cookie)));
    let cursor = request.page.and_then(|page| page.cursor);
    let start = cursor.map_or(0, |cursor| usize::from(cursor[0]));
    let answer = match connection.give(ticket, &all[start..]) {
        Ok(()) => Answer::Result(Outcome::success()),
        Err((position, Stop::Page)) => Answer::Page(vec![u8::try_from(start + position).unwrap()]),
        Err((_, Stop::Size)) => Answer::Result(Outcome::code(ResultCode::SizeLimitExceeded)),
        Err((_, Stop::Output)) => panic!("the output holds a page"),
    };
    connection.answer(ticket, answer);
    ended(connection)
}

fn ended(connection: &mut Connection) -> (usize, u8, Option<Vec<u8>>) {
    let messages = connection.read();
    let last = messages.last().unwrap();
    let cookie = match last.ctrl.as_slice() {
        [LdapControl::SimplePagedResults { cookie, .. }] => Some(cookie.clone()),
        [] => None,
        other => panic!("{other:?}"),
    };
    (messages.len() - 1, number(result(&last.op).1), cookie)
}

#[test]
fn pages_are_complete_and_the_last_cookie_is_empty() {
    let (mut connection, all) = (Connection::clear(), names(10));
    let (mut cookie, mut sizes) = (Vec::new(), Vec::new());
    for size in [4, 3, 20] {
        let (given, code, next) = page(&mut connection, &search(), size, &cookie, &all);
        assert_eq!(code, 0);
        sizes.push(given);
        cookie = next.expect("a paged results control");
    }
    assert_eq!(sizes, [4, 3, 3]);
    assert!(cookie.is_empty());
}

#[test]
fn a_result_that_just_fits_the_page_is_the_last_one() {
    let (mut connection, all) = (Connection::clear(), names(4));
    assert_eq!(page(&mut connection, &search(), 4, &[], &all), (4, 0, Some(Vec::new())));
}

#[test]
fn the_size_limit_holds_over_pages() {
    let (mut connection, all) = (Connection::clear(), names(10));
    let op = limited(7);
    let (_, _, cookie) = page(&mut connection, &op, 5, &[], &all);
    let (given, code, cookie) = page(&mut connection, &op, 5, &cookie.unwrap(), &all);
    assert_eq!((given, code, cookie), (2, 4, Some(Vec::new())));
}

#[test]
fn a_page_that_holds_the_size_limit_is_the_last_one() {
    let mut connection = Connection::clear();
    for (there, code) in [(5, 0), (6, 4)] {
        let ended = page(&mut connection, &limited(5), 5, &[], &names(there));
        assert_eq!(ended, (5, code, Some(Vec::new())));
    }
}

#[test]
fn paged_searches_may_be_interleaved() {
    let (mut connection, all) = (Connection::clear(), names(6));
    let other = limited(100);
    let (_, _, first) = page(&mut connection, &search(), 2, &[], &all);
    let (_, _, second) = page(&mut connection, &other, 3, &[], &all);
    assert_eq!(page(&mut connection, &search(), 9, &first.unwrap(), &all).0, 4);
    assert_eq!(page(&mut connection, &other, 9, &second.unwrap(), &all).0, 3);
}

#[test]
fn page_size_zero_with_a_cookie_ends_the_search_without_asking() {
    let (mut connection, all) = (Connection::clear(), names(6));
    let (_, _, cookie) = page(&mut connection, &search(), 2, &[], &all);
    assert!(connection.send_with(2, search(), paged(0, &cookie.unwrap())).is_empty());
    assert_eq!(ended(&mut connection), (0, 0, Some(Vec::new())));
    assert!(connection.send_with(2, search(), paged(0, &[])).is_empty());
    assert_eq!(ended(&mut connection), (0, 0, Some(Vec::new())));
}

#[test]
fn a_cookie_is_worth_nothing_elsewhere() {
    let (mut connection, all) = (Connection::clear(), names(6));
    let (_, _, cookie) = page(&mut connection, &search(), 2, &[], &all);
    let cookie = cookie.unwrap();
    let mut forged = cookie.clone();
    *forged.last_mut().unwrap() ^= 1;
    let cut = &cookie[..cookie.len() - 1];
    for bad in [&forged[..], cut, &[0; 8], &[0; 48]] {
        assert!(connection.send_with(2, search(), paged(2, bad)).is_empty());
        assert_eq!(connection.read_result(), (2, 53, "search"));
    }
    // Another search.
    connection.send_with(3, limited(9), paged(2, &cookie));
    assert_eq!(connection.read_result(), (3, 53, "search"));
    // Another connection.
    let mut other = Connection::clear();
    other.session = Session::new(SETTINGS, Security::Clear, [8; 32], other.now);
    other.send_with(4, search(), paged(2, &cookie));
    assert_eq!(other.read_result(), (4, 53, "search"));
    // Another identity.
    connection.bind();
    connection.send_with(5, search(), paged(2, &cookie));
    assert_eq!(connection.read_result(), (5, 53, "search"));
}

#[test]
fn paging_beside_another_operation_is_not_known() {
    let critical = LdapControl::Unknown {
        oid: crate::control::PAGED_RESULTS.to_owned(),
        criticality: true,
        value: Some(vec![0x30, 0x05, 0x02, 0x01, 0x05, 0x04, 0x00]),
    };
    let mut connection = Connection::clear();
    connection.send_with(1, extended_request(crate::WHO_AM_I), vec![critical]);
    assert_eq!(connection.read_result(), (1, 12, "extended"));
}
