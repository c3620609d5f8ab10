//! A certificate that an organization's own authority issued.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use storage::{Entries, Id, Kind, Record};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::id::{CertificateAuthorityId, DeviceId, RecordId, UserId};
use crate::time::Time;

/// An issued certificate's record. Whose it is stands here, and is never read from the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedCertificate {
    /// The stable external id.
    pub uuid: Uuid,
    /// When issued and changed.
    pub stamp: Stamp,
    /// By which authority.
    pub authority: CertificateAuthorityId,
    /// Whose it is.
    pub owner: CertificateOwner,
    /// What its owner was called then.
    pub name: String,
    /// Its number, which no other certificate of the authority has.
    pub serial: [u8; 16],
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// From when it counts.
    pub not_before: Time,
    /// Until when it counts.
    pub not_after: Time,
    /// Whether its owner brought the key, and nobody here ever had it.
    pub own_key: bool,
    /// The login of the admin who issued it.
    pub issued_by: String,
    /// That it does not count any more, if so.
    pub revoked: Option<Revocation>,
}

/// Whose a certificate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CertificateOwner {
    /// A user's.
    User(UserId),
    /// A device's.
    Device(DeviceId),
}

/// That a certificate does not count any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Since when.
    pub at: Time,
    /// Why.
    pub reason: RevocationReason,
}

/// Why a certificate does not count any more (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// Nobody said.
    #[default]
    Unspecified,
    /// Somebody else may have the key.
    KeyCompromise,
    /// Its owner is another, or called otherwise.
    AffiliationChanged,
    /// Another took its place.
    Superseded,
    /// It is not needed any more.
    CessationOfOperation,
    /// Its owner must not have it any more.
    PrivilegeWithdrawn,
}

impl CertificateOwner {
    /// The owner's record number.
    pub(crate) fn record(self) -> Id {
        match self {
            Self::User(user) => user.record(),
            Self::Device(device) => device.record(),
        }
    }
}

impl IssuedCertificate {
    /// SHA-256 of the certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.certificate).into()
    }
}

impl Record for IssuedCertificate {
    const KIND: Kind = kinds::ISSUED_CERTIFICATE;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::ISSUED_UUID, self.uuid.as_bytes());
        entries.add(indices::ISSUED_FINGERPRINT, &self.fingerprint());
        entries.add(indices::ISSUED_OWNER, &self.owner.record().to_be_bytes());
        entries.add(indices::ISSUED_END, &self.not_after.0.to_be_bytes());
        if self.revoked.is_some() {
            entries.add(indices::ISSUED_REVOKED, &self.authority.record().to_be_bytes());
        }
    }
}
