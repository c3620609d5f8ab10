//! Section 4.3: Unbind.

use crate::harness::demo::Demo;
use crate::harness::raw::{self, Raw};

#[test]
fn an_unbind_closes_the_connection_without_a_word() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    raw.send(&raw::unbind(1));
    assert_eq!(raw.receive(), None);
}

#[test]
fn a_critical_control_on_an_unbind_changes_nothing() {
    let demo = Demo::shared();
    let mut raw = Raw::to(&demo);
    raw.send(&raw::with_control(1, vec![0x42, 0], "1.3.6.1.4.1.55555.1", true));
    assert_eq!(raw.receive(), None);
}
