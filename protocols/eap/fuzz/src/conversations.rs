//! Fuzzes EAP conversations.

#![no_main]

#[path = "../../tests/wire/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let _asked = targets::conversations::run(octets);
});
