//! Passkeys of admins: public keys whose private halves authenticators hold.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use storage::{Entries, Kind, Record};
use uuid::Uuid;

use super::{indices, kinds};
use crate::id::{AdminNumber, RecordId};
use crate::time::Time;

/// A passkey's record, kept where its admin belongs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkey {
    /// The stable external id.
    pub uuid: Uuid,
    /// The admin that it proves.
    pub admin: AdminNumber,
    /// What its owner calls it.
    pub name: String,
    /// When it was registered.
    pub created: Time,
    /// When somebody signed in with it last.
    pub used: Option<Time>,
    /// What the authenticator calls it.
    pub credential: ByteBuf,
    /// What proves its signatures.
    pub key: PasskeyKey,
    /// How often the authenticator had signed when it did last; some do not count.
    pub counter: u32,
    /// Whether the authenticator hands it on to other machines of its owner.
    pub is_portable: bool,
    /// The model of the authenticator, which nothing vouches for.
    pub model: Uuid,
}

/// The public half of a passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PasskeyKey {
    /// ECDSA on P-256 with SHA-256: the point, uncompressed (SEC 1 section 2.3.3).
    P256(ByteBuf),
    /// Ed25519: the point (RFC 8032 section 5.1.2).
    Ed25519(ByteBuf),
    /// RSA with PKCS #1 v1.5 and SHA-256: the modulus. The exponent is 65537.
    Rsa(ByteBuf),
}

/// How a credential stands in the index: its own name may be too long.
pub(crate) fn credential_key(credential: &[u8]) -> [u8; 32] {
    Sha256::digest(credential).into()
}

impl Record for Passkey {
    const KIND: Kind = kinds::PASSKEY;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::PASSKEY_UUID, self.uuid.as_bytes());
        entries.add(indices::PASSKEY_ADMIN, &self.admin.record().to_be_bytes());
        entries.add(indices::PASSKEY_CREDENTIAL, &credential_key(&self.credential));
    }
}
