//! What the organization's own certificate authorities are called.

use storage::{Reading, Snapshot};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::access::{Grant, Search};
use crate::error::Error;
use crate::id::{CertificateAuthorityId, RecordId};
use crate::records::CertificateAuthority;

/// A name in a certificate: the types, by their numbers, and values of each of its parts.
pub type IssuerName = Vec<Vec<(String, String)>>;

impl Grant<'_, &Snapshot, Search> {
    /// The organization's own authorities, with the name by which their certificates name them as
    /// issuers.
    ///
    /// # Errors
    /// When the store fails.
    pub fn issuers(&self) -> Result<Vec<(CertificateAuthorityId, IssuerName)>, Error> {
        let partition = self.organization()?.partition();
        let mut issuers = Vec::new();
        for found in self.source.scan::<CertificateAuthority>(partition, None) {
            let (number, authority) = found?;
            if authority.fields.built_in.is_none() {
                continue;
            }
            let id = CertificateAuthorityId::from_record(number);
            issuers.extend(id.zip(name_of(&authority.fields.certificate)));
        }
        Ok(issuers)
    }
}

/// The name of whom a certificate is for; `None` where a part of it is no text.
fn name_of(certificate: &[u8]) -> Option<IssuerName> {
    let (_, read) = X509Certificate::from_der(certificate).ok()?;
    let rdns = read.subject().iter().map(|rdn| {
        let parts = rdn.iter().map(|part| {
            let value = part.as_str().ok()?;
            Some((part.attr_type().to_id_string(), value.to_owned()))
        });
        parts.collect::<Option<Vec<_>>>()
    });
    rdns.collect()
}
