//! Section 4.11: Abandon.

use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

#[test]
fn an_abandon_is_never_answered_and_the_connection_goes_on() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    raw.send(&[raw::abandon(1, 77), raw::abandon(2, 1), raw::abandon(3, 3)].concat());
    raw.send(&raw::extended(4, raw::WHO_AM_I));
    assert_eq!(raw.receive().unwrap().id, 4);
}

#[test]
fn whoever_abandons_a_bind_is_served_afterwards() {
    let demo = Demo::shared();
    let ada = demo.acme().user("ada");
    let mut raw = Raw::to(&demo);
    let pipeline =
        [raw::bind(1, &ada.dn, &ada.password), raw::abandon(2, 1), raw::extended(3, raw::WHO_AM_I)];
    raw.send(&pipeline.concat());
    // A Bind cannot be abandoned.
    assert_eq!(raw.receive().map(|answer| (answer.id, answer.code())), Some((1, 0)));
    assert_eq!(raw.receive().map(|answer| (answer.id, answer.code())), Some((3, 0)));
}
