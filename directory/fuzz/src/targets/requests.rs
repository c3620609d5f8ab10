//! Certificate requests that somebody brings. The tests of the crate call it with what is in the corpus.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::PublicKeyData;

use super::RequestedKey;

/// The first octet says whether the rest is a request in DER (by 0) or text. Tells whether it is taken.
///
/// # Panics
/// When a key is taken that the request does not have, or one that did not sign it.
pub(crate) fn run(octets: &[u8]) -> bool {
    let Some((kind, rest)) = octets.split_first() else { return false };
    if kind & 1 != 0 {
        return RequestedKey::of_pem(&String::from_utf8_lossy(rest)).is_ok();
    }
    let Ok(key) = RequestedKey::of_pem(&pem(rest)) else { return false };
    let own = key.der_bytes();
    let place = rest.windows(own.len()).position(|part| part == own);
    // Whoever puts another key into it has not signed it.
    let mut forged = rest.to_vec();
    forged[place.unwrap() + own.len() / 2] ^= 1;
    assert!(RequestedKey::of_pem(&pem(&forged)).is_err(), "another key is taken");
    true
}

fn pem(der: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n")
}
