//! Passwords: what a person typed, how it is hashed, and the hashes that are verified.
//!
//! New hashes are argon2id in the PHC string format (RFC 9106). Hashes that came from another
//! directory verify as they are; [`StoredHash::needs_upgrade`] says when a success is the moment
//! to write a new one.

mod argon2id;
mod common;
mod digest;
mod pbkdf2_hash;
mod quality;
mod unix_crypt;

use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;
use zeroize::Zeroizing;

use super::ms_chap::NtHash;
use argon2id::Argon2Hash;
use digest::SaltedDigest;
use pbkdf2_hash::Pbkdf2Hash;
pub(crate) use quality::{Names, judge};
pub use quality::{Unacceptable, contains_name};
use unix_crypt::{BcryptHash, ShaCryptHash};

/// The longest password, in octets.
///
/// A password of a megabyte must cost neither seconds nor a worker.
pub(crate) const MAX_PASSWORD_LENGTH: usize = 512;

/// The longest text of a stored hash, in octets.
pub(crate) const MAX_STORED_HASH_LENGTH: usize = 1024;

/// Bounds what one argon2 hash may cost, ours or an imported one.
pub(crate) const MAX_ARGON2_MEMORY_KIB: u32 = 256 * 1024;

/// Bounds the passes of argon2 over its memory.
pub(crate) const MAX_ARGON2_ITERATIONS: u32 = 64;

/// Bounds the lanes of argon2.
pub(crate) const MAX_ARGON2_PARALLELISM: u32 = 16;

/// Bounds memory times iterations of argon2, in KiB: what one verification may walk through.
pub(crate) const MAX_ARGON2_WORK_KIB: u32 = 1024 * 1024;

/// Bounds the rounds of an imported SHA-crypt hash.
pub(crate) const MAX_SHA_CRYPT_ROUNDS: u32 = 1_000_000;

/// Bounds the cost exponent of an imported bcrypt hash.
pub(crate) const MAX_BCRYPT_COST: u32 = 15;

/// Bounds the rounds of an imported PBKDF2 hash.
pub(crate) const MAX_PBKDF2_ROUNDS: u32 = 2_000_000;

/// The longest salt of an imported hash, in octets.
pub(crate) const MAX_SALT_LENGTH: usize = 64;

/// A password as exact octets, overwritten when dropped (RFC 4513 section 5.1.3).
///
/// It is never empty: a name with an empty password is no authentication (section 5.1.2).
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// Takes the octets as they are: no trimming, no folding, no end at a NUL.
    ///
    /// # Errors
    /// When there are none, or more than 512.
    pub fn new(octets: &[u8]) -> Result<Self, InvalidPassword> {
        match octets.len() {
            0 => Err(InvalidPassword::Empty),
            1..=MAX_PASSWORD_LENGTH => Ok(Self(Zeroizing::new(octets.to_vec()))),
            _ => Err(InvalidPassword::TooLong),
        }
    }

    /// Shows the octets.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// Why octets cannot be a password.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum InvalidPassword {
    /// There are no octets.
    #[error("the password is empty")]
    Empty,
    /// There are more than 512 octets.
    #[error("the password is longer than {MAX_PASSWORD_LENGTH} octets")]
    TooLong,
}

/// What a new argon2id hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashParameters {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

impl HashParameters {
    /// Makes parameters from memory in KiB, passes over it, and lanes.
    ///
    /// # Errors
    /// When argon2 has no such parameters (each is at least 1, and memory at least 8 KiB a lane),
    /// or they pass one of the `MAX_ARGON2_…` limits.
    pub fn new(
        memory_kib: u32,
        iterations: u32,
        parallelism: u32,
    ) -> Result<Self, UnusableParameters> {
        let exists = iterations >= 1 && parallelism >= 1 && memory_kib / 8 >= parallelism;
        let affordable = memory_kib <= MAX_ARGON2_MEMORY_KIB
            && iterations <= MAX_ARGON2_ITERATIONS
            && parallelism <= MAX_ARGON2_PARALLELISM
            && memory_kib.saturating_mul(iterations) <= MAX_ARGON2_WORK_KIB;
        match (exists, affordable) {
            (true, true) => Ok(Self { memory_kib, iterations, parallelism }),
            (false, _) => Err(UnusableParameters::Undefined),
            (true, false) => Err(UnusableParameters::TooCostly),
        }
    }

    /// Memory of one hash in KiB.
    pub fn memory_kib(&self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// Lanes.
    pub fn parallelism(&self) -> u32 {
        self.parallelism
    }
}

impl Default for HashParameters {
    /// 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, iterations: 2, parallelism: 1 }
    }
}

/// Why numbers cannot be [`HashParameters`].
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum UnusableParameters {
    /// Argon2 is not defined for them.
    #[error("argon2 needs at least one pass, one lane, and 8 KiB of memory a lane")]
    Undefined,
    /// One hash would cost too much.
    #[error(
        "argon2 is limited to {MAX_ARGON2_MEMORY_KIB} KiB, {MAX_ARGON2_ITERATIONS} passes, \
         {MAX_ARGON2_PARALLELISM} lanes, and {MAX_ARGON2_WORK_KIB} KiB of memory times passes"
    )]
    TooCostly,
}

