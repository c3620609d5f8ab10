//! Section 4.14: StartTLS (and RFC 4513, section 3.1.1).

use crate::harness::demo::Demo;
use crate::harness::ldap::Transport;
use crate::harness::python::python;
use crate::harness::raw::{self, Raw};
use crate::harness::slow::Slow;

#[test]
fn users_bind_and_search_by_start_tls_and_by_ldaps() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    for transport in [Transport::StartTls, Transport::Tls] {
        let client = demo.ldap_over(transport).as_user(ada);
        let found = client.search(&ada.dn, "base", "(objectClass=*)", &["uid"]);
        assert_eq!(found.only().value("uid"), "ada");
    }
}

#[test]
fn plaintext_behind_start_tls_ends_the_connection() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::to(&demo);
    let smuggled = raw::bind(2, &ada.dn, &ada.password);
    raw.send(&[raw::extended(1, raw::START_TLS), smuggled].concat());
    let answer = raw.receive().unwrap();
    assert!(answer.is_notice(), "{answer:?}");
    assert_eq!(answer.code(), 2);
    assert!(raw.receive().is_none());
}

#[test]
fn after_start_tls_no_plaintext_is_answered_although_the_handshake_fails() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    raw.send(&raw::extended(1, raw::START_TLS));
    assert_eq!(raw.receive().unwrap().code(), 0);
    // It may be closed already when the second arrives.
    drop(raw.try_send(&raw::extended(2, raw::WHO_AM_I)));
    drop(raw.try_send(&raw::extended(3, raw::WHO_AM_I)));
    assert!(!raw.ends_with_an_answer());
}

#[test]
fn handshakes_that_never_come_hold_up_nobody() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut silent: Vec<Raw> = (0..150).map(|_| Raw::to(&demo)).collect();
    silent.iter_mut().for_each(|raw| raw.send(&raw::extended(1, raw::START_TLS)));
    for raw in &mut silent {
        assert_eq!(raw.receive().unwrap().code(), 0);
    }
    let client = demo.ldap_over(Transport::StartTls).as_user(ada);
    let found = client.search(&ada.dn, "base", "(objectClass=*)", &["uid"]);
    assert_eq!(found.only().value("uid"), "ada");
}

#[test]
fn start_tls_inside_tls_is_an_operations_error_and_the_connection_goes_on() {
    let demo = Demo::shared();
    let by_start_tls = {
        let mut raw = Raw::to(&demo);
        raw.send(&raw::extended(1, raw::START_TLS));
        assert_eq!(raw.receive().unwrap().code(), 0);
        raw
    };
    for raw in [by_start_tls, Raw::connect(&demo.ldaps)] {
        let mut secure = raw.secure(&demo.ca_file).unwrap();
        secure.send(&raw::extended(2, raw::START_TLS));
        assert_eq!(secure.receive().unwrap().code(), 1);
        secure.send(&raw::extended(3, raw::WHO_AM_I));
        assert_eq!(secure.receive().unwrap().code(), 0);
    }
}

#[test]
fn start_tls_while_a_search_is_under_way_is_refused_and_the_search_goes_on() {
    let slow = Slow::new();
    let mut raw = slow.connect();
    raw.send(&slow.search(2, 0));
    raw.send(&raw::extended(3, raw::START_TLS));
    let refused = raw.receive().unwrap();
    assert_eq!((refused.id, refused.code()), (3, 1), "{refused:?}");
    // One that had ended for it could not be cancelled.
    raw.send(&raw::cancel(4, 2));
    for expected in [(2, 118), (4, 0)] {
        let answer = raw.receive().unwrap();
        assert_eq!((answer.id, answer.code()), expected, "{answer:?}");
    }
    raw.send(&raw::extended(5, raw::START_TLS));
    assert_eq!(raw.receive().unwrap().code(), 0);
}

#[test]
fn python_ldap_starts_tls_once_its_search_is_over_and_not_before() {
    let slow = Slow::new();
    let script = "
import sys, ldap
uri, authority, dn, password, base, wanted = sys.argv[1:]
l = ldap.initialize(uri)
l.set_option(ldap.OPT_X_TLS_CACERTFILE, authority)
l.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
l.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
l.simple_bind_s(dn, password)
sent = l.search(base, ldap.SCOPE_SUBTREE, wanted, ['1.1'])
try:
    l.start_tls_s()
except ldap.OPERATIONS_ERROR as refused:
    print(refused.args[0]['info'])
l.cancel_s(sent)
try:
    print(l.result(sent))
except ldap.CANCELLED:
    print('cancelled')
l.start_tls_s()
l.simple_bind_s(dn, password)
print(l.whoami_s())
";
    let (demo, base) = (&slow.office.demo, &slow.office.base);
    let uri = format!("ldap://{}", demo.ldap);
    let arguments = [&uri, &demo.ca_file, &slow.dn, &slow.password, base, &Slow::filter()];
    let said = python(script, arguments.map(String::as_str));
    let expected = format!("other operations are under way\ncancelled\ndn:{}\n", slow.dn);
    assert_eq!((said.code, said.stdout.as_str()), (0, expected.as_str()), "{said:?}");
}

#[test]
fn garbage_instead_of_a_handshake_closes_that_connection_only() {
    let demo = Demo::shared();
    let mut raw = Raw::connect(&demo.ldaps);
    raw.send(b"GET / HTTP/1.1\r\n\r\n");
    assert!(!raw.ends_with_an_answer());
    let ada = demo.ldap_over(Transport::Tls).as_user(demo.acme().user("ada"));
    assert_eq!(ada.who_am_i().code, 0);
}
