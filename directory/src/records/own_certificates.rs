//! The client certificates that prove an account: never read by a search.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::{indices, kinds};

/// The certificates of the user or service account with the same record number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnCertificates {
    /// SHA-256 of each certificate's DER.
    pub fingerprints: Vec<[u8; 32]>,
}

impl Record for OwnCertificates {
    const KIND: Kind = kinds::OWN_CERTIFICATES;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        for fingerprint in &self.fingerprints {
            entries.add(indices::CERTIFICATE_FINGERPRINT, fingerprint);
        }
    }
}
