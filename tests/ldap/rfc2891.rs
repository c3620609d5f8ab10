//! RFC 2891: the server sorts; and shows views of what it sorted.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::harness::ber::{self, boolean, constructed, number, octets, sequence};
use crate::harness::demo::Demo;
use crate::harness::ldap::{Found, Ldap};
use crate::harness::office::{Office, id_of};
use crate::harness::raw::{self, Raw};
use crate::harness::server::Site;

/// Paged results.
const PAGED: &str = "1.2.840.113556.1.4.319";

/// An office whose people have names in another order than their logins.
fn office() -> (Office, Ldap) {
    let office = Office::new();
    for (login, surname, title) in [
        ("u1", "Moss", Some("Engineer")),
        ("u2", "adler", None),
        ("u3", "Zimmer", Some("Boss")),
        ("u4", "Adler", Some("Boss")),
    ] {
        let mut fields = json!({"login": login, "display_name": login, "surname": surname});
        if let Some(title) = title {
            fields["title"] = json!(title);
        }
        office.make("users", &fields);
    }
    let made = office.make("service-accounts", &json!({"name": "app"}));
    let dn = format!("cn=app,ou=services,{}", office.base);
    let ldap = office.demo.ldap().bound(&dn, made["password"].as_str().unwrap());
    (office, ldap)
}

fn logins(found: &Found) -> Vec<String> {
    assert_eq!(found.code, 0, "{}", found.output.stderr);
    found.entries.iter().map(|entry| entry.values("uid")[0].to_owned()).collect()
}

fn sorted(office: &Office, ldap: &Ldap, option: &str) -> Found {
    let ldap = ldap.clone().with(["-E", option]);
    ldap.search(&office.base, "sub", "(objectClass=person)", &["uid"])
}

#[test]
fn several_keys_orders_and_rules_by_name_and_oid() {
    let (office, ldap) = office();
    let order = |option: &str| logins(&sorted(&office, &ldap, option));
    assert_eq!(order("!sss=sn/uid"), ["u2", "u4", "u1", "u3"]);
    assert_eq!(order("!sss=sn/-uid"), ["u4", "u2", "u1", "u3"]);
    assert_eq!(order("!sss=-sn/uid"), ["u3", "u1", "u2", "u4"]);
    assert_eq!(order("!sss=sn:2.5.13.6"), ["u4", "u1", "u3", "u2"], "case counts");
    assert_eq!(order("!sss=sn:caseIgnoreOrderingMatch/-uid"), ["u4", "u2", "u1", "u3"]);
    // Who has no value comes last, in the reverse order first.
    assert_eq!(order("!sss=title/uid"), ["u3", "u4", "u1", "u2"]);
    assert_eq!(order("!sss=-title/uid"), ["u2", "u1", "u3", "u4"]);
    // As numbers, not as digits.
    assert_eq!(order("!sss=-uidNumber"), ["u4", "u3", "u2", "u1"]);
}

#[test]
fn entries_are_sorted_by_what_they_show() {
    let (office, ldap) = office();
    let ldap = ldap.with(["-E", "!sss=ou"]);
    let found = ldap.search(&office.base, "sub", "(|(ou=*)(cn=app))", &["1.1"]);
    let names = found.entries.iter().map(|entry| entry.dn.split(',').next().unwrap());
    // The account has a name, but no `ou`.
    let expected = ["ou=devices", "ou=groups", "ou=people", "ou=services", "cn=app"];
    assert_eq!(names.collect::<Vec<_>>(), expected);
}

#[test]
fn pages_of_a_sorted_search_go_on_where_they_ended() {
    let (office, ldap) = office();
    for size in 1..5 {
        let paged = ldap.clone().with(["-E", &format!("!pr={size}/noprompt")]);
        let found = sorted(&office, &paged, "!sss=-sn/-uid");
        assert_eq!(logins(&found), ["u3", "u1", "u4", "u2"], "pages of {size}");
    }
}

