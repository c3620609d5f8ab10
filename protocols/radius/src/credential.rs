//! The proofs that a request may carry: PAP, CHAP, MS-CHAPv2, and packets of EAP.

use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

use crate::ms_chap::MsChapV2;
use crate::secret::Secret;

/// What a request offers as proof, borrowed from its [`Question`](crate::Question).
///
/// There is no "none": a request without a credential is rejected before anybody is asked.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// The password itself, 1 to 128 octets.
    Pap(&'a [u8]),
    /// The response to a challenge.
    Chap(Chap<'a>),
    /// The answer to a challenge, by the NT hash of the password.
    MsChapV2(MsChapV2),
    /// A packet of EAP, put together; without octets where the gear wants to be told what to ask
    /// its peer ([RFC 3579, section 2.1](https://www.rfc-editor.org/rfc/rfc3579#section-2.1)).
    Eap(&'a [u8]),
}

/// A CHAP response with all that is needed to verify it.
#[derive(Clone, Copy)]
pub struct Chap<'a> {
    /// The CHAP identifier.
    pub identifier: u8,
    /// CHAP-Challenge, or the Request Authenticator where that attribute is missing.
    pub challenge: &'a [u8],
    /// MD5 over identifier, password and challenge.
    pub response: &'a [u8; 16],
}

impl Chap<'_> {
    /// Says whether `cleartext` is the password behind the response, in constant time.
    #[must_use]
    pub fn verify(&self, cleartext: &[u8]) -> bool {
        verify_chap(self.identifier, self.challenge, self.response, cleartext)
    }
}

/// Says whether a CHAP response was made with the password `cleartext` ([RFC 2865, section 2.2]),
/// comparing in constant time.
///
/// [RFC 2865, section 2.2]: https://www.rfc-editor.org/rfc/rfc2865#section-2.2
#[must_use]
pub fn verify_chap(
    identifier: u8,
    challenge: &[u8],
    response: &[u8; 16],
    cleartext: &[u8],
) -> bool {
    let mut md5 = Md5::new();
    md5.update([identifier]);
    md5.update(cleartext);
    md5.update(challenge);
    let expected: [u8; 16] = md5.finalize().into();
    expected.ct_eq(response).into()
}

/// Uncovers a User-Password in its place ([RFC 2865, section 5.2]) and returns the length of the
/// password without its padding; `None` where the attribute cannot have this length.
///
/// The blocks are taken from the last to the first, so that each still finds the hidden block
/// before it.
///
/// [RFC 2865, section 5.2]: https://www.rfc-editor.org/rfc/rfc2865#section-5.2
pub(crate) fn uncover_password(
    hidden: &mut [u8],
    authenticator: &[u8; 16],
    secret: &Secret,
) -> Option<usize> {
    if !(16..=128).contains(&hidden.len()) || !hidden.len().is_multiple_of(16) {
        return None;
    }
    let mut rest = &mut *hidden;
    while let Some((before, block)) = rest.split_last_chunk_mut::<16>() {
        let previous = before.last_chunk::<16>().unwrap_or(authenticator);
        let mut pad = secret.digest_before(previous);
        for (octet, pad) in block.iter_mut().zip(&pad) {
            *octet ^= pad;
        }
        pad.zeroize();
        rest = before;
    }
    Some(hidden.iter().rposition(|octet| *octet != 0).map_or(0, |last| last + 1))
}
