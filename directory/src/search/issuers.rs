//! What the organization's own certificate authorities are called.

use storage::{Reading, Snapshot};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::access::{Grant, Search};
use crate::error::Error;
use crate::id::{CertificateAuthorityId, RecordId};
use crate::records::CertificateAuthority;

/// A name in a certificate: its parts from the first to the last, each of one value or several.
pub type IssuerName = Vec<Vec<NameValue>>;

/// A value in a certificate's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameValue {
    /// The number of its type.
    pub kind: String,
    /// The value as text.
    pub text: String,
}

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
        let values = rdn.iter().map(|value| {
            let text = value.as_str().ok()?.to_owned();
            Some(NameValue { kind: value.attr_type().to_id_string(), text })
        });
        values.collect::<Option<Vec<_>>>()
    });
    rdns.collect()
}
