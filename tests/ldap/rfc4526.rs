//! RFC 4526: the filters that are always true and always false.

use crate::harness::ber::element;
use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

#[test]
fn an_empty_and_is_true_and_an_empty_or_is_false() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
    for (id, filter, entries) in [(2, element(0xa0, b""), 1), (3, element(0xa1, b""), 0)] {
        raw.send(&raw::search(id, &ada.dn, 0, filter));
        let messages = raw.receive_all_of(id);
        assert_eq!((messages.last().unwrap().code(), messages.len() - 1), (0, entries));
    }
}
