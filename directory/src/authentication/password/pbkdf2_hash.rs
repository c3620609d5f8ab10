//! PBKDF2 with HMAC (RFC 8018 section 5.2) in the texts of PHC, passlib, OpenLDAP and 389 DS.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::Choice;

use super::{MAX_PBKDF2_ROUNDS, Password, UnusableHash, bounded_salt, number, same};

/// The key lengths that are read, in octets; 389 DS writes 256.
const KEY_LENGTHS: std::ops::RangeInclusive<usize> = 16..=256;

/// 389 DS packs rounds, salt and key into one base64 text.
const PACKED_SALT_LENGTH: usize = 64;

#[derive(Clone, Copy)]
enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    /// The length of one block of PBKDF2 output, in octets.
    fn block_length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

pub(super) struct Pbkdf2Hash {
    digest: Digest,
    rounds: u32,
    salt: Vec<u8>,
    key: Vec<u8>,
}

impl Pbkdf2Hash {
    /// Reads `$pbkdf2-sha256$i=1000,l=32$salt$key` (PHC) or `$pbkdf2-sha256$1000$salt$key`.
    pub(super) fn parse(text: &str) -> Result<Self, UnusableHash> {
        let (identifier, value) = text
            .strip_prefix('$')
            .and_then(|rest| rest.split_once('$'))
            .ok_or(UnusableHash::Malformed)?;
        match identifier {
            "pbkdf2" | "pbkdf2-sha1" => Self::fields(Digest::Sha1, value),
            "pbkdf2-sha256" => Self::fields(Digest::Sha256, value),
            "pbkdf2-sha512" => Self::fields(Digest::Sha512, value),
            _ => Err(UnusableHash::Unknown),
        }
    }

    pub(super) fn sha1(value: &str) -> Result<Self, UnusableHash> {
        Self::fields(Digest::Sha1, value)
    }

    pub(super) fn sha256(value: &str) -> Result<Self, UnusableHash> {
        Self::fields(Digest::Sha256, value)
    }

    pub(super) fn sha512(value: &str) -> Result<Self, UnusableHash> {
        Self::fields(Digest::Sha512, value)
    }

    /// Reads base64 of the rounds (big-endian, 4 octets), the salt (64) and the key (256).
    pub(super) fn packed_sha256(value: &str) -> Result<Self, UnusableHash> {
        let octets = STANDARD.decode(value).map_err(|_| UnusableHash::Malformed)?;
        let (rounds, rest) = octets.split_first_chunk::<4>().ok_or(UnusableHash::Malformed)?;
        let (salt, key) =
            rest.split_at_checked(PACKED_SALT_LENGTH).ok_or(UnusableHash::Malformed)?;
        Self::new(Digest::Sha256, u32::from_be_bytes(*rounds), salt.to_vec(), key.to_vec())
    }

    fn fields(digest: Digest, value: &str) -> Result<Self, UnusableHash> {
        let mut fields = value.split('$');
        let (Some(costs), Some(salt), Some(key), None) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(UnusableHash::Malformed);
        };
        let (salt, key) = (octets(salt)?, octets(key)?);
        let Some(costs) = costs.strip_prefix("i=") else {
            return Self::new(digest, number(costs)?, salt, key);
        };
        let (rounds, length) = match costs.split_once(",l=") {
            Some((rounds, length)) => (rounds, Some(number(length)?)),
            None => (costs, None),
        };
        if length.is_some_and(|length| usize::try_from(length) != Ok(key.len())) {
            return Err(UnusableHash::Malformed);
        }
        Self::new(digest, number(rounds)?, salt, key)
    }

    fn new(
        digest: Digest,
        rounds: u32,
        salt: Vec<u8>,
        mut key: Vec<u8>,
    ) -> Result<Self, UnusableHash> {
        if rounds == 0 || !KEY_LENGTHS.contains(&key.len()) {
            return Err(UnusableHash::Malformed);
        }
        if rounds > MAX_PBKDF2_ROUNDS {
            return Err(UnusableHash::TooCostly);
        }
        // Each block costs all the rounds again and proves nothing that the first did not.
        key.truncate(digest.block_length());
        Ok(Self { digest, rounds, salt: bounded_salt(salt)?, key })
    }

    pub(super) fn verify(&self, password: &Password) -> Choice {
        let mut key = vec![0; self.key.len()];
        let octets = password.expose();
        match self.digest {
            Digest::Sha1 => pbkdf2_hmac::<Sha1>(octets, &self.salt, self.rounds, &mut key),
            Digest::Sha256 => pbkdf2_hmac::<Sha256>(octets, &self.salt, self.rounds, &mut key),
            Digest::Sha512 => pbkdf2_hmac::<Sha512>(octets, &self.salt, self.rounds, &mut key),
        }
        same(&key, &self.key)
    }
}

/// Decodes base64 without padding; passlib and its followers write `.` where the others write `+`.
fn octets(text: &str) -> Result<Vec<u8>, UnusableHash> {
    STANDARD_NO_PAD
        .decode(text.trim_end_matches('=').replace('.', "+"))
        .map_err(|_| UnusableHash::Malformed)
}
