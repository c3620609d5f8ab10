//! Fuzzes files of users and groups. It is built of the crate's own files, which need no door for it.

#![no_main]

#[path = "../../src/import/mod.rs"]
mod import;
#[path = "targets/imports.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let _entries = target::run(octets);
});
