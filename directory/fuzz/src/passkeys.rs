//! Fuzzes what browsers and authenticators say of passkeys, without a directory: it is built of the
//! crate's own files, which need no door for it.

#![no_main]

#[path = "../../src/authentication/passkey/authenticator.rs"]
mod authenticator;
#[path = "../../src/authentication/passkey/cbor.rs"]
mod cbor;
#[path = "../../src/authentication/passkey/ceremonies.rs"]
mod ceremonies;
#[path = "../../src/authentication/passkey/client.rs"]
mod client;
#[path = "../../src/authentication/passkey/key.rs"]
mod key;
mod records;
#[path = "targets/passkeys.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    let _read = target::run(octets);
});
