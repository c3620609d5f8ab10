//! One round of SHA over password and salt: `{SSHA}`, `{SSHA256}`, `{SSHA512}`.
//!
//! The text is base64 of the digest followed by the salt. They are too fast to be kept, so they
//! are replaced at the first success.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use subtle::Choice;

use super::{Password, UnusableHash, bounded_salt, same};

pub(super) struct SaltedDigest {
    compute: fn(&Password, &[u8]) -> Vec<u8>,
    digest: Vec<u8>,
    salt: Vec<u8>,
}

impl SaltedDigest {
    pub(super) fn sha1(value: &str) -> Result<Self, UnusableHash> {
        Self::parse::<Sha1>(value)
    }

    pub(super) fn sha256(value: &str) -> Result<Self, UnusableHash> {
        Self::parse::<Sha256>(value)
    }

    pub(super) fn sha512(value: &str) -> Result<Self, UnusableHash> {
        Self::parse::<Sha512>(value)
    }

    fn parse<D: Digest>(value: &str) -> Result<Self, UnusableHash> {
        let octets = STANDARD.decode(value).map_err(|_| UnusableHash::Malformed)?;
        let (digest, salt) =
            octets.split_at_checked(<D as Digest>::output_size()).ok_or(UnusableHash::Malformed)?;
        Ok(Self {
            compute: salted::<D>,
            digest: digest.to_vec(),
            salt: bounded_salt(salt.to_vec())?,
        })
    }

    pub(super) fn verify(&self, password: &Password) -> Choice {
        same(&(self.compute)(password, &self.salt), &self.digest)
    }
}

fn salted<D: Digest>(password: &Password, salt: &[u8]) -> Vec<u8> {
    D::new().chain_update(password.expose()).chain_update(salt).finalize().to_vec()
}
