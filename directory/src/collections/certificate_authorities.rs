//! Certificate authorities: who vouches for the client certificates of an organization, and by which
//! of them it issues its own.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use storage::{Change, Index, Partition, Reading, Snapshot};
use uuid::Uuid;
use webpki::anchor_from_trusted_cert;
use x509_parser::prelude::{ASN1Time, FromDer, X509Certificate, X509Version};

use super::collection::Collection;
use super::entity::Entity;
use crate::access::{Grant, ManageConfiguration, View, organization};
use crate::delivery::WebAddress;
use crate::error::{Error, Invalid};
use crate::events::SubjectKind;
use crate::id::{CertificateAuthorityId, RecordId};
use crate::issuing::{Issuer, NewKey, root};
use crate::limits;
use crate::records::{
    BuiltIn, CertificateAuthority, CertificateAuthorityFields, FetchedList, RevocationCheck,
    RevokedCertificates, Stamp, indices, kinds,
};
use crate::time::Time;

/// The certificate authorities of the grant's organization.
pub type CertificateAuthorities<'g, S> = Collection<'g, S, CertificateAuthority>;

/// The most octets of a certificate.
const CERTIFICATE: usize = 16 << 10;
/// The most authorities of an organization: each is tried with a certificate that none vouches
/// for.
const AUTHORITIES: usize = 16;
/// The most days that an authority's own certificate counts.
const AUTHORITY_DAYS: u16 = 7_300;
/// The most days that a certificate counts; Apple's devices refuse servers' of more.
pub(super) const CERTIFICATE_DAYS: u16 = 825;

/// An authority of the organization's own that is to be made.
pub struct NewAuthority {
    /// Its name, which its certificate has too.
    pub name: String,
    /// How many days its certificate counts.
    pub days: u16,
    /// How it issues.
    pub built_in: BuiltIn,
    /// Its key.
    pub key: NewKey,
}

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

    /// From when and until when the certificate counts.
    pub fn validity(&self) -> (Time, Time) {
        let read = X509Certificate::from_der(&self.certificate);
        read.map_or((Time(0), Time(0)), |(_, certificate)| validity_of(&certificate))
    }
}

/// From when and until when a certificate counts.
pub(crate) fn validity_of(certificate: &X509Certificate<'_>) -> (Time, Time) {
    let time =
        |time: ASN1Time| Time(u64::try_from(time.timestamp()).unwrap_or(0).saturating_mul(1_000));
    (time(certificate.validity().not_before), time(certificate.validity().not_after))
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
        let all = self.site.source.scan::<CertificateAuthority>(self.site.partition(), None);
        if all.take(AUTHORITIES).count() == AUTHORITIES {
            return Err(Error::Forbidden("an organization has at most 16 certificate authorities"));
        }
        self.add(fields)
    }

    /// Makes an authority of the organization's own, by which it issues from then on. Those before
    /// it still vouch for what they issued, until they are deleted.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable.
    pub fn create_built_in(
        &mut self,
        new: NewAuthority,
    ) -> Result<(CertificateAuthorityId, CertificateAuthority), Error> {
        let NewAuthority { name, days, built_in, key } = new;
        limits::name("/name", &name)?;
        check_days("/days", days, AUTHORITY_DAYS)?;
        let (now, place) = (self.site.now(), self.site.place);
        let place = place.organization().ok_or(Error::Missing)?;
        let record = organization(&*self.site.source, place)?.ok_or(Error::Missing)?;
        let made = (&key, self.site.tools);
        let certificate = root(&name, &record.fields.name, days, now, made)?;
        let fields = CertificateAuthorityFields {
            name,
            certificate,
            built_in: Some(built_in),
            ..Default::default()
        };
        let (id, authority) = self.create(fields)?;
        let partition = self.site.partition();
        self.site.source.put_secret(partition, kinds::AUTHORITY_KEY, id.record(), key.pkcs8())?;
        Ok((id, authority))
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
        let before = self.read(id)?.fields;
        let partition = self.site.partition();
        let changed = self.edit(id, revision, |authority| {
            edit(authority)?;
            let after = &authority.fields;
            let own = before.built_in.is_some();
            if own != after.built_in.is_some() {
                return Err(Invalid::new("/certificate_days", NOT_OWN).into());
            }
            if own && before.certificate != after.certificate {
                return Err(Invalid::new("/certificate", OWN).into());
            }
            if before.certificate != after.certificate {
                authority.revocations = None;
            }
            Ok(())
        })?;
        let is_renewed = before.certificate != changed.fields.certificate;
        if is_renewed {
            self.site.source.delete::<RevokedCertificates>(partition, id.record())?;
        }
        if is_renewed || before.revocation_url != changed.fields.revocation_url {
            self.site.source.delete::<FetchedList>(partition, id.record())?;
        }
        Ok(changed)
    }

    /// Deletes a certificate authority: it vouches for nobody any more. One of the organization's
    /// own takes its key with it, and what it issued counts no more.
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

