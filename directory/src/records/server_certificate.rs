//! Whom the devices of an organization's people find behind its network.

use serde::{Deserialize, Serialize};
use storage::{Entries, Id, Kind, Record};

use super::{Stamp, kinds};

/// The certificate that EAP's peers are shown in an organization, in place of the daemon's. Its key
/// is sealed under the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCertificate {
    /// When made and changed.
    pub stamp: Stamp,
    /// The certificate, and those between it and an authority that peers know, in DER.
    pub chain: Vec<Vec<u8>>,
}

impl ServerCertificate {
    /// The number of the one that an organization has.
    pub(crate) const ID: Id = 1;
}

impl Record for ServerCertificate {
    const KIND: Kind = kinds::SERVER_CERTIFICATE;
    const VERSION: u8 = 1;

    fn index(&self, _entries: &mut Entries) {}
}