#[test]
fn what_cannot_be_sorted_by_is_refused_or_left_unsorted_as_the_client_wants() {
    let (office, ldap) = office();
    for (key, code) in [
        ("nosuch", "No such attribute"),
        ("sAMAccountName", "No such attribute"),
        ("userPassword", "No such attribute"),
        ("member", "Inappropriate matching"),
        ("uid/uid", "unwilling to perform"),
        ("sn/uid/-surname", "unwilling to perform"),
        ("title/2.5.4.12", "unwilling to perform"),
    ] {
        let refused = sorted(&office, &ldap, &format!("!sss={key}"));
        assert_eq!((refused.code, refused.entries.len()), (12, 0), "{key}");
        let unsorted = ldap.tool("ldapsearch").args(["-b", &office.base]);
        let unsorted = unsorted.args(["-E", &format!("sss={key}"), "(objectClass=person)"]).run();
        assert_eq!(unsorted.code, 0, "{unsorted:?}");
        assert_eq!(unsorted.stdout.matches("\ndn: ").count(), 4, "{unsorted:?}");
        assert!(unsorted.stdout.contains(code), "{unsorted:?}");
    }
    let rule = sorted(&office, &ldap, "!sss=sn:integerOrderingMatch");
    assert_eq!(rule.code, 12);
    let rule = sorted(&office, &ldap, "!sss=sn:1.2.3.4");
    assert_eq!(rule.code, 12);
}

/// A sort control, which is critical or not, and the control of a page of one entry.
fn sorted_page(key: &str, critical: bool, cookie: &[u8]) -> Vec<u8> {
    let keys = sequence([sequence([octets(key)])]);
    let sort = sequence([octets("1.2.840.113556.1.4.473"), boolean(critical), octets(keys)]);
    let page = sequence([number(2, 1), octets(cookie)]);
    constructed(0xa0, [sort, sequence([octets(PAGED), boolean(true), octets(page)])])
}

/// The cookie of a page, of all controls of a message.
fn cookie_of(mut controls: &[u8]) -> Vec<u8> {
    while let Some((_, control, rest)) = ber::split(controls) {
        let (_, oid, value) = ber::split(control).unwrap();
        if oid == PAGED.as_bytes() {
            let (_, value, _) = ber::split(value).unwrap();
            let (_, page, _) = ber::split(value).unwrap();
            let (_, _, cookie) = ber::split(page).unwrap();
            return ber::split(cookie).unwrap().1.to_vec();
        }
        controls = rest;
    }
    panic!("it is no page");
}

#[test]
fn a_later_page_that_cannot_be_sorted_any_more_is_refused_in_words() {
    let (office, _) = office();
    let shelf = office.make("custom-attributes", &json!({"name": "shelf", "syntax": "integer"}));
    let account = office.make("service-accounts", &json!({"name": "pages"}));
    let text = |field: &str| account[field].as_str().unwrap();
    let mut raw = Raw::bound(&office.demo.ldap, text("dn"), text("password"));
    let mut page = |id: i64, cookie: &[u8]| {
        let operation = raw::search_operation(&office.base, 2, raw::present("sn"));
        raw.send(&sequence([number(2, id), operation, sorted_page("shelf", false, cookie)]));
        raw.receive_all_of_with_controls(id)
    };
    let (first, controls) = page(2, b"");
    assert_eq!((first.len(), first.last().unwrap().code()), (2, 0), "{first:?}");
    let cookie = cookie_of(&controls.unwrap());
    assert_ne!(cookie, b"");
    office.act("DELETE", &format!("custom-attributes/{}", id_of(&shelf)), None);
    let (refused, _) = page(3, &cookie);
    assert_eq!((refused.len(), refused[0].code()), (1, 53), "{refused:?}");
    assert_eq!(refused[0].words().1, "the pages before came sorted, and this one cannot be");
}

#[test]
fn more_keys_than_are_sorted_by_leave_the_entries_unsorted() {
    let (office, ldap) = office();
    let keys = ["uid"; 17].join("/");
    assert_eq!(sorted(&office, &ldap, &format!("!sss={keys}")).code, 12);
    let unsorted = sorted(&office, &ldap, &format!("sss={keys}"));
    assert_eq!((unsorted.code, unsorted.entries.len()), (0, 4), "{unsorted:?}");
}

#[test]
fn more_entries_than_may_be_sorted_are_refused_or_left_unsorted() {
    let Some(mut demo) = Demo::own() else { return };
    demo.daemon().stop();
    let site = Site::of_demo(demo.folder()).unwrap().set("ldap", "sorted_entries = 2");
    let server = site.set("ldap", "cleartext_bind = true").serve();
    let acme = demo.acme();
    let ldap = server.ldap().as_service(&acme.service_account);
    let people = acme.users.len();
    let search = |option: &str| {
        ldap.clone().with(["-E", option]).search(&acme.base, "sub", "(uid=*)", &["uid"])
    };
    let refused = search("!sss=uid");
    assert_eq!((refused.code, refused.entries.len()), (12, 0), "{refused:?}");
    assert_eq!(search("sss=uid").names().len(), people);
}

