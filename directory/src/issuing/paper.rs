//! Certificates as they are signed.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PublicKeyData, SanType, SerialNumber,
};
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::key::pair;
use super::{NewKey, RequestedKey, unmade};
use crate::collections::validity_of;
use crate::error::Error;
use crate::time::Time;
use crate::tools::Tools;

/// A certificate counts from so long before it is made: clocks differ.
const EARLIER: u64 = 60 * 60 * 1_000;
const DAY: u64 = 24 * 60 * 60 * 1_000;
/// The most characters of a common name or of an organization's (RFC 5280 appendix A.1).
const NAME: usize = 64;

/// What a certificate is to say.
pub(crate) struct Paper {
    pub(crate) common_name: String,
    pub(crate) names: Vec<SanType>,
    pub(crate) usage: ExtendedKeyUsagePurpose,
    pub(crate) days: u16,
    pub(crate) now: Time,
    /// Where the list of what the authority revoked can be had.
    pub(crate) revocation_url: Option<String>,
}

/// A certificate that was signed a moment ago.
pub(crate) struct Signed {
    pub(crate) der: Vec<u8>,
    pub(crate) serial: [u8; 16],
    pub(crate) not_before: Time,
    pub(crate) not_after: Time,
}

/// An authority that can sign.
pub(crate) struct Issuer {
    issuer: rcgen::Issuer<'static, KeyPair>,
    organization: Option<String>,
    not_before: Time,
    not_after: Time,
}

/// Makes the certificate of an authority, signed by itself.
pub(crate) fn root(
    name: &str,
    organization: &str,
    days: u16,
    now: Time,
    (key, tools): (&NewKey, &Tools),
) -> Result<Vec<u8>, Error> {
    let pair = key.pair()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(name, Some(organization));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(SerialNumber::from_slice(&serial(tools)));
    (params.not_before, params.not_after) = validity(now, u64::from(days))?;
    Ok(params.self_signed(&pair).map_err(unmade)?.der().to_vec())
}

impl Issuer {
    /// An authority by its certificate and its key.
    pub(crate) fn open(certificate: &[u8], key: &[u8]) -> Result<Self, Error> {
        let der = CertificateDer::from(certificate);
        let issuer = rcgen::Issuer::from_ca_cert_der(&der, pair(key)?).map_err(unmade)?;
        let (_, read) = X509Certificate::from_der(certificate).map_err(unmade)?;
        let organization = read.subject().iter_organization().next();
        let organization = organization.and_then(|it| it.as_str().ok()).map(ToOwned::to_owned);
        let (not_before, not_after) = validity_of(&read);
        Ok(Self { issuer, organization, not_before, not_after })
    }

    /// Signs a certificate for a key that was made here.
    pub(crate) fn sign_made(
        &self,
        paper: &Paper,
        key: &NewKey,
        tools: &Tools,
    ) -> Result<Signed, Error> {
        self.sign(paper, &key.pair()?, false, tools)
    }

    /// Signs a certificate for a key that its holder brought.
    pub(crate) fn sign_requested(
        &self,
        paper: &Paper,
        key: &RequestedKey,
        tools: &Tools,
    ) -> Result<Signed, Error> {
        self.sign(paper, key, key.encrypts, tools)
    }

    fn sign(
        &self,
        paper: &Paper,
        key: &impl PublicKeyData,
        encrypts: bool,
        tools: &Tools,
    ) -> Result<Signed, Error> {
        let serial = serial(tools);
        let start = Time(paper.now.0.saturating_sub(EARLIER)).max(self.not_before);
        let end = paper.now.plus(u64::from(paper.days).saturating_mul(DAY)).min(self.not_after);
        if end <= paper.now {
            return Err(Error::Forbidden("the certificate of the authority has ended"));
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(&paper.common_name, self.organization.as_deref());
        params.subject_alt_names.clone_from(&paper.names);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.key_usages.extend(encrypts.then_some(KeyUsagePurpose::KeyEncipherment));
        params.extended_key_usages = vec![paper.usage.clone()];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let points = paper.revocation_url.iter();
        let points = points.map(|url| CrlDistributionPoint { uris: vec![url.clone()] });
        params.crl_distribution_points = points.collect();
        (params.not_before, params.not_after) = (date(start)?, date(end)?);
        let signed = params.signed_by(key, &self.issuer).map_err(unmade)?;
        let (_, read) = X509Certificate::from_der(signed.der()).map_err(unmade)?;
        let (not_before, not_after) = validity_of(&read);
        Ok(Signed { der: signed.der().to_vec(), serial, not_before, not_after })
    }

    /// Signs a list of revoked certificates.
    pub(crate) fn sign_list(
        &self,
        list: &CertificateRevocationListParams,
    ) -> Result<Vec<u8>, Error> {
        Ok(list.signed_by(&self.issuer).map_err(unmade)?.der().to_vec())
    }
}

/// A time as certificates have it.
pub(crate) type Date = time::OffsetDateTime;

/// A time as certificates have it: to the second.
pub(crate) fn date(time: Time) -> Result<Date, Error> {
    let seconds = i64::try_from(time.seconds()).map_err(unmade)?;
    Date::from_unix_timestamp(seconds).map_err(unmade)
}

fn validity(now: Time, days: u64) -> Result<(Date, Date), Error> {
    let end = now.plus(days.saturating_mul(DAY));
    Ok((date(Time(now.0.saturating_sub(EARLIER)))?, date(end)?))
}

fn subject(common_name: &str, organization: Option<&str>) -> DistinguishedName {
    let short = |text: &str| text.chars().take(NAME).collect::<String>();
    let mut subject = DistinguishedName::new();
    if let Some(organization) = organization {
        subject.push(DnType::OrganizationName, short(organization));
    }
    subject.push(DnType::CommonName, short(common_name));
    subject
}

/// A number of 126 random bits whose first octet is no zero, so that it is always as long.
fn serial(tools: &Tools) -> [u8; 16] {
    let mut octets = tools.random::<16>();
    if let Some(first) = octets.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    octets
}
