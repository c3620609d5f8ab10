//! RFC 2696: results in pages.

use serde_json::json;

use crate::harness::ber::{self, boolean, constructed, number, octets, sequence};
use crate::harness::demo::Demo;
use crate::harness::office::{Office, id_of};
use crate::harness::raw::{self, Raw};

const OID: &str = "1.2.840.113556.1.4.319";

/// A search of everything with the paging control.
fn page(id: i64, base: &str, filter: Vec<u8>, size: i64, cookie: &[u8]) -> Vec<u8> {
    let control = control(OID, &sequence([number(2, size), octets(cookie)]));
    let operation = raw::search_operation(base, 2, filter);
    sequence([number(2, id), operation, constructed(0xa0, [control])])
}

fn control(oid: &str, value: &[u8]) -> Vec<u8> {
    sequence([octets(oid), boolean(true), octets(value)])
}

/// A search of people one at a time, in the order of an attribute if it is given.
fn ordered(id: i64, base: &str, by: Option<&str>, cookie: &[u8]) -> Vec<u8> {
    let paged = control(OID, &sequence([number(2, 1), octets(cookie)]));
    let operation = raw::search_operation(base, 2, raw::present("uid"));
    let sort = |by: &str| control("1.2.840.113556.1.4.473", &sequence([sequence([octets(by)])]));
    let controls = constructed(0xa0, [paged, by.map(sort).unwrap_or_default()]);
    sequence([number(2, id), operation, controls])
}

/// Entries of a page, its result code, and the cookie for the next.
fn turn(raw: &mut Raw, id: i64) -> (usize, i64, Vec<u8>) {
    let (messages, controls) = raw.receive_all_of_with_controls(id);
    let code = messages.last().unwrap().code();
    let cookie = controls.map(|controls| cookie_in(&controls)).unwrap_or_default();
    (messages.len() - 1, code, cookie)
}

fn cookie_in(controls: &[u8]) -> Vec<u8> {
    let Some((_, control, others)) = ber::split(controls) else { return Vec::new() };
    let (_, oid, mut rest) = ber::split(control).unwrap();
    if oid != OID.as_bytes() {
        return cookie_in(others);
    }
    loop {
        let (tag, content, following) = ber::split(rest).unwrap();
        if tag == 0x04 {
            let (_, value, _) = ber::split(content).unwrap();
            let (_, _, cookie) = ber::split(value).unwrap();
            return ber::split(cookie).unwrap().1.to_vec();
        }
        rest = following;
    }
}

fn everything() -> Vec<u8> {
    raw::present("objectClass")
}

#[test]
fn pages_of_every_size_give_everything_once() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let service = demo.ldap().as_service(&acme.service_account);
    let whole = service.search(&acme.base, "sub", "(objectClass=*)", &["1.1"]);
    for size in 1..12 {
        let option = format!("!pr={size}/noprompt");
        let pages = service.clone().with(["-E", &option]);
        let found = pages.search(&acme.base, "sub", "(objectClass=*)", &["1.1"]);
        assert_eq!(found.names(), whole.names(), "pages of {size}");
    }
}

#[test]
fn users_may_page_as_well() {
    let demo = Demo::shared();
    let acme = demo.acme();
    let ada = demo.ldap().as_user(acme.user("ada")).with(["-E", "pr=1/noprompt"]);
    let found = ada.search(&acme.base, "sub", "(objectClass=*)", &["1.1"]);
    assert!(found.names().contains(&acme.user("ada").dn.as_str()));
}

#[test]
fn cookies_that_are_forged_or_of_another_search_are_refused() {
    let demo = Demo::shared();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    raw.send(&page(2, &acme.base, everything(), 2, b""));
    let (count, code, cookie) = turn(&mut raw, 2);
    assert_eq!((count, code), (2, 0));
    assert!(!cookie.is_empty());
    let mut bent = cookie.clone();
    *bent.last_mut().unwrap() ^= 1;
    let forged = [vec![0; 8], vec![1], bent, vec![0xff; cookie.len()], cookie[1..].to_vec()];
    for (id, forged) in (3..).zip(forged) {
        raw.send(&page(id, &acme.base, everything(), 2, &forged));
        assert_eq!(turn(&mut raw, id).1, 53, "{forged:02x?}");
    }
    raw.send(&page(20, &acme.base, raw::present("uid"), 2, &cookie));
    assert_eq!(turn(&mut raw, 20).1, 53, "another filter");
    let mut other = Raw::bound(&demo.ldap, &account.dn, &account.password);
    other.send(&page(2, &acme.base, everything(), 2, &cookie));
    assert_eq!(turn(&mut other, 2).1, 53, "another connection");
    let ada = acme.user("ada");
    raw.send(&raw::bind(30, &ada.dn, &ada.password));
    assert_eq!(raw.receive().unwrap().code(), 0);
    raw.send(&page(31, &acme.base, everything(), 2, &cookie));
    assert_eq!(turn(&mut raw, 31).1, 53, "another identity");
}