#[test]
fn all_sorted_searches_of_a_connection_hold_as_much_together_as_one_may() {
    const PEOPLE: usize = 120;
    let Some(demo) = Demo::own() else { return };
    let office = Office::on(Arc::new(demo));
    let made = office.make("service-accounts", &json!({"name": "app"}));
    for number in 0..PEOPLE {
        let (login, description) = (format!("u{number}"), "x".repeat(250));
        let fields = json!({"login": login, "display_name": login, "surname": login,
            "description": description});
        office.make("users", &fields);
    }
    let (dn, password) = (made["dn"].as_str().unwrap(), made["password"].as_str().unwrap());
    let Office { demo, base, .. } = office;
    let mut demo = Arc::into_inner(demo).unwrap();
    demo.daemon().stop();
    let site = Site::of_demo(demo.folder()).unwrap().set("ldap", "sorted_entries = 130");
    let site = site.set("ldap", "output_buffer = \"16KiB\"");
    let server = site.set("ldap", "cleartext_bind = true").serve();
    let mut raw = Raw::bound(&server.ldap, dn, password);
    let sorted = |id: i64, critical: bool| {
        let keys = sequence([sequence([octets("uid")])]);
        let oid = octets("1.2.840.113556.1.4.473");
        let control = sequence([oid, boolean(critical), octets(keys)]);
        let operation = raw::search_for("*", &base, 2, raw::present("uid"));
        sequence([number(2, id), operation, constructed(0xa0, [control])])
    };
    // The first one's entries are more than the buffer holds: it waits while the others begin.
    raw.send(&[sorted(2, true), sorted(3, true), sorted(4, false)].concat());
    let mut ends = BTreeMap::new();
    let mut entries = BTreeMap::new();
    while ends.len() < 3 {
        let message = raw.receive().unwrap();
        if message.operation == 0x65 {
            ends.insert(message.id, (message.code(), message.words().1));
        } else {
            *entries.entry(message.id).or_insert(0) += 1;
        }
    }
    assert_eq!((ends[&2].0, entries.get(&2)), (0, Some(&PEOPLE)));
    assert_eq!((ends[&3].0, entries.get(&3)), (12, None), "{ends:?}");
    assert!(ends[&3].1.contains("than the 130 that"), "{ends:?}");
    assert_eq!((ends[&4].0, entries.get(&4)), (0, Some(&PEOPLE)), "unsorted");
    // What is over is held no more.
    raw.send(&sorted(5, true));
    assert_eq!(raw.receive_all_of(5).len(), PEOPLE + 1);
}

#[test]
fn a_view_of_the_list_by_offset_and_by_value() {
    let (office, ldap) = office();
    // The tool asks for the next view, and ends when it is told of none.
    let view = |option: &str| {
        let tool = ldap.tool("ldapsearch").args(["-b", &office.base, "-E", "!sss=sn/uid"]);
        tool.args(["-E", option, "(objectClass=person)", "uid"]).input("none\n").run().stdout
    };
    let shown = |option: &str| -> Vec<String> {
        view(option).lines().filter_map(|line| line.strip_prefix("uid: ").map(Into::into)).collect()
    };
    assert_eq!(shown("!vlv=0/0/1/0"), ["u2"]);
    assert_eq!(shown("!vlv=1/1/2/0"), ["u2", "u4", "u1"]);
    assert_eq!(shown("!vlv=1/9/4/4"), ["u1", "u3"]);
    // Where the list is longer or shorter than the client believes, the nearest place is meant.
    assert_eq!(shown("!vlv=0/0/1/1"), ["u3"], "the last of them");
    assert_eq!(shown("!vlv=0/0/2/5"), ["u4"]);
    assert_eq!(shown("!vlv=0/0/1/5"), ["u2"]);
    assert_eq!(shown("!vlv=0/1:m"), ["u1", "u3"]);
    assert_eq!(shown("!vlv=1/0:Adler"), ["u2"]);
    assert_eq!(shown("!vlv=1/1:zz"), ["u3"], "behind the end");
    let told = view("!vlv=0/0/3/0");
    assert!(told.contains("pos=3 count=4"), "{told}");
}

