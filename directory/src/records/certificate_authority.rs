//! Who vouches for the client certificates of an organization.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::text::prepare;

/// A certificate authority's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateAuthority {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: CertificateAuthorityFields,
}

/// What admins write of a certificate authority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateAuthorityFields {
    /// The authority's name; unique in the organization.
    pub name: String,
    /// Its certificate, in DER.
    pub certificate: Vec<u8>,
    /// Whose a certificate is that it vouches for.
    pub holder: CertificateHolder,
}

/// How a certificate names its holder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateHolder {
    /// The user whose mail address it has as a subject alternative name.
    #[default]
    UserByMail,
    /// The user whose login is the subject's common name.
    UserByCommonName,
    /// The service account whose name is the subject's common name.
    ServiceAccountByCommonName,
    /// The service account whose name is a DNS name among its subject alternative names.
    ServiceAccountByDnsName,
}

impl Record for CertificateAuthority {
    const KIND: Kind = kinds::CERTIFICATE_AUTHORITY;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::CERTIFICATE_AUTHORITY_UUID, self.uuid.as_bytes());
        entries.add(indices::CERTIFICATE_AUTHORITY_NAME, prepare(&self.fields.name).as_bytes());
    }
}