const OWN: &str = "is made here; make another authority instead";
const NOT_OWN: &str = "is for the organization's own authorities";
const KNOWS: &str = "is for others' authorities: the organization's own know what they revoked";

/// Checks for how many days something is to count.
pub(super) fn check_days(pointer: &str, days: u16, most: u16) -> Result<(), Invalid> {
    if (1..=most).contains(&days) {
        return Ok(());
    }
    Err(Invalid::new(pointer, format!("must be 1 to {most} days")))
}

/// The authority by which an organization issues: the one that was made last. With its key.
pub(super) fn issuing(
    source: &impl Reading,
    partition: Partition,
) -> Result<(CertificateAuthorityId, CertificateAuthority, Issuer), Error> {
    let mut newest = None;
    for found in source.scan::<CertificateAuthority>(partition, None) {
        let (number, authority) = found?;
        if authority.fields.built_in.is_some() {
            newest = CertificateAuthorityId::from_record(number).map(|id| (id, authority));
        }
    }
    let none = "the organization has no certificate authority of its own; make one first";
    let (id, authority) = newest.ok_or(Error::Forbidden(none))?;
    let key = source.secret(partition, kinds::AUTHORITY_KEY, id.record())?;
    let key = key.ok_or(Error::Missing)?;
    let issuer = Issuer::open(&authority.fields.certificate, key.expose())?;
    Ok((id, authority, issuer))
}

impl Entity for CertificateAuthority {
    type Id = CertificateAuthorityId;
    type Fields = CertificateAuthorityFields;

    const SUBJECT: SubjectKind = SubjectKind::CertificateAuthority;
    const UUIDS: Index = indices::CERTIFICATE_AUTHORITY_UUID;
    const NAMES: Index = indices::CERTIFICATE_AUTHORITY_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: CertificateAuthorityFields) -> Self {
        Self { uuid, stamp, fields, revocations: None }
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
        if let Some(BuiltIn { certificate_days }) = fields.built_in {
            check_days("/certificate_days", certificate_days, CERTIFICATE_DAYS)?;
            if fields.revocation == RevocationCheck::Required {
                return Err(Invalid::new("/revocation", KNOWS));
            }
            if fields.revocation_url.is_some() {
                return Err(Invalid::new("/revocation_url", KNOWS));
            }
        }
        if let Some(url) = &fields.revocation_url {
            WebAddress::read_in_clear(url)
                .map_err(|message| Invalid::new("/revocation_url", message))?;
        }
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
        change: &mut Change<'_>,
        partition: Partition,
        id: CertificateAuthorityId,
    ) -> Result<(), Error> {
        change.delete_secret(partition, kinds::AUTHORITY_KEY, id.record())?;
        change.delete::<RevokedCertificates>(partition, id.record())?;
        change.delete::<FetchedList>(partition, id.record())?;
        Ok(())
    }
}

/// Whether a certificate says that its key may sign others (RFC 5280 section 4.2.1.9). One of the
/// first version says nothing, and authorities of that age are still about.
pub(super) fn is_authority(certificate: &[u8]) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate) else { return false };
    match certificate.basic_constraints() {
        Ok(Some(constraints)) => constraints.value.ca,
        Ok(None) => certificate.version() == X509Version::V1,
        Err(_) => false,
    }
}
