//! Fuzzes the controls of pages and copies.

#![no_main]

#[path = "../../tests/wire/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let _asked = targets::controls::run(octets);
});
