//! Fuzzes connections inside TLS.

#![no_main]

#[path = "../../tests/wire/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let _found = targets::streams::run(octets);
});
