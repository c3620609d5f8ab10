//! Section 4.4.1: Notice of Disconnection.

use nix::sys::signal::Signal;

use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

#[test]
fn whoever_is_connected_when_the_server_stops_is_told_that_it_is_unavailable() {
    let Some(mut demo) = Demo::own() else { return };
    let ada = demo.acme().user("ada").clone();
    let mut idle = Raw::to(&demo);
    idle.send(&raw::extended(1, raw::WHO_AM_I));
    assert_eq!(idle.receive().unwrap().code(), 0);
    let bound = Raw::bound(&demo.ldap, &ada.dn, &ada.password);
    demo.daemon().signal(Signal::SIGTERM);
    for mut connection in [idle, bound] {
        let words = connection.receive_to_end();
        let [notice] = &words[..] else { panic!("{words:?}") };
        assert!(notice.is_notice(), "{notice:?}");
        assert_eq!(notice.code(), 52);
    }
    assert!(demo.daemon().ends().success());
}
