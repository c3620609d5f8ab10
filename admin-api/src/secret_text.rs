//! Secrets in requests: read once, never shown, overwritten when dropped.

use directory::Invalid;
use directory::authentication::Password;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// A password or a secret that a client sends.
#[derive(ToSchema)]
#[schema(value_type = String, format = Password)]
pub(crate) struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Shows the text.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The text as a password.
    pub(crate) fn password(&self) -> Result<Password, Invalid> {
        self.password_at("/password")
    }

    /// The text as a password that stands there in the request.
    pub(crate) fn password_at(&self, pointer: &'static str) -> Result<Password, Invalid> {
        Password::new(self.0.as_bytes()).map_err(|error| Invalid::new(pointer, error.to_string()))
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}
