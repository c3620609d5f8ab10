//! What another's authority revoked, of those that an organization trusts.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use storage::{Entries, Id, Kind, Record};

use super::{indices, kinds};
use crate::id::{CertificateAuthorityId, RecordId};

/// The numbers of the certificates that an authority revoked; kept under the authority's number, and
/// read by the index alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedCertificates {
    /// The authority.
    pub authority: CertificateAuthorityId,
    /// The numbers, without zeros before them.
    pub serials: Vec<ByteBuf>,
}

/// Under what a certificate stands in the index of revoked ones.
pub(crate) fn revoked_key(authority: Id, serial: &[u8]) -> Vec<u8> {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    [&authority.to_be_bytes(), serial.get(zeros..).unwrap_or_default()].concat()
}

impl Record for RevokedCertificates {
    const KIND: Kind = kinds::REVOKED_CERTIFICATES;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        for serial in &self.serials {
            entries.add(indices::REVOKED_SERIAL, &revoked_key(self.authority.record(), serial));
        }
    }
}
