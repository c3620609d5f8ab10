//! The octets a client binds with.

use zeroize::Zeroizing;

/// A tried password: exact octets, wiped when dropped, never printed.
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// Copies the octets of a password.
    #[must_use]
    pub fn new(octets: &[u8]) -> Self {
        Self(Zeroizing::new(octets.to_vec()))
    }

    /// The octets as the client sent them: nothing trimmed, folded or cut (RFC 4513 section 5.1.3).
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}