/// Hashes a password into a PHC string (`$argon2id$v=19$m=…,t=…,p=…$salt$hash`).
///
/// The salt must be random and new for each hash.
///
/// # Errors
/// When the machine has no memory for it.
pub fn hash(
    password: &Password,
    parameters: &HashParameters,
    salt: [u8; 16],
) -> Result<String, HashingFailed> {
    argon2id::hash(password, parameters, salt)
}

/// The scheme of what [`hash_nt`] makes.
const NT_ARGON2: &str = "NT-ARGON2";

/// Hashes an NT hash as [`hash`] does a password: the password verifies by it, and whoever reads it
/// cannot authenticate with it.
///
/// # Errors
/// When the machine has no memory for it.
pub(crate) fn hash_nt(
    nt_hash: &NtHash,
    parameters: &HashParameters,
    salt: [u8; 16],
) -> Result<String, HashingFailed> {
    let hash = argon2id::hash(&as_password(nt_hash), parameters, salt)?;
    Ok(format!("{{{NT_ARGON2}}}{hash}"))
}

fn as_password(nt_hash: &NtHash) -> Password {
    Password(Zeroizing::new(nt_hash.expose().to_vec()))
}

/// A hash could not be computed.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("there is no memory to hash a password")]
pub struct HashingFailed;

/// A hash of a password, ready to be compared with.
///
/// | Text | Where from |
/// |---|---|
/// | `$argon2id$`, `$argon2i$`, `$argon2d$`, also after `{ARGON2}` or `{CRYPT}` | ours; PHC strings |
/// | `{SSHA}`, `{SSHA256}`, `{SSHA512}` | OpenLDAP, 389 DS and most other directories |
/// | `$5$`, `$6$`, also after `{CRYPT}` | crypt(3), `/etc/shadow` |
/// | `$2a$`, `$2b$`, `$2y$`, also after `{CRYPT}` or `{BCRYPT}` | crypt(3), web applications |
/// | `$pbkdf2-sha256$i=…,l=…$`, `$pbkdf2-sha512$i=…` | PHC strings |
/// | `$pbkdf2$`, `$pbkdf2-sha256$`, `$pbkdf2-sha512$` with bare rounds | passlib |
/// | `{PBKDF2}`, `{PBKDF2-SHA1}`, `{PBKDF2-SHA256}`, `{PBKDF2-SHA512}` | OpenLDAP's pw-pbkdf2, 389 DS, passlib |
/// | `{PBKDF2_SHA256}` | 389 DS 1.x: rounds (4 octets), salt (64) and key (256) in base64 |
/// | `{NT-ARGON2}` before `$argon2id$` | ours, over an NT hash that another system had |
///
/// Scheme names in braces are read without regard to case.
pub struct StoredHash(Scheme);

enum Scheme {
    Argon2(Argon2Hash),
    Digest(SaltedDigest),
    ShaCrypt(ShaCryptHash),
    Bcrypt(BcryptHash),
    Pbkdf2(Pbkdf2Hash),
    NtArgon2(Argon2Hash),
}

impl StoredHash {
    /// Reads a hash as a directory stores it.
    ///
    /// # Errors
    /// When the scheme is unknown, insecure by being unsalted, or malformed, or when verifying
    /// would cost more than one of this module's limits.
    pub fn parse(text: &str) -> Result<Self, UnusableHash> {
        if text.len() > MAX_STORED_HASH_LENGTH {
            return Err(UnusableHash::Malformed);
        }
        let Some(braced) = text.strip_prefix('{') else {
            return Self::parse_crypt(text);
        };
        let (scheme, value) = braced.split_once('}').ok_or(UnusableHash::Unknown)?;
        match scheme.to_ascii_uppercase().as_str() {
            "SSHA" => SaltedDigest::sha1(value).map(Scheme::Digest),
            "SSHA256" => SaltedDigest::sha256(value).map(Scheme::Digest),
            "SSHA512" => SaltedDigest::sha512(value).map(Scheme::Digest),
            "SHA" | "SHA256" | "SHA384" | "SHA512" | "MD5" => Err(UnusableHash::Unsalted),
            "ARGON2" => Argon2Hash::parse(value).map(Scheme::Argon2),
            NT_ARGON2 => Argon2Hash::parse(value).map(Scheme::NtArgon2),
            "CRYPT" => return Self::parse_crypt(value),
            "BCRYPT" => BcryptHash::parse(value).map(Scheme::Bcrypt),
            "PBKDF2" | "PBKDF2-SHA1" => Pbkdf2Hash::sha1(value).map(Scheme::Pbkdf2),
            "PBKDF2-SHA256" => Pbkdf2Hash::sha256(value).map(Scheme::Pbkdf2),
            "PBKDF2-SHA512" => Pbkdf2Hash::sha512(value).map(Scheme::Pbkdf2),
            "PBKDF2_SHA256" => Pbkdf2Hash::packed_sha256(value).map(Scheme::Pbkdf2),
            _ => Err(UnusableHash::Unknown),
        }
        .map(Self)
    }