#[test]
fn a_view_needs_an_order() {
    let demo = Demo::shared();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let target = constructed(0xa0, [number(2, 1), number(2, 0)]);
    let value = sequence([number(2, 0), number(2, 0), target]);
    let oid = octets("2.16.840.1.113730.3.4.9");
    let control = sequence([oid, boolean(true), octets(value)]);
    let operation = raw::search_operation(&acme.base, 2, raw::present("uid"));
    raw.send(&sequence([number(2, 2), operation, constructed(0xa0, [control])]));
    let (messages, controls) = raw.receive_all_of_with_controls(2);
    assert_eq!((messages.len(), messages[0].code()), (1, 76), "virtualListViewError");
    // sortControlMissing
    assert!(controls.unwrap().ends_with(&[0x0a, 0x01, 60]));
}

#[test]
fn a_view_with_a_context_that_was_never_given_is_refused() {
    let demo = Demo::shared();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let target = || constructed(0xa0, [number(2, 1), number(2, 0)]);
    let keys = || sequence([sequence([octets("uid")])]);
    let base = acme.base.as_str();
    let cases = [(base, 2, "", 0, 2), (base, 2, "kept", 76, 1), ("", 0, "kept", 76, 1)];
    for (id, (base, scope, context, code, count)) in (2..).zip(cases) {
        let value = sequence([number(2, 0), number(2, 0), target(), octets(context)]);
        let sort = sequence([octets("1.2.840.113556.1.4.473"), boolean(true), octets(keys())]);
        let view = sequence([octets("2.16.840.1.113730.3.4.9"), boolean(true), octets(value)]);
        let operation = raw::search_operation(base, scope, raw::present("objectClass"));
        raw.send(&sequence([number(2, id), operation, constructed(0xa0, [sort, view])]));
        let (messages, controls) = raw.receive_all_of_with_controls(id);
        let ended = messages.last().unwrap();
        assert_eq!((messages.len(), ended.code()), (count, code), "{base:?} {context}");
        // protocolError, or success.
        let result = if code == 0 { 0 } else { 2 };
        assert!(controls.unwrap().ends_with(&number(0x0a, result)), "{base:?} {context}");
    }
}

#[test]
fn the_root_dse_and_the_subschema_are_sorted_lists_of_one() {
    let demo = Demo::shared();
    let keys = || sequence([sequence([octets("cn")])]);
    let sort = || sequence([octets("1.2.840.113556.1.4.473"), boolean(true), octets(keys())]);
    let target = || constructed(0xa0, [number(2, 1), number(2, 0)]);
    let view = || {
        let value = sequence([number(2, 0), number(2, 0), target()]);
        sequence([octets("2.16.840.1.113730.3.4.9"), boolean(true), octets(value)])
    };
    let sorted = sequence([number(0x0a, 0)]);
    for (base, class, count) in [("", "top", 1), ("cn=subschema", "top", 1), ("", "person", 0)] {
        let mut raw = Raw::connect(&demo.ldap);
        let operation = || raw::search_operation(base, 0, raw::equal("objectClass", class));
        raw.send(&sequence([number(2, 2), operation(), constructed(0xa0, [sort()])]));
        let (messages, controls) = raw.receive_all_of_with_controls(2);
        assert_eq!((messages.len(), messages.last().unwrap().code()), (count + 1, 0), "{base}");
        assert!(controls.unwrap().ends_with(&octets(&sorted)), "{base} {class}");
        raw.send(&sequence([number(2, 3), operation(), constructed(0xa0, [sort(), view()])]));
        let (messages, controls) = raw.receive_all_of_with_controls(3);
        assert_eq!((messages.len(), messages.last().unwrap().code()), (count + 1, 0), "{base}");
        let viewed =
            sequence([number(2, 1), number(2, i64::try_from(count).unwrap()), number(0x0a, 0)]);
        assert!(controls.unwrap().ends_with(&octets(&viewed)), "{base} {class}");
    }
    let mut raw = Raw::connect(&demo.ldap);
    let operation = raw::search_operation("", 0, raw::present("objectClass"));
    raw.send(&sequence([number(2, 2), operation, constructed(0xa0, [view()])]));
    let (messages, controls) = raw.receive_all_of_with_controls(2);
    assert_eq!((messages.len(), messages[0].code()), (1, 76), "virtualListViewError");
    assert!(controls.unwrap().ends_with(&[0x0a, 0x01, 60]), "sortControlMissing");
}
