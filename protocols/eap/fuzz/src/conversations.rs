//! Fuzzes EAP conversations.

#![no_main]

#[path = "../../tests/wire/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| targets::conversations::run(octets));
