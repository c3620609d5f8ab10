//! A password on its way into the store.

use crate::authentication::{
    HashParameters, HashingFailed, NtHash, Password, StoredHash, hash, hash_nt,
};
use crate::error::Invalid;
use crate::tools::Tools;

/// A password on its way into the store, hashed before the transaction starts.
pub struct NewPassword {
    pub(super) hash: String,
    pub(super) clear: Option<Password>,
    /// What another system kept, where the password itself is not known.
    pub(super) nt_hash: Option<NtHash>,
    /// Hashes of passwords with which it was compared, and which it is not.
    pub(super) differs_from: Vec<String>,
}

impl NewPassword {
    /// Hashes a password: takes about as long as a sign-in.
    ///
    /// # Errors
    /// When the machine has no memory for it.
    pub fn hashed(
        password: Password,
        parameters: &HashParameters,
        tools: &Tools,
    ) -> Result<Self, HashingFailed> {
        let hash = hash(&password, parameters, tools.random())?;
        Ok(Self { hash, clear: Some(password), nt_hash: None, differs_from: Vec::new() })
    }

    /// Takes over a hash that another system made.
    ///
    /// # Errors
    /// `Invalid` when the form is not known or its cost is out of bounds.
    pub fn imported(hash: String) -> Result<Self, Invalid> {
        match StoredHash::parse(&hash) {
            Ok(_) => Ok(Self { hash, clear: None, nt_hash: None, differs_from: Vec::new() }),
            Err(error) => Err(Invalid::new("/password_hash", error.to_string())),
        }
    }

    /// Takes over an NT hash that another system made, of a password of which no other hash is known:
    /// takes about as long as a sign-in.
    ///
    /// # Errors
    /// When the machine has no memory for it.
    pub(crate) fn of_nt_hash(
        nt_hash: &NtHash,
        parameters: &HashParameters,
        tools: &Tools,
    ) -> Result<Self, HashingFailed> {
        let hash = hash_nt(nt_hash, parameters, tools.random())?;
        let nt_hash = Some(nt_hash.clone());
        Ok(Self { hash, clear: None, nt_hash, differs_from: Vec::new() })
    }

    /// Takes over the NT hash of the same password as well, if there is one.
    pub(crate) fn with_nt_hash(self, nt_hash: Option<&NtHash>) -> Self {
        Self { nt_hash: nt_hash.cloned(), ..self }
    }

    /// The same, known to be none of the passwords with these hashes.
    pub(crate) fn differing_from(self, hashes: Vec<String>) -> Self {
        Self { differs_from: hashes, ..self }
    }
}
