//! One-time codes from a clock (RFC 6238): SHA-1, six digits, thirty seconds.
//!
//! These are the parameters that every authenticator app knows; several ignore others in silence.

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The octets of a seed: as long as the output of SHA-1 (RFC 4226 section 4, R6).
pub(crate) const SEED_LENGTH: usize = 20;

/// The digits of a code.
pub(crate) const CODE_LENGTH: usize = 6;

/// How long a code lives, in seconds.
pub(crate) const STEP_SECONDS: u64 = 30;

/// The steps around the present one whose codes are taken, for clocks that differ and people who
/// type slowly (RFC 6238 section 5.2).
const WINDOW: [i64; 3] = [-1, 0, 1];

/// The secret that an authenticator app and this directory share, overwritten when dropped.
pub(crate) struct Seed(Zeroizing<[u8; SEED_LENGTH]>);

impl Seed {
    /// Makes a seed of random octets.
    pub(crate) fn new(octets: [u8; SEED_LENGTH]) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// Shows the octets, to seal them.
    pub(crate) fn octets(&self) -> &[u8; SEED_LENGTH] {
        &self.0
    }

    /// Writes the seed as people type it into an app: base32 without padding (RFC 4648 section 6).
    pub(crate) fn to_base32(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(SEED_LENGTH * 8 / 5));
        for group in self.0.chunks(5) {
            let bits = group.iter().fold(0_u64, |bits, octet| bits << 8 | u64::from(*octet));
            text.extend((0..8).rev().map(|place| base32_digit(bits >> (5 * place) & 31)));
        }
        text
    }

    /// Writes the seed as an app scans it: an `otpauth` URI that names who issued it for whom.
    pub(crate) fn to_uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}\
             &algorithm=SHA1&digits={CODE_LENGTH}&period={STEP_SECONDS}",
            *self.to_base32(),
        ))
    }
}

/// Checks a code at `now_s`, seconds of Unix time, and returns the step it belongs to.
///
/// The step is to be kept as `last_used_step`: a code of it or of an earlier one is not taken again
/// (RFC 6238 section 5.2). The time does not depend on which octets of the code are right.
pub(crate) fn verify(
    seed: &Seed,
    code: &str,
    now_s: u64,
    last_used_step: Option<u64>,
) -> Option<u64> {
    let present = now_s / STEP_SECONDS;
    let steps = WINDOW.iter().filter_map(|offset| present.checked_add_signed(*offset));
    let mut matched = None;
    for step in steps {
        let expected = Zeroizing::new(digits::<Sha1>(&seed.0[..], step, CODE_LENGTH)?);
        let is_right = bool::from(expected.as_bytes().ct_eq(code.as_bytes()));
        let is_unused = last_used_step.is_none_or(|used| step > used);
        if is_right && is_unused {
            matched = matched.or(Some(step));
        }
    }
    matched
}

/// The code that an authenticator which scanned `uri` shows at `now_s`, seconds of Unix time; `None`
/// for a URI without a seed.
pub fn code_of_uri(uri: &str, now_s: u64) -> Option<String> {
    let (_, query) = uri.split_once('?')?;
    let secret = query.split('&').find_map(|pair| pair.strip_prefix("secret="))?;
    let seed = Zeroizing::new(from_base32(secret)?);
    digits::<Sha1>(&seed, now_s / STEP_SECONDS, CODE_LENGTH)
}

