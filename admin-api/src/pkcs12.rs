//! A certificate with its key in one file under a password (PKCS#12, RFC 7292), as devices and
//! browsers take them.
//!
//! The crates for it bring randomness of their own and others that are not released; so it is
//! written here, of what the workspace has already.

mod derive;
mod encrypt;

use std::num::NonZeroU32;

use aws_lc_rs::hmac;
use directory::Tools;
use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, Tag, construct_der};
use zeroize::Zeroizing;

use derive::{MAC, derive};
use encrypt::Lock;

/// How a file is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    /// By AES-256 and SHA-256: OpenSSL 3, Windows 10 of 1709 and newer, Apple's systems of 2023.
    Modern,
    /// By Triple DES and SHA-1, which everything reads.
    Compatible,
}

/// What is put into a file.
pub(crate) struct Contents<'c> {
    /// The certificate in DER.
    pub(crate) certificate: &'c [u8],
    /// The certificate of its authority in DER.
    pub(crate) authority: &'c [u8],
    /// The key in PKCS#8.
    pub(crate) key: &'c [u8],
    /// What a device shows of it.
    pub(crate) name: &'c str,
}

/// How often a password is stretched.
const ITERATIONS: NonZeroU32 = NonZeroU32::MIN.saturating_add(19_999);

const DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 1];
const ENCRYPTED_DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 6];
const KEY_BAG: &[u64] = &[1, 2, 840, 113_549, 1, 12, 10, 1, 2];
const CERTIFICATE_BAG: &[u64] = &[1, 2, 840, 113_549, 1, 12, 10, 1, 3];
const X509: &[u64] = &[1, 2, 840, 113_549, 1, 9, 22, 1];
const FRIENDLY_NAME: &[u64] = &[1, 2, 840, 113_549, 1, 9, 20];
const LOCAL_KEY: &[u64] = &[1, 2, 840, 113_549, 1, 9, 21];
const SHA1: &[u64] = &[1, 3, 14, 3, 2, 26];
const SHA256: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 2, 1];

/// That a file could not be made, which no input brings about.
#[derive(Debug)]
pub(crate) struct Unmade;

impl std::fmt::Display for Unmade {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a PKCS#12 file could not be made")
    }
}

/// What a password was stretched to for one file. That takes long; what is left takes no time, so
/// that a file can be made while a change is under way.
pub(crate) struct Prepared {
    certificates: Lock,
    key: Lock,
    seal: Seal,
}

/// What says that nobody changed a file who does not know its password.
struct Seal {
    salt: [u8; 16],
    /// The number of its digest.
    digest: &'static [u64],
    key: hmac::Key,
}

impl Prepared {
    /// Stretches a password.
    ///
    /// # Errors
    /// When the cryptography fails.
    pub(crate) fn new(
        password: &str,
        protection: Protection,
        tools: &Tools,
    ) -> Result<Self, Unmade> {
        let lock = || Lock::new(password, protection, tools);
        let (certificates, key) = (lock()?, lock()?);
        Ok(Self { certificates, key, seal: Seal::new(password, protection, tools)? })
    }

    /// Makes a file.
    ///
    /// # Errors
    /// When the cryptography fails.
    pub(crate) fn file(self, contents: &Contents<'_>) -> Result<Vec<u8>, Unmade> {
        let Self { certificates, key, seal } = self;
        let bags = construct_der(|writer| {
            writer.write_sequence(|bags| {
                certificate_bag(bags.next(), contents.certificate, Some(contents.name));
                certificate_bag(bags.next(), contents.authority, None);
            });
        });
        let certificates = certificates.lock(&bags)?;
        let key = key.lock(contents.key)?;
        let keys = construct_der(|writer| {
            writer.write_sequence(|bags| {
                bag(bags.next(), KEY_BAG, Some(contents.name), |writer| key.write(writer));
            });
        });
        let safe = construct_der(|writer| {
            writer.write_sequence(|safes| {
                safes.next().write_sequence(|info| {
                    info.next().write_oid(&number(ENCRYPTED_DATA));
                    info.next().write_tagged(Tag::context(0), |writer| {
                        writer.write_sequence(|data| {
                            data.next().write_u8(0);
                            certificates.write_content(data.next(), DATA);
                        });
                    });
                });
                data(safes.next(), &keys);
            });
        });
        Ok(construct_der(|writer| {
            writer.write_sequence(|file| {
                file.next().write_u8(3);
                data(file.next(), &safe);
                seal.write(file.next(), &safe);
            });
        }))
    }
}

impl Seal {
    fn new(password: &str, protection: Protection, tools: &Tools) -> Result<Self, Unmade> {
        let (digest, algorithm, length) = match protection {
            Protection::Modern => (SHA256, hmac::HMAC_SHA256, 32),
            Protection::Compatible => (SHA1, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, 20),
        };
        let (salt, mut key) = (tools.random::<16>(), Zeroizing::new(vec![0; length]));
        derive(algorithm.digest_algorithm(), MAC, password, &salt, &mut key)?;
        Ok(Self { salt, digest, key: hmac::Key::new(algorithm, &key) })
    }

    fn write(&self, writer: DERWriter<'_>, safe: &[u8]) {
        writer.write_sequence(|parts| {
            parts.next().write_sequence(|info| {
                info.next().write_sequence(|algorithm| {
                    algorithm.next().write_oid(&number(self.digest));
                    algorithm.next().write_null();
                });
                info.next().write_bytes(hmac::sign(&self.key, safe).as_ref());
            });
            parts.next().write_bytes(&self.salt);
            parts.next().write_u32(ITERATIONS.get());
        });
    }
}

fn certificate_bag(writer: DERWriter<'_>, certificate: &[u8], name: Option<&str>) {
    bag(writer, CERTIFICATE_BAG, name, |writer| {
        writer.write_sequence(|parts| {
            parts.next().write_oid(&number(X509));
            parts.next().write_tagged(Tag::context(0), |writer| writer.write_bytes(certificate));
        });
    });
}

/// A bag; one with a name belongs to the key.
fn bag(writer: DERWriter<'_>, kind: &[u64], name: Option<&str>, value: impl FnOnce(DERWriter<'_>)) {
    writer.write_sequence(|parts| {
        parts.next().write_oid(&number(kind));
        parts.next().write_tagged(Tag::context(0), value);
        let Some(name) = name else { return };
        parts.next().write_set_of(|attributes| {
            attributes.next().write_sequence(|attribute| {
                attribute.next().write_oid(&number(FRIENDLY_NAME));
                attribute.next().write_set(|values| {
                    values.next().write_bmp_string(name);
                });
            });
            attributes.next().write_sequence(|attribute| {
                attribute.next().write_oid(&number(LOCAL_KEY));
                attribute.next().write_set(|values| {
                    values.next().write_bytes(&[1]);
                });
            });
        });
    });
}

/// Octets as content of the plain kind.
fn data(writer: DERWriter<'_>, octets: &[u8]) {
    writer.write_sequence(|info| {
        info.next().write_oid(&number(DATA));
        info.next().write_tagged(Tag::context(0), |writer| writer.write_bytes(octets));
    });
}

fn number(components: &[u64]) -> ObjectIdentifier {
    ObjectIdentifier::from_slice(components)
}
