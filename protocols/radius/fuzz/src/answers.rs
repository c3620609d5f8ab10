//! Fuzzes what gear answers to orders.

#![no_main]

#[path = "../../tests/wire/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let _believed = targets::answers::run(octets);
});