#[test]
fn a_cookie_counts_in_the_order_that_it_was_given_in() {
    let demo = Demo::shared();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let mut asked = |id: i64, by: Option<&str>, cookie: &[u8]| {
        raw.send(&ordered(id, &acme.base, by, cookie));
        turn(&mut raw, id)
    };
    let (count, code, by_login) = asked(2, Some("uid"), b"");
    assert_eq!((count, code, by_login.is_empty()), (1, 0, false));
    let (count, code, unsorted) = asked(3, None, b"");
    assert_eq!((count, code, unsorted.is_empty()), (1, 0, false));
    for (id, by, cookie) in
        [(4, Some("cn"), &by_login), (5, None, &by_login), (6, Some("uid"), &unsorted)]
    {
        assert_eq!(asked(id, by, cookie).1, 53, "{by:?}");
    }
    assert_eq!(asked(7, Some("uid"), &by_login).1, 0);
    assert_eq!(asked(8, None, &unsorted).1, 0);
}

#[test]
fn two_paged_searches_may_take_turns_and_change_their_page_size() {
    let demo = Demo::shared();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let filters = [everything(), raw::present("uid")];
    let mut cookies = [Vec::new(), Vec::new()];
    let mut counts = [0, 0];
    let mut open = [true, true];
    let mut id = 1;
    while open.contains(&true) {
        for which in [0, 1].into_iter().filter(|which| open[*which]).collect::<Vec<_>>() {
            id += 1;
            let filter = filters[which].clone();
            raw.send(&page(id, &acme.base, filter, 1 + id % 3, &cookies[which]));
            let (count, code, cookie) = turn(&mut raw, id);
            assert_eq!(code, 0);
            counts[which] += count;
            open[which] = !cookie.is_empty();
            cookies[which] = cookie;
        }
    }
    // The base, four containers, groups, applications; and people.
    let people = acme.users.len();
    assert_eq!(counts, [1 + 4 + people + 2 + 1, people]);
}

#[test]
fn a_page_of_no_entries_ends_the_search() {
    let demo = Demo::shared();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    raw.send(&page(2, &acme.base, everything(), 2, b""));
    let cookie = turn(&mut raw, 2).2;
    raw.send(&page(3, &acme.base, everything(), 0, &cookie));
    let (count, code, cookie) = turn(&mut raw, 3);
    assert_eq!((count, code, cookie), (0, 0, Vec::new()));
}

#[test]
fn a_malformed_paging_control_is_a_protocol_error() {
    let demo = Demo::shared();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let values = [vec![], sequence([]), octets("x"), sequence([number(2, -1), octets("")])];
    for (id, value) in (2..).zip(values) {
        let control = sequence([octets(OID), boolean(true), octets(&value)]);
        let operation = raw::search_operation(&acme.base, 2, everything());
        raw.send(&sequence([number(2, id), operation, constructed(0xa0, [control])]));
        assert_eq!(raw.receive_all_of(id).last().unwrap().code(), 2, "{value:02x?}");
    }
}

#[test]
fn section_5_who_stays_is_given_once_while_others_come_and_go() {
    let office = Office::new();
    let account =
        office.make("service-accounts", &json!({"name": "sync", "visibility": "everything"}));
    // Without a password, which would take a hash.
    let user = |login: String| {
        let fields = json!({"login": login, "display_name": login, "surname": login});
        id_of(&office.make("users", &fields))
    };
    for number in 0..30 {
        user(format!("stays-{number:02}"));
    }
    let leaving: Vec<String> = (0..10).map(|number| user(format!("leaves-{number}"))).collect();
    let (dn, password) = (account["dn"].as_str().unwrap(), account["password"].as_str().unwrap());
    let mut raw = Raw::bound(&office.demo.ldap, dn, password);
    let (mut seen, mut cookie, mut leaving) = (Vec::new(), Vec::new(), leaving.iter());
    for id in 2.. {
        raw.send(&page(id, &office.base, raw::present("uid"), 4, &cookie));
        let (messages, controls) = raw.receive_all_of_with_controls(id);
        let (done, entries) = messages.split_last().unwrap();
        assert_eq!(done.code(), 0);
        seen.extend(entries.iter().map(|entry| {
            let (_, name, _) = ber::split(&entry.content).unwrap();
            String::from_utf8(name.to_vec()).unwrap()
        }));
        cookie = controls.map(|controls| cookie_in(&controls)).unwrap_or_default();
        if cookie.is_empty() {
            break;
        }
        if let Some(user) = leaving.next() {
            office.act("DELETE", &format!("users/{user}"), None);
        }
        user(format!("comes-{id}"));
    }
    let mut stayed: Vec<&String> = seen.iter().filter(|name| name.contains("stays-")).collect();
    stayed.sort();
    let expected: Vec<String> =
        (0..30).map(|number| office.user_dn(&format!("stays-{number:02}"))).collect();
    assert_eq!(stayed, expected.iter().collect::<Vec<_>>());
}
