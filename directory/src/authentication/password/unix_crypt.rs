//! Hashes of crypt(3): SHA-crypt (`$5$`, `$6$`) and bcrypt (`$2a$`, `$2b$`, `$2y$`).
//!
//! `$2x$` marks hashes of an implementation that lost octets above 127, and is not read.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha_crypt::{PasswordHash, PasswordVerifier, ShaCrypt};
use subtle::Choice;
use zeroize::Zeroizing;

use super::{MAX_BCRYPT_COST, MAX_SHA_CRYPT_ROUNDS, Password, UnusableHash, number, same};

/// SHA-crypt is not defined for fewer rounds, nor for longer salts.
const MIN_SHA_CRYPT_ROUNDS: u32 = sha_crypt::Params::ROUNDS_MIN;
const MAX_SHA_CRYPT_SALT: usize = 16;

const MIN_BCRYPT_COST: u32 = 4;

/// The octets of a password that bcrypt looks at.
const BCRYPT_PASSWORD_LENGTH: usize = 72;

/// Some writers left stray bits in the last character of a bcrypt salt; crypt(3) ignores them.
const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

pub(super) struct ShaCryptHash(PasswordHash);

impl ShaCryptHash {
    /// Reads `$6$salt$hash` or `$6$rounds=10000$salt$hash`.
    pub(super) fn parse(text: &str) -> Result<Self, UnusableHash> {
        let mut fields = text.split('$').skip(1).peekable();
        let hash_length = match fields.next() {
            Some("5") => 43,
            Some("6") => 86,
            _ => return Err(UnusableHash::Unknown),
        };
        if let Some(rounds) = fields.peek().and_then(|field| field.strip_prefix("rounds=")) {
            match number(rounds)? {
                0..MIN_SHA_CRYPT_ROUNDS => return Err(UnusableHash::Malformed),
                MIN_SHA_CRYPT_ROUNDS..=MAX_SHA_CRYPT_ROUNDS => fields.next(),
                _ => return Err(UnusableHash::TooCostly),
            };
        }
        let (Some(salt), Some(hash), None) = (fields.next(), fields.next(), fields.next()) else {
            return Err(UnusableHash::Malformed);
        };
        if salt.is_empty() {
            return Err(UnusableHash::Unsalted);
        }
        let is_hash = hash.len() == hash_length && hash.bytes().all(is_crypt_base64);
        if salt.len() > MAX_SHA_CRYPT_SALT || !is_hash {
            return Err(UnusableHash::Malformed);
        }
        PasswordHash::new(text).map(Self).map_err(|_| UnusableHash::Malformed)
    }

    pub(super) fn verify(&self, password: &Password) -> Choice {
        let verified = ShaCrypt::default().verify_password(password.expose(), &self.0);
        Choice::from(u8::from(verified.is_ok()))
    }
}

fn is_crypt_base64(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'.' || octet == b'/'
}

pub(super) struct BcryptHash {
    cost: u32,
    salt: [u8; 16],
    hash: [u8; 23],
}

impl BcryptHash {
    /// Reads `$2b$12$` followed by 22 characters of salt and 31 of hash.
    pub(super) fn parse(text: &str) -> Result<Self, UnusableHash> {
        let mut fields = text.split('$');
        let (Some(""), Some(version), Some(cost), Some(rest), None) =
            (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(UnusableHash::Malformed);
        };
        if !matches!(version, "2a" | "2b" | "2y") {
            return Err(UnusableHash::Unknown);
        }
        let cost = match (cost.len(), number(cost)?) {
            (2, cost @ MIN_BCRYPT_COST..=MAX_BCRYPT_COST) => cost,
            (2, cost) if cost > MAX_BCRYPT_COST => return Err(UnusableHash::TooCostly),
            _ => return Err(UnusableHash::Malformed),
        };
        let (salt, hash) = rest.split_at_checked(22).ok_or(UnusableHash::Malformed)?;
        Ok(Self { cost, salt: octets(salt)?, hash: octets(hash)? })
    }

    /// Refuses what bcrypt cannot tell apart: a password beyond its 72 octets, and a NUL, which is
    /// where bcrypt begins to repeat the password. Refusal costs what a comparison does.
    pub(super) fn verify(&self, password: &Password) -> Choice {
        let mut key = Zeroizing::new(Vec::with_capacity(MAX_KEY_LENGTH));
        key.extend_from_slice(password.expose());
        let distinct = key.len() <= BCRYPT_PASSWORD_LENGTH && !key.contains(&0);
        key.truncate(BCRYPT_PASSWORD_LENGTH);
        if key.len() < BCRYPT_PASSWORD_LENGTH {
            key.push(0);
        }
        // The last of the 24 octets is not stored.
        let [hash @ .., _] = bcrypt::bcrypt(self.cost, self.salt, &key);
        same(&hash, &self.hash) & Choice::from(u8::from(distinct))
    }
}

/// Room for any password, so that no copy of it is left behind by growing.
const MAX_KEY_LENGTH: usize = super::MAX_PASSWORD_LENGTH + 1;

fn octets<const N: usize>(text: &str) -> Result<[u8; N], UnusableHash> {
    BCRYPT_BASE64
        .decode(text)
        .ok()
        .and_then(|octets| octets.try_into().ok())
        .ok_or(UnusableHash::Malformed)
}