/// Reads base32 without padding (RFC 4648 section 6).
fn from_base32(text: &str) -> Option<Vec<u8>> {
    let (mut octets, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            octets.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(octets)
}

/// The code of a step (RFC 4226 section 5.3), padded with zeros to its length.
///
/// There is none for seeds that HMAC does not take, and it takes all.
fn digits<D: EagerHash>(seed: &[u8], step: u64, length: usize) -> Option<String> {
    let mac = <Hmac<D> as KeyInit>::new_from_slice(seed).ok()?;
    let mac = mac.chain_update(step.to_be_bytes()).finalize().into_bytes();
    let mut rest = truncated(&mac)?;
    let mut digits = vec!['0'; length];
    for digit in digits.iter_mut().rev() {
        *digit = char::from_digit(rest % 10, 10)?;
        rest /= 10;
    }
    Some(digits.into_iter().collect())
}

/// Dynamic truncation (RFC 4226 section 5.3): the last octet says which four to take.
fn truncated(mac: &[u8]) -> Option<u32> {
    let place = usize::from(mac.last()? & 0x0f);
    let (_, rest) = mac.split_at_checked(place)?;
    let octets = rest.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*octets) & 0x7fff_ffff)
}

fn base32_digit(value: u64) -> char {
    match u8::try_from(value) {
        Ok(letter @ 0..=25) => char::from(b'A' + letter),
        Ok(digit @ 26..=31) => char::from(b'2' + digit - 26),
        Ok(32..) | Err(_) => '=',
    }
}

/// Encodes what is not unreserved in a URI (RFC 3986 section 2.3).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(octet));
            }
            _ => encoded.extend(format!("%{octet:02X}").chars()),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use sha2::{Sha256, Sha512};

    use super::*;

    /// The seed of RFC 6238 appendix B.
    fn seed() -> Seed {
        Seed::new(*b"12345678901234567890")
    }

    #[test]
    fn rfc_6238_appendix_b_vectors_hold() {
        let seed = b"1234567890".repeat(7);
        for (now_s, sha1, sha256, sha512) in [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ] {
            let step = now_s / STEP_SECONDS;
            assert_eq!(digits::<Sha1>(&seed[..20], step, 8).unwrap(), sha1);
            assert_eq!(digits::<Sha256>(&seed[..32], step, 8).unwrap(), sha256);
            assert_eq!(digits::<Sha512>(&seed[..64], step, 8).unwrap(), sha512);
        }
    }

    #[test]
    fn rfc_4226_appendix_d_vectors_hold() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(digits::<Sha1>(&seed().0[..], step, 6).unwrap(), code);
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_and_late_and_no_more() {
        let (code, step) = ("338314", 4);
        for (now_s, taken) in [
            (89, None),
            (90, Some(step)),
            (120, Some(step)),
            (149, Some(step)),
            (179, Some(step)),
            (180, None),
        ] {
            assert_eq!(verify(&seed(), code, now_s, None), taken, "{now_s}");
        }
    }

    #[test]
    fn a_code_is_taken_once_and_no_earlier_one_after_it() {
        let now_s = 120;
        assert_eq!(verify(&seed(), "338314", now_s, Some(3)), Some(4));
        assert_eq!(verify(&seed(), "338314", now_s, Some(4)), None);
        assert_eq!(verify(&seed(), "969429", now_s, Some(4)), None);
        assert_eq!(verify(&seed(), "254676", now_s, Some(4)), Some(5));
    }

    #[test]
    fn what_is_not_six_digits_is_no_code() {
        for code in ["", "33831", "3383140", "338 314", " 338314", "33831a", "338314\0"] {
            assert_eq!(verify(&seed(), code, 120, None), None, "{code}");
        }
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        assert_eq!(verify(&seed(), "755224", 0, None), Some(0));
        assert_eq!(verify(&seed(), "000000", u64::MAX, Some(u64::MAX)), None);
    }

    #[test]
    fn a_seed_is_written_as_base32() {
        assert_eq!(*seed().to_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(*Seed::new([0xff; SEED_LENGTH]).to_base32(), "7".repeat(32));
        assert_eq!(*Seed::new([0; SEED_LENGTH]).to_base32(), "A".repeat(32));
    }

    #[test]
    fn the_uri_names_issuer_and_account() {
        assert_eq!(
            *seed().to_uri("Acme & Söhne", "ada@acme.example"),
            "otpauth://totp/Acme%20%26%20S%C3%B6hne:ada%40acme.example\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20S%C3%B6hne\
             &algorithm=SHA1&digits=6&period=30"
        );
    }
}
