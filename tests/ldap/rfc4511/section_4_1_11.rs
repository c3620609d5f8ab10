//! Section 4.1.11: controls.

use crate::harness::ber::{boolean, constructed, element, number, octets, sequence};
use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};
use crate::harness::slow::Slow;

const UNKNOWN: &str = "1.3.6.1.4.1.55555.1";

#[test]
fn an_unknown_critical_control_is_refused_on_every_operation() {
    let demo = Demo::shared();
    let (acme, ada) = (demo.acme(), demo.acme().user("ada"));
    let ada = demo.ldap().as_user(ada).with(["-e", "!1.3.6.1.4.1.55555.1"]);
    // The control goes with the operation, not with the tool's Bind.
    assert_eq!(ada.search(&acme.base, "base", "(objectClass=*)", &[]).code, 12);
    assert_eq!(ada.compare(&acme.base, "objectClass:top").code, 12);
    // ldapwhoami says the code in words only.
    assert!(ada.who_am_i().stderr.contains("(12)"));
    let change = format!("dn: {}\nchangetype: delete\n", acme.base);
    assert_eq!(ada.modify(&change).code, 12);
}

#[test]
fn a_bind_with_an_unknown_critical_control_is_refused_and_binds_nobody() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::to(&demo);
    let bind = raw::bind(1, &ada.dn, &ada.password);
    let (_, content, _) = crate::harness::ber::split(&bind).unwrap();
    let (_, _, operation) = crate::harness::ber::split(content).unwrap();
    raw.send(&raw::with_control(1, operation.to_vec(), UNKNOWN, true));
    assert_eq!(raw.receive().unwrap().code(), 12);
    raw.send(&raw::search(2, &demo.acme().base, 0, raw::present("objectClass")));
    assert_eq!(raw.receive().unwrap().code(), 50);
}

#[test]
fn an_unknown_control_that_is_not_critical_is_ignored() {
    let demo = Demo::shared();
    let ada = demo.ldap().as_user(demo.acme().user("ada")).with(["-e", UNKNOWN]);
    assert!(ada.who_am_i().stdout.starts_with("dn:"));
    let found = ada.search(&demo.acme().user("ada").dn, "base", "(objectClass=*)", &["uid"]);
    assert_eq!(found.only().value("uid"), "ada");
}

#[test]
fn manage_dsa_it_may_be_critical() {
    let demo = Demo::shared();
    let ada = demo.ldap().as_user(demo.acme().user("ada")).with(["-M", "-M"]);
    let found = ada.search(&demo.acme().user("ada").dn, "base", "(objectClass=*)", &["uid"]);
    assert_eq!(found.only().value("uid"), "ada");
}

#[test]
fn a_password_policy_request_does_not_disturb_a_bind() {
    let demo = Demo::shared();
    let ada = demo.ldap().as_user(demo.acme().user("ada")).with(["-e", "ppolicy"]);
    assert!(ada.who_am_i().stdout.starts_with("dn:"));
}

#[test]
fn an_abandon_with_an_unknown_critical_control_is_neither_carried_out_nor_answered() {
    let slow = Slow::new();
    let mut raw = slow.connect();
    raw.send(&slow.search(2, 0));
    raw.send(&raw::with_control(3, number(0x50, 2), UNKNOWN, true));
    raw.send(&raw::cancel(4, 2));
    let told = [(); 2].map(|()| raw.receive().unwrap()).map(|answer| (answer.id, answer.code()));
    assert_eq!(told, [(2, 118), (4, 0)], "it was there to be cancelled");
}

#[test]
fn a_control_that_is_there_twice_allows_no_abandon_that_a_critical_one_forbids() {
    let slow = Slow::new();
    let twice = || sequence([octets("1.3.6.1.4.1.55555.2"), boolean(false)]);
    for (critical, expected) in [(true, &[(2, 118), (4, 0)][..]), (false, &[(4, 119)][..])] {
        let mut raw = slow.connect();
        raw.send(&slow.search(2, 0));
        let unknown = sequence([octets(UNKNOWN), boolean(critical)]);
        let controls = constructed(0xa0, [unknown, twice(), twice()]);
        raw.send(&sequence([number(2, 3), number(0x50, 2), controls]));
        raw.send(&raw::cancel(4, 2));
        let answers = expected.iter().map(|_| raw.receive().unwrap());
        let told: Vec<(i64, i64)> = answers.map(|answer| (answer.id, answer.code())).collect();
        assert_eq!(told, expected, "critical: {critical}");
    }
}

#[test]
fn a_control_whose_name_is_no_oid_is_a_protocol_error() {
    let demo = Demo::shared();
    for oid in ["", "x", "1..2", "1.2."] {
        let mut raw = Raw::to(&demo);
        let who = constructed(0x77, [element(0x80, raw::WHO_AM_I.as_bytes())]);
        raw.send(&raw::with_control(1, who, oid, false));
        assert_eq!(raw.receive().unwrap().code(), 2, "{oid:?}");
    }
}

#[test]
fn a_password_policy_request_may_come_critical_with_any_request() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let client = demo.ldap().as_user(ada).with(["-e", "!1.3.6.1.4.1.42.2.27.8.5.1"]);
    assert_eq!(client.search(&ada.dn, "base", "(objectClass=*)", &["uid"]).code, 0);
    assert_eq!(client.compare(&ada.dn, "uid:ada").code, 6);
    assert!(client.who_am_i().stdout.starts_with("dn:"));
}
