//! Sections 5.1 and 5.2: messages on a stream of octets.

use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

#[test]
fn one_octet_per_segment_works() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::to(&demo);
    for octet in raw::bind(1, &ada.dn, &ada.password) {
        raw.send(&[octet]);
    }
    assert_eq!(raw.receive().unwrap().code(), 0);
    for octet in raw::search(2, &ada.dn, 0, raw::present("uid")) {
        raw.send(&[octet]);
    }
    assert_eq!(raw.receive_all_of(2).len(), 2);
}

#[test]
fn a_connection_that_ends_in_the_middle_of_a_message_harms_nobody() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let message = raw::bind(1, &ada.dn, &ada.password);
    for length in 0..message.len() {
        let mut raw = Raw::to(&demo);
        raw.send(&message[..length]);
        raw.finish();
        assert_eq!(raw.receive_to_end(), []);
    }
    assert_eq!(demo.ldap().as_user(ada).who_am_i().code, 0);
}
