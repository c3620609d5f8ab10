//! Secrets at rest.
//!
//! The master key seals one data key per partition, and a data key seals the secrets of its
//! partition. Both use XChaCha20-Poly1305 with the key of the record as associated data, so that
//! sealed bytes moved to another place do not open there.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{Partition, ReadError};

/// Where random octets come from.
pub trait Entropy: Send + Sync {
    /// Fills `out` with octets that nobody can predict.
    fn fill(&self, out: &mut [u8]);
}

/// The key that seals the data keys of all partitions.
#[derive(Clone, ZeroizeOnDrop)]
pub struct MasterKey([u8; KEY]);

impl MasterKey {
    /// Takes the key from 32 octets.
    #[must_use]
    pub const fn from_bytes(octets: [u8; 32]) -> Self {
        Self(octets)
    }
}

/// An unsealed secret. It cannot be printed, and its memory is wiped.
#[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes octets as a secret.
    #[must_use]
    pub const fn new(octets: Vec<u8>) -> Self {
        Self(octets)
    }

    /// The octets of the secret, for the moment they are needed.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// Seals and unseals with one key.
#[derive(Clone)]
pub(crate) struct Seal(XChaCha20Poly1305);

impl Seal {
    pub(crate) fn new(key: &[u8; KEY]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Seals `plain` to be kept under `name`.
    pub(crate) fn seal(
        &self,
        name: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, ReadError> {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce);
        let mut sealed = Vec::with_capacity(NONCE + plain.len() + TAG);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (_, text) = sealed.split_at_mut_checked(NONCE).ok_or(ReadError::Sealed)?;
        let tag = self
            .0
            .encrypt_inout_detached(&XNonce::from(nonce), name, text.into())
            .map_err(|_| ReadError::Sealed)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Unseals what was sealed under `name`.
    pub(crate) fn unseal(&self, name: &[u8], sealed: &[u8]) -> Result<Secret, ReadError> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>().ok_or(ReadError::Sealed)?;
        let (text, tag) = rest.split_last_chunk::<TAG>().ok_or(ReadError::Sealed)?;
        let mut plain = text.to_vec();
        self.0
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                name,
                plain.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| ReadError::Sealed)?;
        Ok(Secret(plain))
    }
}

/// Holds the master key and the data keys that were unsealed with it.
pub(crate) struct Vault {
    keys: RwLock<MasterKeys>,
    unsealed: RwLock<HashMap<Partition, Unsealed>>,
    entropy: Arc<dyn Entropy>,
}

/// The master key, and another one that may still be met.
struct MasterKeys {
    current: Seal,
    /// The key that follows while a rotation waits for its commit, later the one before, with
    /// which snapshots taken before the rotation are read.
    other: Option<Seal>,
    /// Whether the other key is the one that follows.
    rotating: bool,
}

/// A data key with the sealed octets it was taken from, which tell if it is still the right one.
struct Unsealed {
    wrapped: Vec<u8>,
    seal: Arc<Seal>,
}

impl Vault {
    #[expect(clippy::needless_pass_by_value, reason = "the key is wiped when this returns")]
    pub(crate) fn new(master: MasterKey, entropy: Arc<dyn Entropy>) -> Self {
        let keys = MasterKeys { current: Seal::new(&master.0), other: None, rotating: false };
        Self { keys: RwLock::new(keys), unsealed: RwLock::default(), entropy }
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// Makes a data key and returns it sealed, to be kept under `name`.
    pub(crate) fn create_data_key(&self, name: &[u8]) -> Result<Vec<u8>, ReadError> {
        let mut key = Zeroizing::new([0; KEY]);
        self.entropy.fill(key.as_mut());
        self.wrap(name, key.as_ref())
    }

    /// Seals with the master key.
    pub(crate) fn wrap(&self, name: &[u8], plain: &[u8]) -> Result<Vec<u8>, ReadError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let seal = keys.other.as_ref().filter(|_| keys.rotating).unwrap_or(&keys.current);
        seal.seal(name, plain, self.entropy.as_ref())
    }

    /// Unseals what the master key sealed.
    pub(crate) fn unwrap(&self, name: &[u8], wrapped: &[u8]) -> Result<Secret, ReadError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let unsealed = keys.current.unseal(name, wrapped);
        match (&keys.other, unsealed) {
            (Some(other), Err(_)) => other.unseal(name, wrapped),
            (_, unsealed) => unsealed,
        }
    }

    /// The data key of a partition out of its sealed octets.
    pub(crate) fn data_key(
        &self,
        partition: Partition,
        name: &[u8],
        wrapped: &[u8],
    ) -> Result<Arc<Seal>, ReadError> {
        let known = self.unsealed.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&partition).filter(|known| known.wrapped == wrapped) {
            return Ok(Arc::clone(&known.seal));
        }
        drop(known);
        let key = self.unwrap(name, wrapped)?;
        let key = key.expose().try_into().map_err(|_| ReadError::Sealed)?;
        let seal = Arc::new(Seal::new(key));
        let unsealed = Unsealed { wrapped: wrapped.to_vec(), seal: Arc::clone(&seal) };
        self.unsealed.write().unwrap_or_else(PoisonError::into_inner).insert(partition, unsealed);
        Ok(seal)
    }

    /// Forgets the data key of a partition that is no more.
    pub(crate) fn forget(&self, partition: Partition) {
        self.unsealed.write().unwrap_or_else(PoisonError::into_inner).remove(&partition);
    }

    /// Makes `next` the key that seals, until [`settle`](Self::settle) decides.
    pub(crate) fn prepare(&self, next: &MasterKey) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.other = Some(Seal::new(&next.0));
        keys.rotating = true;
    }

    /// Ends a rotation, if one was prepared: the new key is kept if the commit that rewrapped the
    /// data keys is durable.
    pub(crate) fn settle(&self, durable: bool) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let keys = &mut *keys;
        if std::mem::take(&mut keys.rotating) {
            match &mut keys.other {
                Some(next) if durable => std::mem::swap(&mut keys.current, next),
                Some(_) | None => keys.other = None,
            }
        }
    }

    /// Says whether what the master key sealed opens with a prepared key and not with the
    /// current one.
    pub(crate) fn opens_with_prepared(
        &self,
        name: &[u8],
        wrapped: &[u8],
    ) -> Result<bool, ReadError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        if keys.current.unseal(name, wrapped).is_ok() {
            return Ok(false);
        }
        let prepared = keys.other.as_ref().filter(|_| keys.rotating).ok_or(ReadError::Sealed)?;
        prepared.unseal(name, wrapped).map(|_| true)
    }
}

const KEY: usize = 32;
const NONCE: usize = 24;
const TAG: usize = 16;
