//! A certificate authority for a demonstration, and one certificate of it.

use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::private_file;

/// How long the certificates are valid. Apple's clients refuse more than 825.
const DAYS: i32 = 800;

/// Why no certificate was made.
#[derive(Debug, thiserror::Error)]
pub enum SelfSignedError {
    /// A name cannot stand in a certificate, or no key could be made.
    #[error("no certificate could be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The clock is so wrong that its dates cannot stand in a certificate.
    #[error("the clock shows no date that a certificate can have: {0}")]
    Clock(#[from] jiff::Error),
    /// A file cannot be written.
    #[error("{}: {source}", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// A certificate with everything that its server and its clients need, in PEM.
#[derive(Clone)]
pub struct SelfSigned {
    /// The authority, which clients are told to trust. Its key is forgotten.
    pub authority: String,
    /// The server's certificate.
    pub certificate: String,
    /// The server's private key.
    pub key: zeroize::Zeroizing<String>,
}

/// Where [`SelfSigned::write`] left the parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfSignedFiles {
    /// The authority.
    pub authority: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
}

impl SelfSigned {
    /// Writes the parts into a folder, readable by their owner alone.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written to.
    pub fn write(&self, folder: &Path) -> Result<SelfSignedFiles, SelfSignedError> {
        let write = |name: &str, content: &str| {
            let file = folder.join(name);
            match private_file::replace(&file, content.as_bytes()) {
                Ok(()) => Ok(file),
                Err(source) => Err(SelfSignedError::Unwritable { file, source }),
            }
        };
        Ok(SelfSignedFiles {
            authority: write("ca.pem", &self.authority)?,
            certificate: write("server.pem", &self.certificate)?,
            key: write("server.key", &self.key)?,
        })
    }
}

/// Makes a certificate for host names and addresses, valid from yesterday; `now` is in
/// milliseconds since 1970.
///
/// # Errors
///
/// When a name cannot stand in a certificate, or the date cannot.
pub fn self_signed(names: &[&str], now: u64) -> Result<SelfSigned, SelfSignedError> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "Tenantry self-signed authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut authority, now)?;
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate()?;
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut server = CertificateParams::new(names)?;
    server.distinguished_name.push(DnType::CommonName, "Tenantry");
    server.is_ca = IsCa::ExplicitNoCa;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    set_validity(&mut server, now)?;
    Ok(SelfSigned {
        authority: authority_certificate.pem(),
        certificate: server.signed_by(&key, &issuer)?.pem(),
        key: key.serialize_pem().into(),
    })
}

fn set_validity(params: &mut CertificateParams, now: u64) -> Result<(), SelfSignedError> {
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let today = Timestamp::from_millisecond(now)?.to_zoned(TimeZone::UTC).date();
    let date = |it: Date| {
        let (month, day) = (it.month().unsigned_abs(), it.day().unsigned_abs());
        rcgen::date_time_ymd(it.year().into(), month, day)
    };
    params.not_before = date(today.checked_sub(1.day())?);
    params.not_after = date(today.checked_add(DAYS.days())?);
    Ok(())
}
