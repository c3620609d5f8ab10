//! Octets under a password.

use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::pbkdf2;
use des::TdesEde3;
use des::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use directory::Tools;
use yasna::{DERWriter, Tag};
use zeroize::Zeroizing;

use super::derive::{CHAIN, KEY, derive};
use super::{ITERATIONS, Protection, Unmade, number};

const PBES2: &[u64] = &[1, 2, 840, 113_549, 1, 5, 13];
const PBKDF2: &[u64] = &[1, 2, 840, 113_549, 1, 5, 12];
const HMAC_SHA256: &[u64] = &[1, 2, 840, 113_549, 2, 9];
const AES_256_CBC: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 1, 42];
const SHA1_AND_TRIPLE_DES: &[u64] = &[1, 2, 840, 113_549, 1, 12, 1, 3];

/// What a password was stretched to, for octets that it is to open.
pub(super) enum Lock {
    Aes { key: Zeroizing<[u8; 32]>, salt: [u8; 16], chain: [u8; 16] },
    TripleDes { key: Zeroizing<[u8; 24]>, salt: [u8; 16], chain: [u8; 8] },
}

/// Octets that a password opens.
pub(super) struct Locked {
    octets: Vec<u8>,
    salt: [u8; 16],
    /// The first block of the chain, where it is told and not derived.
    chain: Option<[u8; 16]>,
}

impl Lock {
    /// Stretches a password, which takes long.
    pub(super) fn new(
        password: &str,
        protection: Protection,
        tools: &Tools,
    ) -> Result<Self, Unmade> {
        let salt = tools.random::<16>();
        match protection {
            Protection::Modern => {
                let mut key = Zeroizing::new([0; 32]);
                let function = pbkdf2::PBKDF2_HMAC_SHA256;
                pbkdf2::derive(function, ITERATIONS, &salt, password.as_bytes(), &mut *key);
                Ok(Self::Aes { key, salt, chain: tools.random() })
            }
            Protection::Compatible => {
                let digest = &SHA1_FOR_LEGACY_USE_ONLY;
                let (mut key, mut chain) = (Zeroizing::new([0; 24]), [0; 8]);
                derive(digest, KEY, password, &salt, &mut *key)?;
                derive(digest, CHAIN, password, &salt, &mut chain)?;
                Ok(Self::TripleDes { key, salt, chain })
            }
        }
    }

    /// Locks octets.
    pub(super) fn lock(self, octets: &[u8]) -> Result<Locked, Unmade> {
        match self {
            Self::Aes { key, salt, chain } => {
                Ok(Locked { octets: aes(octets, &key, chain)?, salt, chain: Some(chain) })
            }
            Self::TripleDes { key, salt, chain } => {
                Ok(Locked { octets: triple_des(octets, &key, chain)?, salt, chain: None })
            }
        }
    }
}

impl Locked {
    /// As a key stands in a bag (RFC 5958 section 3).
    pub(super) fn write(&self, writer: DERWriter<'_>) {
        writer.write_sequence(|parts| {
            self.write_algorithm(parts.next());
            parts.next().write_bytes(&self.octets);
        });
    }

    /// As content of a kind (RFC 5652 section 8).
    pub(super) fn write_content(&self, writer: DERWriter<'_>, kind: &[u64]) {
        writer.write_sequence(|parts| {
            parts.next().write_oid(&number(kind));
            self.write_algorithm(parts.next());
            parts.next().write_tagged_implicit(Tag::context(0), |writer| {
                writer.write_bytes(&self.octets);
            });
        });
    }

    fn write_algorithm(&self, writer: DERWriter<'_>) {
        writer.write_sequence(|algorithm| {
            let Some(chain) = &self.chain else {
                algorithm.next().write_oid(&number(SHA1_AND_TRIPLE_DES));
                algorithm.next().write_sequence(|parameters| {
                    parameters.next().write_bytes(&self.salt);
                    parameters.next().write_u32(ITERATIONS.get());
                });
                return;
            };
            algorithm.next().write_oid(&number(PBES2));
            algorithm.next().write_sequence(|schemes| {
                schemes.next().write_sequence(|scheme| {
                    scheme.next().write_oid(&number(PBKDF2));
                    scheme.next().write_sequence(|parameters| {
                        parameters.next().write_bytes(&self.salt);
                        parameters.next().write_u32(ITERATIONS.get());
                        parameters.next().write_sequence(|function| {
                            function.next().write_oid(&number(HMAC_SHA256));
                            function.next().write_null();
                        });
                    });
                });
                schemes.next().write_sequence(|scheme| {
                    scheme.next().write_oid(&number(AES_256_CBC));
                    scheme.next().write_bytes(chain);
                });
            });
        });
    }
}

fn aes(octets: &[u8], key: &[u8; 32], chain: [u8; 16]) -> Result<Vec<u8>, Unmade> {
    let key = UnboundCipherKey::new(&AES_256, key).map_err(|_| Unmade)?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(|_| Unmade)?;
    // With room for the filling, so that no part of the key is left behind elsewhere.
    let mut locked = Vec::with_capacity(octets.len().saturating_add(16));
    locked.extend_from_slice(octets);
    let context = EncryptionContext::Iv128(FixedLength::from(chain));
    key.less_safe_encrypt(&mut locked, context).map_err(|_| Unmade)?;
    Ok(locked)
}

fn triple_des(octets: &[u8], key: &[u8; 24], mut chain: [u8; 8]) -> Result<Vec<u8>, Unmade> {
    let cipher = TdesEde3::new_from_slice(key).map_err(|_| Unmade)?;
    // One to eight octets that say how many they are (RFC 8018 section 6.1.1).
    let filling = 8_u8.saturating_sub(u8::try_from(octets.len() % 8).map_err(|_| Unmade)?);
    let mut padded = Vec::with_capacity(octets.len().saturating_add(8));
    padded.extend_from_slice(octets);
    padded.resize(octets.len().saturating_add(filling.into()), filling);
    for block in padded.chunks_exact_mut(8) {
        for (octet, before) in block.iter_mut().zip(chain) {
            *octet ^= before;
        }
        let block: &mut [u8; 8] = block.try_into().map_err(|_| Unmade)?;
        cipher.encrypt_block(block.into());
        chain = *block;
    }
    Ok(padded)
}
