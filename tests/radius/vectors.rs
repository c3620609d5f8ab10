//! Packets of RFCs that print none are what a script makes of the rules, with hashes of another language.

use crate::harness::client::Client;

#[test]
fn made_packets_are_what_python_makes_of_the_rules() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocols/radius/tests/vectors/made.py");
    let output = Client::new("/usr/bin/python3", "python3").args([script]).run();
    assert_eq!(output.stdout.trim(), "as made here", "{output:?}");
}
