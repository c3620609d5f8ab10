//! Fuzzes cookies of clients that keep a copy. It is built of the crate's own file, which needs no door
//! for it.

#![no_main]

#[path = "../../src/ldap/search/copy/cookie.rs"]
mod cookie;
#[path = "targets/cookies.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let _read = target::run(octets);
});
