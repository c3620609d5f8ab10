//! Section 4.5.1.8: which attributes are returned (and RFC 3673).

use crate::harness::demo::Demo;
use crate::harness::ldif::Entry;

fn ada_with(attributes: &[&str]) -> Entry {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let client = demo.ldap().as_service(&demo.acme().service_account);
    client.search(&ada.dn, "base", "(objectClass=*)", attributes).only().clone()
}

const OPERATIONAL: [&str; 7] = [
    "createTimestamp",
    "entryDN",
    "entryUUID",
    "hasSubordinates",
    "modifyTimestamp",
    "structuralObjectClass",
    "subschemaSubentry",
];

fn has(entry: &Entry, attribute: &str) -> bool {
    !entry.values(attribute).is_empty()
}

#[test]
fn no_attributes_can_be_asked_for() {
    assert!(ada_with(&["1.1"]).attributes.is_empty());
}

#[test]
fn without_a_list_all_user_attributes_come_and_no_operational_ones() {
    for list in [&[][..], &["*"]] {
        let ada = ada_with(list);
        for attribute in ["uid", "cn", "sn", "givenName", "mail", "objectClass"] {
            assert!(has(&ada, attribute), "{attribute} of {ada:?}");
        }
        for attribute in OPERATIONAL.into_iter().chain(["memberOf"]) {
            assert!(!has(&ada, attribute), "{attribute} of {ada:?}");
        }
    }
}

#[test]
fn rfc3673_a_plus_asks_for_the_operational_ones() {
    let ada = ada_with(&["+"]);
    for attribute in OPERATIONAL {
        assert!(has(&ada, attribute), "{attribute} of {ada:?}");
    }
    assert!(!has(&ada, "uid"), "{ada:?}");
    let all = ada_with(&["*", "+"]);
    assert!(has(&all, "uid") && has(&all, "entryUUID"), "{all:?}");
}

#[test]
fn names_are_taken_by_oid_and_in_any_case_and_each_comes_once() {
    let ada = ada_with(&["UID", "uid", "0.9.2342.19200300.100.1.1", "2.5.4.4", "MAIL"]);
    let mut names: Vec<String> = ada.names().iter().map(|name| name.to_lowercase()).collect();
    names.sort();
    assert_eq!(names, ["mail", "sn", "uid"]);
    assert_eq!(ada.values("uid"), ["ada"]);
}

#[test]
fn unknown_attributes_are_not_returned_and_do_no_harm() {
    let ada = ada_with(&["nosuch", "1.2.3.4.5", "uid"]);
    assert_eq!(ada.names(), ["uid"]);
}

#[test]
fn an_option_that_is_not_recognized_names_no_attribute() {
    assert!(ada_with(&["cn;lang-en", "cn;binary", "cn;x;binary"]).attributes.is_empty());
}

#[test]
fn passwords_never_come_out() {
    for list in [&["*", "+"][..], &["userPassword"], &["2.5.4.35"], &["sambaNTPassword"]] {
        let ada = ada_with(list);
        let secret = |(name, _): &(String, String)| name.to_lowercase().contains("password");
        assert!(!ada.attributes.iter().any(secret), "{ada:?}");
    }
}

#[test]
fn many_attributes_may_be_asked_for_and_too_many_are_refused_as_such() {
    let names: Vec<String> = (0..2_000).map(|number| format!("nosuch{number}")).collect();
    let mut asked = vec!["uid"];
    asked.extend(names.iter().map(String::as_str));
    assert_eq!(ada_with(&asked[..200]).names(), ["uid"]);
    let demo = Demo::shared();
    let client = demo.ldap().as_service(&demo.acme().service_account);
    let refused = client.search(&demo.acme().base, "base", "(objectClass=*)", &asked);
    assert_eq!(refused.code, 11, "{refused:?}");
}
