//! Fuzzes what is said inside of a tunnel of EAP-TTLS, without the tunnel: handshakes would take nearly
//! all of the time. So it is built of the crate's own files, which need no door for it.

#![no_main]

#[path = "../../src/avp.rs"]
mod avp;
#[path = "../../src/method.rs"]
mod method;
#[path = "../../src/ms_chap.rs"]
mod ms_chap;
#[path = "../../src/packet.rs"]
mod packet;
#[path = "../../src/question.rs"]
mod question;
#[path = "targets/avps.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let _said = target::run(octets);
});
