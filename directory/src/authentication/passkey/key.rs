//! Public keys as authenticators write them (COSE, RFC 9052), and their signatures.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_bytes::ByteBuf;

use super::cbor::{Item, Reader};
use crate::records::PasskeyKey;

/// The numbers of the algorithms that are taken (RFC 9053, RFC 8812), the best first.
pub const ALGORITHMS: [i32; 3] = [ES256, EDDSA, RS256];
const ES256: i32 = -7;
const EDDSA: i32 = -8;
const RS256: i32 = -257;

/// Octets of a modulus: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1_024;
/// The exponent that keys have.
const EXPONENT: &[u8] = &[1, 0, 1];

/// The second coordinates of the points of edwards25519 that have the order 8.
const OF_ORDER_8: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

/// What a key says of itself, by the numbers of RFC 9052 section 7.1 and RFC 9053 section 7.
#[derive(Default)]
struct Said<'a> {
    kind: Option<i64>,
    algorithm: Option<i64>,
    /// The curve.
    number: Option<i64>,
    /// The modulus.
    octets: Option<&'a [u8]>,
    /// The first coordinate, or the exponent.
    second: Option<&'a [u8]>,
    /// The second coordinate.
    third: Option<&'a [u8]>,
}

impl PasskeyKey {
    /// Reads a key; none when it is not acceptable.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut said = Said::default();
        for _ in 0..reader.map()? {
            said.add(reader)?;
        }
        let key = match (said.kind?, i32::try_from(said.algorithm?).ok()?, said.number) {
            (2, ES256, Some(1)) => {
                let (x, y) = (coordinate(said.second)?, coordinate(said.third)?);
                Self::P256(ByteBuf::from([&[4], &x[..], &y[..]].concat()))
            }
            (1, EDDSA, Some(6)) => {
                Self::Ed25519(ByteBuf::from(coordinate(said.second)?.as_slice()))
            }
            (3, RS256, None) => {
                let modulus = said.octets.filter(|it| MODULUS.contains(&it.len()))?;
                let (first, last) = (*modulus.first()?, *modulus.last()?);
                let is_large = first & 0x80 != 0 || modulus.len() > *MODULUS.start();
                let is_plain = first != 0 && last & 1 != 0;
                let fits = said.second? == EXPONENT && is_large && is_plain;
                Self::Rsa(ByteBuf::from(fits.then_some(modulus)?))
            }
            _ => return None,
        };
        key.is_sound().then_some(key)
    }

    /// Whether a signature over a message is by this key.
    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let verify = |algorithm: &'static dyn VerificationAlgorithm, point: &[u8]| {
            UnparsedPublicKey::new(algorithm, point).verify(message, signature).is_ok()
        };
        match self {
            Self::P256(point) => verify(&ECDSA_P256_SHA256_ASN1, point),
            Self::Ed25519(point) => verify(&ED25519, point),
            Self::Rsa(modulus) => {
                let key = RsaPublicKeyComponents { n: modulus.as_slice(), e: EXPONENT };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
        }
    }

    /// Whether points are on their curves, and such that a signature says something.
    fn is_sound(&self) -> bool {
        match self {
            Self::P256(point) => ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).is_ok(),
            Self::Ed25519(point) => {
                ParsedPublicKey::new(&ED25519, point).is_ok() && !is_of_small_order(point)
            }
            Self::Rsa(_) => true,
        }
    }
}

impl<'a> Said<'a> {
    /// Reads one thing that a key says; none when it says it twice.
    fn add(&mut self, reader: &mut Reader<'a>) -> Option<()> {
        let label = reader.item()?;
        let known = matches!(label, Item::Number(1 | 3 | -1 | -2 | -3));
        if !known {
            return reader.skip();
        }
        match (label, reader.item()?) {
            (Item::Number(1), Item::Number(number)) => put(&mut self.kind, number),
            (Item::Number(3), Item::Number(number)) => put(&mut self.algorithm, number),
            (Item::Number(-1), Item::Number(number)) => put(&mut self.number, number),
            (Item::Number(-1), Item::Octets(octets)) => put(&mut self.octets, octets),
            (Item::Number(-2), Item::Octets(octets)) => put(&mut self.second, octets),
            (Item::Number(-3), Item::Octets(octets)) => put(&mut self.third, octets),
            _ => None,
        }
    }
}

fn put<T>(place: &mut Option<T>, value: T) -> Option<()> {
    match place.replace(value) {
        None => Some(()),
        Some(_) => None,
    }
}

fn coordinate(octets: Option<&[u8]>) -> Option<[u8; 32]> {
    octets?.try_into().ok()
}

