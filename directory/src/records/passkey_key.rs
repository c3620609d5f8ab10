//! Public keys of passkeys. The fuzzer builds it without the rest of the crate.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

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