    fn parse_crypt(text: &str) -> Result<Self, UnusableHash> {
        let identifier = text
            .strip_prefix('$')
            .and_then(|rest| rest.split_once('$'))
            .map(|(identifier, _)| identifier);
        match identifier.ok_or(UnusableHash::Unknown)? {
            "argon2id" | "argon2i" | "argon2d" => Argon2Hash::parse(text).map(Scheme::Argon2),
            "5" | "6" => ShaCryptHash::parse(text).map(Scheme::ShaCrypt),
            "2a" | "2b" | "2y" => BcryptHash::parse(text).map(Scheme::Bcrypt),
            "pbkdf2" | "pbkdf2-sha1" | "pbkdf2-sha256" | "pbkdf2-sha512" => {
                Pbkdf2Hash::parse(text).map(Scheme::Pbkdf2)
            }
            _ => Err(UnusableHash::Unknown),
        }
        .map(Self)
    }

    /// A hash that no password has and that costs what a new one does: unknown users are verified
    /// against it, so that time does not tell who exists.
    pub fn dummy(parameters: &HashParameters) -> Self {
        Self(Scheme::Argon2(Argon2Hash::dummy(parameters)))
    }

    /// Tells whether the password is the one that was hashed.
    ///
    /// The comparison takes the same time wherever octets differ.
    ///
    /// # Errors
    /// When the machine has no memory for it, which says nothing of the password.
    pub fn verify(&self, password: &Password) -> Result<bool, HashingFailed> {
        let is_right = match &self.0 {
            Scheme::Argon2(hash) => hash.verify(password)?,
            Scheme::Digest(hash) => hash.verify(password),
            Scheme::ShaCrypt(hash) => hash.verify(password),
            Scheme::Bcrypt(hash) => hash.verify(password),
            Scheme::Pbkdf2(hash) => hash.verify(password),
            Scheme::NtArgon2(hash) => match NtHash::of(password) {
                Some(nt_hash) => hash.verify(&as_password(&nt_hash))?,
                // What is no text has no NT hash, and takes as long.
                None => hash.verify(password)? & Choice::from(0),
            },
        };
        Ok(is_right.into())
    }

    /// Tells whether verifying takes no time that anybody could measure beside argon2.
    pub(crate) fn is_quick(&self) -> bool {
        match &self.0 {
            Scheme::Digest(_) => true,
            Scheme::Argon2(_)
            | Scheme::ShaCrypt(_)
            | Scheme::Bcrypt(_)
            | Scheme::Pbkdf2(_)
            | Scheme::NtArgon2(_) => false,
        }
    }

    /// Tells whether a new hash with `parameters` should replace this one at the next success.
    ///
    /// Any difference counts, a cheaper hash and a dearer one alike: only while all hashes cost
    /// the same does [`StoredHash::dummy`] cost what they do.
    pub fn needs_upgrade(&self, parameters: &HashParameters) -> bool {
        match &self.0 {
            Scheme::Argon2(hash) => !hash.is_current(parameters),
            Scheme::Digest(_)
            | Scheme::ShaCrypt(_)
            | Scheme::Bcrypt(_)
            | Scheme::Pbkdf2(_)
            | Scheme::NtArgon2(_) => true,
        }
    }
}

/// Why a stored hash is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum UnusableHash {
    /// Not a scheme that is verified, or clear text.
    #[error("the scheme of the hash is not supported")]
    Unknown,
    /// Without a salt, equal passwords have equal hashes, and tables computed once open them all.
    #[error("the hash has no salt, so anyone with a ready-made table can read the password")]
    Unsalted,
    /// The scheme is supported, but this is not what it looks like.
    #[error("the hash is malformed")]
    Malformed,
    /// It says that there is no password.
    #[error("the hash is that of an empty password, which is none")]
    OfNothing,
    /// One verification would hold a thread or memory for too long.
    #[error("verifying the hash costs more than this server allows")]
    TooCostly,
}

/// Compares digests in constant time; the lengths are no secret.
fn same(left: &[u8], right: &[u8]) -> Choice {
    left.ct_eq(right)
}

/// Reads a decimal number as the formats write it: digits only, no sign.
fn number(text: &str) -> Result<u32, UnusableHash> {
    if text.is_empty() || !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(UnusableHash::Malformed);
    }
    text.parse().map_err(|_| UnusableHash::TooCostly)
}

/// Refuses salts that are missing or longer than any scheme writes.
fn bounded_salt(salt: Vec<u8>) -> Result<Vec<u8>, UnusableHash> {
    match salt.len() {
        0 => Err(UnusableHash::Unsalted),
        1..=MAX_SALT_LENGTH => Ok(salt),
        _ => Err(UnusableHash::Malformed),
    }
}

#[cfg(test)]
mod tests;
