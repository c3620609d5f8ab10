//! Section 4.12: extended operations.

use crate::harness::ber::{constructed, element};
use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

#[test]
fn an_unknown_extended_operation_is_a_protocol_error_and_the_connection_goes_on() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    // Nobody's, the start of a transaction (RFC 5805), and no OID at all.
    let names = ["1.3.6.1.4.1.55555.1", "1.3.6.1.1.21.1", "", "x"];
    for (id, name) in (1..).zip(names) {
        raw.send(&raw::extended(id, name));
        let answer = raw.receive().unwrap();
        assert_eq!((answer.id, answer.operation, answer.code()), (id, 0x78, 2), "{name}");
    }
    raw.send(&raw::extended(9, raw::WHO_AM_I));
    assert_eq!(raw.receive().unwrap().code(), 0);
}

#[test]
fn who_am_i_takes_no_value() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    let name = element(0x80, raw::WHO_AM_I.as_bytes());
    raw.send(&raw::message(1, constructed(0x77, [name, element(0x81, b"x")])));
    assert_eq!(raw.receive().unwrap().code(), 2);
}
