//! Certificate authorities: who vouches for the client certificates of an organization.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use storage::{Change, Index, Partition, Snapshot};
use uuid::Uuid;
use webpki::anchor_from_trusted_cert;
use x509_parser::prelude::{FromDer, X509Certificate, X509Version};

use super::collection::Collection;
use super::entity::Entity;
use crate::access::{Grant, ManageConfiguration, View};
use crate::error::{Error, Invalid};
use crate::events::SubjectKind;
use crate::id::CertificateAuthorityId;
use crate::limits;
use crate::records::{CertificateAuthority, CertificateAuthorityFields, Stamp, indices};

/// The certificate authorities of the grant's organization.
pub type CertificateAuthorities<'g, S> = Collection<'g, S, CertificateAuthority>;

/// The most octets of a certificate.
const CERTIFICATE: usize = 16 << 10;
/// The most authorities of an organization: each is tried with a certificate that none vouches
/// for.
const AUTHORITIES: usize = 16;

impl CertificateAuthorityFields {
    /// Reads the one certificate of a text in PEM.
    ///
    /// # Errors
    /// `Invalid` when there is none, or more than one.
    pub fn certificate_of_pem(text: &str) -> Result<Vec<u8>, Invalid> {
        let mut found = CertificateDer::pem_slice_iter(text.as_bytes());
        match (found.next(), found.next()) {
            (Some(Ok(certificate)), None) => Ok(certificate.to_vec()),
            (Some(_) | None, _) => {
                Err(Invalid::new("/certificate", "must be one certificate in PEM"))
            }
        }
    }
}

impl CertificateAuthorityFields {
    /// The certificate in PEM.
    pub fn pem(&self) -> String {
        pem(&self.certificate)
    }
}

/// A certificate in PEM.
pub(super) fn pem(certificate: &[u8]) -> String {
    let encoded = STANDARD.encode(certificate);
    let lines = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: Vec<_> = lines.collect();
    let body = lines.join("\n");
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's certificate authorities, to be read.
    pub fn certificate_authorities(&self) -> CertificateAuthorities<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageConfiguration> {
    /// The organization's certificate authorities, to be changed.
    pub fn certificate_authorities(&mut self) -> CertificateAuthorities<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl CertificateAuthorities<'_, &mut Change<'_>> {
    /// Makes a certificate authority.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable.
    pub fn create(
        &mut self,
        fields: CertificateAuthorityFields,
    ) -> Result<(CertificateAuthorityId, CertificateAuthority), Error> {
        let partition = self.site.partition();
        let all =
            storage::Reading::scan::<CertificateAuthority>(&*self.site.source, partition, None);
        if all.take(AUTHORITIES).count() == AUTHORITIES {
            return Err(Error::Forbidden("an organization has at most 16 certificate authorities"));
        }
        self.add(fields)
    }

    /// Changes a certificate authority; with `revision`, only when nobody changed it in between.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: CertificateAuthorityId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut CertificateAuthority) -> Result<(), Error>,
    ) -> Result<CertificateAuthority, Error> {
        self.edit(id, revision, edit)
    }

    /// Deletes a certificate authority: it vouches for nobody any more.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn delete(
        &mut self,
        id: CertificateAuthorityId,
        revision: Option<u64>,
    ) -> Result<(), Error> {
        self.remove(id, revision)
    }
}

impl Entity for CertificateAuthority {
    type Id = CertificateAuthorityId;
    type Fields = CertificateAuthorityFields;

    const SUBJECT: SubjectKind = SubjectKind::CertificateAuthority;
    const UUIDS: Index = indices::CERTIFICATE_AUTHORITY_UUID;
    const NAMES: Index = indices::CERTIFICATE_AUTHORITY_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: CertificateAuthorityFields) -> Self {
        Self { uuid, stamp, fields }
    }

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn stamp(&mut self) -> &mut Stamp {
        &mut self.stamp
    }

    fn revision(&self) -> u64 {
        self.stamp.revision
    }

    fn fields(&self) -> &CertificateAuthorityFields {
        &self.fields
    }

    fn name(fields: &CertificateAuthorityFields) -> &str {
        &fields.name
    }

    fn check(fields: &CertificateAuthorityFields) -> Result<(), Invalid> {
        limits::name("/name", &fields.name)?;
        let certificate = CertificateDer::from(fields.certificate.as_slice());
        if certificate.len() > CERTIFICATE || anchor_from_trusted_cert(&certificate).is_err() {
            return Err(Invalid::new("/certificate", "is not one that can be trusted"));
        }
        if !is_authority(&certificate) {
            return Err(Invalid::new("/certificate", "may not issue others: it is no authority's"));
        }
        Ok(())
    }

    fn let_go(
        &self,
        _change: &mut Change<'_>,
        _partition: Partition,
        _id: CertificateAuthorityId,
    ) -> Result<(), Error> {
        Ok(())
    }
}

/// Whether a certificate says that its key may sign others (RFC 5280 section 4.2.1.9). One of the
/// first version says nothing, and authorities of that age are still about.
fn is_authority(certificate: &[u8]) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    match certificate.basic_constraints() {
        Ok(Some(constraints)) => constraints.value.ca,
        Ok(None) => certificate.version() == X509Version::V1,
        Err(_) => false,
    }
}