/// Whether a point of edwards25519 has the order 8 or less. No authenticator has such a key, and who
/// registers one lets in whoever knows: one signature fits to many messages, or to all.
fn is_of_small_order(point: &[u8]) -> bool {
    let Ok(mut second) = <[u8; 32]>::try_from(point) else { return false };
    if let Some(last) = second.last_mut() {
        // The sign of the first coordinate.
        *last &= 0x7f;
    }
    let [first, middle @ .., last] = second;
    let are_all = |octet: u8| middle.iter().all(|it| *it == octet);
    match (first, last) {
        (0 | 1, 0) => are_all(0),
        // -1, and 0 and 1 with the prime added.
        (0xec..=0xee, 0x7f) => are_all(0xff),
        _ => OF_ORDER_8.contains(&second),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of the octets that describe it.
    fn read(parts: &[&[u8]]) -> Option<PasskeyKey> {
        let octets = parts.concat();
        let mut reader = Reader::new(&octets);
        let key = PasskeyKey::read(&mut reader)?;
        reader.is_done().then_some(key)
    }

    const TO_32: &[u8] = &[0x58, 32];
    /// Of RFC 8032 section 7.1, test 1.
    const ED25519_POINT: [u8; 32] = [
        0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07,
        0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07,
        0x51, 0x1a,
    ];

    #[test]
    fn a_key_says_each_thing_once_and_what_is_not_known_is_passed_over() {
        let ed25519: [&[u8]; 5] =
            [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21], TO_32, &ED25519_POINT, &[], &[]];
        assert!(read(&ed25519).is_some());
        let more =
            [&[0xa5, 0x61, b'x', 0x81, 0, 1, 1, 3, 0x27, 0x20, 6, 0x21], TO_32, &ED25519_POINT[..]];
        assert!(read(&more).is_some());
        let twice = [&[0xa5, 1, 1, 1, 1, 3, 0x27, 0x20, 6, 0x21], TO_32, &ED25519_POINT[..]];
        assert!(read(&twice).is_none());
        let other_kind = [&[0xa4, 1, 2, 3, 0x27, 0x20, 6, 0x21], TO_32, &ED25519_POINT[..]];
        assert!(read(&other_kind).is_none());
        let other_algorithm = [&[0xa4, 1, 1, 3, 0x26, 0x20, 6, 0x21], TO_32, &ED25519_POINT[..]];
        assert!(read(&other_algorithm).is_none());
        let cut = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 31], &ED25519_POINT[..31]];
        assert!(read(&cut).is_none());
    }

    #[test]
    fn a_point_that_is_not_on_the_curve_is_no_key() {
        let point =
            [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21], TO_32, &[1; 32], &[0x22], TO_32, &[2; 32]];
        assert!(read(&point).is_none());
    }

    #[test]
    fn a_point_of_a_small_order_is_no_key() {
        let sample = include_bytes!("../../../fuzz/corpus/passkeys/key-of-a-small-order");
        assert!(PasskeyKey::read(&mut Reader::new(&sample[1..])).is_none());
        let key = |point: &[u8; 32]| {
            let parts: [&[u8]; 3] = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21], TO_32, point];
            read(&parts)
        };
        let edge = |first: u8, middle: u8, last: u8| {
            let mut point = [middle; 32];
            (point[0], point[31]) = (first, last);
            point
        };
        let small = [
            edge(0, 0, 0),
            edge(1, 0, 0),
            edge(0xec, 0xff, 0x7f),
            edge(0xed, 0xff, 0x7f),
            edge(0xee, 0xff, 0x7f),
            OF_ORDER_8[0],
            OF_ORDER_8[1],
        ];
        for mut point in small {
            assert!(is_of_small_order(&point) && key(&point).is_none(), "{point:02x?}");
            point[31] |= 0x80;
            assert!(is_of_small_order(&point) && key(&point).is_none(), "{point:02x?}");
            point[16] ^= 1;
            assert!(!is_of_small_order(&point), "{point:02x?}");
        }
        assert!(!is_of_small_order(&ED25519_POINT) && key(&ED25519_POINT).is_some());
    }

    #[test]
    fn a_modulus_is_large_and_odd_and_the_exponent_the_usual_one() {
        let rsa = |modulus: &[u8], exponent: &[u8]| {
            let length = u16::try_from(modulus.len()).unwrap().to_be_bytes();
            let e_length = 0x40 + u8::try_from(exponent.len()).unwrap();
            let head: &[u8] = &[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59];
            read(&[head, &length, modulus, &[0x21, e_length], exponent]).is_some()
        };
        assert!(rsa(&[0xff; 256], &[1, 0, 1]) && rsa(&[0xff; 1_024], &[1, 0, 1]));
        let leading = |first: u8| [&[first], &[0xff; 256][..]].concat();
        assert!(rsa(&leading(1), &[1, 0, 1]) && !rsa(&leading(0), &[1, 0, 1]));
        assert!(!rsa(&[0xff; 255], &[1, 0, 1]) && !rsa(&[0xff; 1_025], &[1, 0, 1]));
        assert!(!rsa(&[0xfe; 256], &[1, 0, 1]) && !rsa(&[0x7f; 256], &[1, 0, 1]));
        assert!(!rsa(&[0xff; 256], &[3]) && !rsa(&[0xff; 256], &[]));
    }
}
