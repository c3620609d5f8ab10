//! Section 4.5.1.7: filters.

use crate::harness::ber::{constructed, element, octets};
use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

/// Asserts what a filter finds among the people of acme, from the base and by their container.
fn finds(filter: &str, logins: &[&str]) {
    let demo = Demo::shared();
    let acme = demo.acme();
    let nextcloud = demo.ldap().as_service(&acme.service_account);
    let mut expected: Vec<String> = logins.iter().map(|login| acme.user_dn(login)).collect();
    expected.sort();
    let people = acme.container("people");
    let one = nextcloud.search(&people, "one", filter, &["1.1"]);
    assert_eq!(one.names(), expected, "{filter} one level below {people}");
    let both = format!("(&(objectClass=person){filter})");
    let sub = nextcloud.search(&acme.base, "sub", &both, &["1.1"]);
    assert_eq!(sub.names(), expected, "{both} below {}", acme.base);
    for user in &acme.users {
        let found = nextcloud.search(&user.dn, "base", filter, &["1.1"]);
        let is_expected = expected.contains(&user.dn);
        assert_eq!(found.names().len(), usize::from(is_expected), "{filter} at {}", user.dn);
    }
}

const EVERYBODY: &[&str] = &["ada", "grace", "linus"];

#[test]
fn equality_ignores_case_and_needless_spaces() {
    finds("(uid=ada)", &["ada"]);
    finds("(UID=ADA)", &["ada"]);
    finds("(cn=  ada   LOVELACE )", &["ada"]);
    finds("(2.5.4.4=hopper)", &["grace"]);
    finds("(uid=nobody)", &[]);
    finds("(mail=linus@acme.example)", &["linus"]);
}

#[test]
fn presence_is_having_a_value() {
    finds("(mail=*)", EVERYBODY);
    finds("(title=*)", &[]);
    finds("(objectClass=*)", EVERYBODY);
}

#[test]
fn substrings_stand_in_their_order_and_do_not_overlap() {
    finds("(uid=a*)", &["ada"]);
    finds("(uid=*a)", &["ada"]);
    finds("(uid=*a*)", &["ada", "grace"]);
    finds("(uid=a*a)", &["ada"]);
    finds("(uid=ada*ada)", &[]);
    finds("(uid=ad*da)", &[]);
    finds("(cn=*a*o*e*)", &["ada", "grace"]);
    finds("(cn=g*ho*er)", &["grace"]);
    finds("(mail=*@ACME.example)", EVERYBODY);
}

#[test]
fn ordering_and_approximation_hold() {
    finds("(createTimestamp>=20000101000000Z)", EVERYBODY);
    finds("(createTimestamp<=20000101000000Z)", &[]);
    finds("(modifyTimestamp>=20000101000000Z)", EVERYBODY);
    finds("(uid~=ada)", &["ada"]);
}

#[test]
fn and_or_not_combine() {
    finds("(&(uid=ada)(sn=lovelace))", &["ada"]);
    finds("(&(uid=ada)(sn=hopper))", &[]);
    finds("(|(uid=ada)(uid=linus))", &["ada", "linus"]);
    finds("(!(uid=ada))", &["grace", "linus"]);
    finds("(&(objectClass=person)(!(|(uid=ada)(uid=grace))))", &["linus"]);
}

#[test]
fn what_is_unknown_is_undefined_and_stays_so_under_not() {
    for undefined in ["(nosuch=x)", "(nosuch=*)", "(uid:1.2.3.4:=ada)", "(createTimestamp>=soon)"] {
        finds(undefined, &[]);
        finds(&format!("(!{undefined})"), &[]);
        finds(&format!("(&(uid=ada){undefined})"), &[]);
        finds(&format!("(!(&(uid=ada){undefined}))"), &["grace", "linus"]);
        finds(&format!("(|(uid=ada){undefined})"), &["ada"]);
        finds(&format!("(!(|(uid=ada){undefined}))"), &[]);
    }
}

