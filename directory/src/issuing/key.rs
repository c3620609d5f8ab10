//! Keys for certificates: ECDSA on P-256, which every peer of EAP verifies.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls_pki_types::PrivatePkcs8KeyDer;
use zeroize::Zeroizing;

use super::unmade;
use crate::error::Error;
use crate::tools::Tools;

/// A key pair that was made a moment ago.
pub struct NewKey(Zeroizing<Vec<u8>>);

/// So often a number is drawn that may be a key; one in four milliards is none.
const DRAWS: usize = 8;

impl NewKey {
    /// Makes a key pair of the directory's own randomness.
    ///
    /// # Errors
    /// When the randomness is none.
    pub fn generate(tools: &Tools) -> Result<Self, Error> {
        for _ in 0..DRAWS {
            let number = Zeroizing::new(tools.random::<32>());
            let Ok(key) = PrivateKey::from_private_key(&ECDH_P256, &*number) else { continue };
            let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(unmade)?;
            return Ok(Self(Zeroizing::new(der.as_ref().to_vec())));
        }
        Err(Error::Forbidden("no key could be made"))
    }

    /// The private key in PKCS#8.
    pub fn pkcs8(&self) -> &[u8] {
        &self.0
    }

    /// The private key in PEM.
    pub fn pem(&self) -> Zeroizing<String> {
        let body = Zeroizing::new(BASE64_STANDARD.encode(self.pkcs8()));
        let mut text = Zeroizing::new(String::with_capacity(body.len().saturating_add(128)));
        text.push_str("-----BEGIN PRIVATE KEY-----\n");
        for (position, letter) in body.chars().enumerate() {
            if position > 0 && position % 64 == 0 {
                text.push('\n');
            }
            text.push(letter);
        }
        text.push_str("\n-----END PRIVATE KEY-----\n");
        text
    }

    pub(super) fn pair(&self) -> Result<KeyPair, Error> {
        pair(self.pkcs8())
    }
}

/// Reads a key pair in PKCS#8.
pub(super) fn pair(pkcs8: &[u8]) -> Result<KeyPair, Error> {
    let pkcs8 = PrivatePkcs8KeyDer::from(pkcs8);
    KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &PKCS_ECDSA_P256_SHA256).map_err(unmade)
}
