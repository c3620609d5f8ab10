//! Section 4.5.1.5: the time limit of the client.

use crate::harness::ber::number;
use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

#[test]
fn a_time_limit_that_suffices_changes_nothing() {
    let demo = Demo::shared();
    let acme = demo.acme();
    for limit in ["1", "60", "2147483647"] {
        let client = demo.ldap().as_service(&acme.service_account).with(["-l", limit]);
        let found = client.search(&acme.base, "sub", "(objectClass=person)", &["1.1"]);
        assert_eq!(found.names().len(), acme.users.len(), "{limit}");
    }
}

#[test]
fn limits_below_zero_are_protocol_errors() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
    let good = raw::search(2, &ada.dn, 0, raw::present("uid"));
    let zero = number(2, 0);
    let limits = [&zero[..], &zero].concat();
    let place = good.windows(6).position(|window| window == limits).unwrap();
    // The size limit and the time limit.
    for place in [place, place + 3] {
        let mut broken = good.clone();
        broken[place + 2] = 0xff;
        raw.send(&broken);
        assert_eq!(raw.receive().unwrap().code(), 2);
    }
}
