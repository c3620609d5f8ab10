//! What an authenticator app does (RFC 6238).

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::calendar::seconds;

/// The code that an app shows at this moment after it has scanned a URI.
pub(crate) fn code(otpauth_uri: &str) -> String {
    code_beside(otpauth_uri, 0)
}

/// The code that an app shows so many steps of thirty seconds from this moment.
pub(crate) fn code_beside(otpauth_uri: &str, steps: i64) -> String {
    let secret = otpauth_uri.split(['?', '&']).find_map(|part| part.strip_prefix("secret="));
    let step = (seconds() / 30).checked_add_signed(steps).unwrap();
    code_at(&base32(secret.unwrap()), step)
}

fn code_at(seed: &[u8], step: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(seed).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

fn base32(text: &str) -> Vec<u8> {
    let (mut octets, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            other => panic!("{other} is not of base 32"),
        };
        held = held << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            octets.push((held >> bits).to_le_bytes()[0]);
        }
    }
    octets
}

#[test]
fn codes_are_those_of_the_rfc() {
    let seed = base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(seed, b"12345678901234567890");
    assert_eq!(code_at(&seed, 59 / 30), "287082");
    assert_eq!(code_at(&seed, 1_111_111_109 / 30), "081804");
}
