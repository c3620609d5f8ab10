//! The shared secret and everything that is computed with it alone.

use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use thiserror::Error;
use zeroize::Zeroizing;

/// The secret that a RADIUS client and we share.
///
/// Cheap to clone; made once for each client, since the making prepares the HMAC key. Wiped from
/// memory with its last clone. It has no `Debug`, `Display` or comparison.
#[derive(Clone)]
pub struct Secret(Arc<Keyed>);

struct Keyed {
    octets: Zeroizing<Vec<u8>>,
    mac: Hmac<Md5>,
}

/// The shared secret is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a shared secret must not be empty")]
pub struct EmptySecret;

impl Secret {
    /// Takes the secret's octets.
    ///
    /// # Errors
    /// An empty secret is refused: anybody could forge packets under it ([RFC 2865, section 3]).
    ///
    /// [RFC 2865, section 3]: https://www.rfc-editor.org/rfc/rfc2865#section-3
    pub fn new(octets: &[u8]) -> Result<Self, EmptySecret> {
        if octets.is_empty() {
            return Err(EmptySecret);
        }
        let mac = Hmac::new_from_slice(octets).map_err(|_| EmptySecret)?;
        Ok(Self(Arc::new(Keyed { octets: Zeroizing::new(octets.to_vec()), mac })))
    }

    /// An HMAC-MD5 under this secret that has seen nothing yet.
    pub(crate) fn mac(&self) -> Hmac<Md5> {
        self.0.mac.clone()
    }

    /// HMAC-MD5 over `octets`.
    pub(crate) fn mac_of(&self, octets: &[u8]) -> [u8; 16] {
        let mut mac = self.mac();
        mac.update(octets);
        mac.finalize().into_bytes().into()
    }

    /// MD5 over `octets` followed by the secret, as the Response Authenticator wants it.
    pub(crate) fn digest_after(&self, octets: &[u8]) -> [u8; 16] {
        let mut md5 = Md5::new();
        md5.update(octets);
        md5.update(&self.0.octets);
        md5.finalize().into()
    }

    /// MD5 over three pieces followed by the secret, as an Accounting-Request's authenticator wants
    /// it.
    pub(crate) fn digest_of_three(&self, one: &[u8], two: &[u8], three: &[u8]) -> [u8; 16] {
        let mut md5 = Md5::new();
        for piece in [one, two, three, &self.0.octets] {
            md5.update(piece);
        }
        md5.finalize().into()
    }

    /// MD5 over the secret followed by `block`, as User-Password hiding wants it.
    pub(crate) fn digest_before(&self, block: &[u8]) -> [u8; 16] {
        let mut md5 = Md5::new();
        md5.update(&self.0.octets);
        md5.update(block);
        md5.finalize().into()
    }
}
