//! Fuzzes certificate requests that somebody brings.

#![no_main]

#[path = "targets/requests.rs"]
mod target;

use directory::issuing::RequestedKey;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let _taken = target::run(octets);
});
