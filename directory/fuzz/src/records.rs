//! Those of the records that `passkeys` needs.

#[path = "../../src/records/passkey_key.rs"]
mod passkey_key;

pub use passkey_key::PasskeyKey;
