//! Keys of a password, as PKCS#12 itself makes them (RFC 7292 appendix B.2).

use aws_lc_rs::digest::{Algorithm, Context};
use zeroize::Zeroizing;

use super::{ITERATIONS, Unmade};

/// For encrypting.
pub(super) const KEY: u8 = 1;
/// For the first block of a chain.
pub(super) const CHAIN: u8 = 2;
/// For saying that nothing was changed.
pub(super) const MAC: u8 = 3;

/// Octets of a block of SHA-1 and SHA-256.
const BLOCK: usize = 64;

/// Fills `out` with what is derived of a password for a purpose.
pub(super) fn derive(
    algorithm: &'static Algorithm,
    purpose: u8,
    password: &str,
    salt: &[u8],
    out: &mut [u8],
) -> Result<(), Unmade> {
    let password = utf16(password);
    let repeated = |octets: &[u8]| -> Vec<u8> {
        let length = octets.len().div_ceil(BLOCK).saturating_mul(BLOCK);
        octets.iter().copied().cycle().take(length).collect()
    };
    let mut input = Zeroizing::new(repeated(salt));
    input.extend_from_slice(&Zeroizing::new(repeated(&password)));
    for part in out.chunks_mut(algorithm.output_len()) {
        let mut digest = Context::new(algorithm);
        digest.update(&[purpose; BLOCK]);
        digest.update(&input);
        let mut digest = digest.finish();
        for _ in 1..ITERATIONS.get() {
            digest = aws_lc_rs::digest::digest(algorithm, digest.as_ref());
        }
        let fresh = digest.as_ref().get(..part.len()).ok_or(Unmade)?;
        part.copy_from_slice(fresh);
        let block: Vec<u8> = digest.as_ref().iter().copied().cycle().take(BLOCK).collect();
        let block = Zeroizing::new(block);
        for number in input.chunks_mut(BLOCK) {
            add(number, &block);
        }
    }
    Ok(())
}

/// Adds a number and one to another of as many octets, the greatest octet first.
fn add(number: &mut [u8], other: &[u8]) {
    let mut carry = 1_u16;
    for (octet, more) in number.iter_mut().zip(other).rev() {
        let sum = u16::from(*octet).saturating_add(u16::from(*more)).saturating_add(carry);
        let [high, low] = sum.to_be_bytes();
        *octet = low;
        carry = high.into();
    }
}

/// The password as this derivation takes it: UTF-16 with a zero at its end.
fn utf16(password: &str) -> Zeroizing<Vec<u8>> {
    let units = password.encode_utf16().chain([0]);
    Zeroizing::new(units.flat_map(u16::to_be_bytes).collect())
}
