//! Fuzzes what is said inside of a tunnel in packets of EAP, without the tunnel, as `avps` does with AVPs.

#![no_main]

#[path = "../../src/method.rs"]
mod method;
#[path = "../../src/ms_chap.rs"]
mod ms_chap;
#[path = "../../src/packet.rs"]
mod packet;
#[path = "../../src/question.rs"]
mod question;
#[path = "targets/inner.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let _ended = target::run(octets);
});