#[test]
fn object_classes_stand_for_their_subclasses_by_name_and_oid() {
    finds("(objectClass=inetOrgPerson)", EVERYBODY);
    finds("(objectClass=PERSON)", EVERYBODY);
    finds("(objectClass=2.5.6.6)", EVERYBODY);
    finds("(objectClass=top)", EVERYBODY);
    finds("(objectClass=posixAccount)", EVERYBODY);
    finds("(objectClass=groupOfNames)", &[]);
}

#[test]
fn supertypes_stand_for_their_subtypes() {
    finds("(name=ada lovelace)", &["ada"]);
    finds("(name=Grace)", &["grace"]);
}

#[test]
fn extensible_matches_work_by_rule_by_type_and_on_names() {
    finds("(uid:caseIgnoreMatch:=ADA)", &["ada"]);
    finds("(uid:2.5.13.2:=ADA)", &["ada"]);
    finds("(uid:=ada)", &["ada"]);
    finds("(ou:dn:=people)", EVERYBODY);
    finds("(uid:dn:=ada)", &["ada"]);
    // Rules of bits are for numbers.
    finds("(uid:1.2.840.113556.1.4.803:=2)", &[]);
}

#[test]
fn escapes_are_values() {
    finds("(uid=\\2a)", &[]);
    finds("(uid=\\61da)", &["ada"]);
    finds("(uid=ada\\29\\28uid=\\2a)", &[]);
    finds("(cn=\\ff\\fe)", &[]);
}

#[test]
fn passwords_are_never_compared_with() {
    let filters = [
        "(userPassword=*)",
        "(userPassword=x)",
        "(userPassword=a*)",
        "(userPassword=*$argon2*)",
        "(userPassword>=\\00)",
        "(userPassword<=\\ff)",
        "(userPassword~=x)",
        "(userPassword:caseExactMatch:=x)",
        "(2.5.4.35=*)",
    ];
    for filter in filters {
        finds(filter, &[]);
        finds(&format!("(!{filter})"), &[]);
    }
}

#[test]
fn a_filter_that_is_none_is_a_protocol_error() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
    let broken = [
        element(0x04, b"x"),
        element(0xa2, b""),
        element(0x30, b""),
        constructed(0xa3, [octets("uid")]),
        constructed(0xa4, [octets("uid"), element(0x30, b"")]),
    ];
    for (id, filter) in (2..).zip(broken) {
        raw.send(&raw::search(id, &ada.dn, 0, filter.clone()));
        let answer = raw.receive().unwrap();
        assert_eq!((answer.id, answer.code()), (id, 2), "{filter:02x?}");
    }
}

#[test]
fn a_choice_that_nobody_knows_yet_is_undefined() {
    let demo = Demo::shared();
    let (acme, account) = (demo.acme(), &demo.acme().service_account);
    let mut raw = Raw::bound(&demo.ldap, &account.dn, &account.password);
    let unknown = || constructed(0xaa, [octets("x")]);
    let everything = || raw::present("objectClass");
    let uid = || raw::equal("uid", "ada");
    for (id, (filter, count)) in (2..).zip([
        (unknown(), 0),
        (constructed(0xa2, [unknown()]), 0),
        (constructed(0xa0, [unknown(), everything()]), 0),
        (constructed(0xa1, [unknown(), uid()]), 1),
        (constructed(0xa2, [constructed(0xa1, [unknown(), uid()])]), 0),
        (element(0x8b, b""), 0),
    ]) {
        raw.send(&raw::search(id, &acme.base, 2, filter));
        let messages = raw.receive_all_of(id);
        assert_eq!(messages.last().unwrap().code(), 0, "{id}");
        assert_eq!(messages.len(), count + 1, "{id}");
    }
    // What is no choice at all is no filter.
    raw.send(&raw::search(20, &acme.base, 2, element(0x04, b"x")));
    assert_eq!(raw.receive().unwrap().code(), 2);
}
