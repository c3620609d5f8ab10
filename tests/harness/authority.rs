//! A certificate authority of a test's own, and the client certificates that it issues.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    CrlDistributionPoint, CrlIssuingDistributionPoint, CrlScope, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyIdMethod, KeyPair, OtherNameValue, RevokedCertParams, SanType, SerialNumber,
};
use tempfile::TempDir;

/// Microsoft's number of a principal name (UPN).
const PRINCIPAL_NAME: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3];

/// The authority.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate that it issued, with its key, as files in PEM.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// What a certificate says of its holder.
#[derive(Debug, Default)]
pub(crate) struct Holder<'h> {
    pub(crate) common_name: &'h str,
    pub(crate) mail: Option<&'h str>,
    pub(crate) dns: Option<&'h str>,
    pub(crate) address: Option<Ipv4Addr>,
    pub(crate) expired: bool,
    /// Whether it does not count yet.
    pub(crate) early: bool,
    /// Whether it is for servers; else it is for clients.
    pub(crate) server: bool,
    /// Whether it does not say what it is for.
    pub(crate) unstated: bool,
    /// A principal name of Microsoft's.
    pub(crate) principal: Option<&'h str>,
}

/// What a list of revoked certificates says.
#[derive(Debug, Default)]
pub(crate) struct List<'l> {
    pub(crate) revoked: &'l [&'l Issued],
    /// Which one it is: later ones are made later.
    pub(crate) made: u8,
    /// Whether another should be there by now.
    pub(crate) ended: bool,
    /// Whether it is about some of the certificates alone.
    pub(crate) part: bool,
}

impl Authority {
    /// A new one.
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(named(name), key).unwrap();
        Self { issuer, folder: tempfile::tempdir().unwrap() }
    }

    /// A new one for which this one vouches.
    pub(crate) fn below(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::signed_by(named(name), key, &self.issuer).unwrap();
        Self { issuer, folder: tempfile::tempdir().unwrap() }
    }

    /// Its own certificate, in PEM.
    pub(crate) fn pem(&self) -> String {
        self.issuer.as_ref().pem()
    }

    /// A list of certificates that it revoked, in PEM.
    pub(crate) fn list(&self, list: &List<'_>) -> String {
        let revoked = list.revoked.iter().map(|issued| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&issued.serial()),
            revocation_time: rcgen::date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let end = if list.ended { 2025 } else { 2090 };
        let uris = vec!["http://crl.example/".to_owned()];
        let part = CrlIssuingDistributionPoint {
            distribution_point: CrlDistributionPoint { uris },
            scope: Some(CrlScope::CaCertsOnly),
        };
        let params = CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2024, 1, list.made + 2),
            next_update: rcgen::date_time_ymd(end, 1, 1),
            crl_number: SerialNumber::from_slice(&[list.made + 1]),
            issuing_distribution_point: list.part.then_some(part),
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    /// Issues a certificate.
    pub(crate) fn issue(&self, holder: &Holder<'_>) -> Issued {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, holder.common_name);
        params.extended_key_usages = match (holder.unstated, holder.server) {
            (true, _) => Vec::new(),
            (false, true) => vec![ExtendedKeyUsagePurpose::ServerAuth],
            (false, false) => vec![ExtendedKeyUsagePurpose::ClientAuth],
        };
        let mail = holder.mail.map(|mail| SanType::Rfc822Name(mail.try_into().unwrap()));
        let dns = holder.dns.map(|name| SanType::DnsName(name.try_into().unwrap()));
        let address = holder.address.map(|address| SanType::IpAddress(address.into()));
        let principal = holder.principal.map(|name| {
            SanType::OtherName((PRINCIPAL_NAME.to_vec(), OtherNameValue::Utf8String(name.into())))
        });
        let names = mail.into_iter().chain(dns).chain(address).chain(principal);
        params.subject_alt_names = names.collect();
        if holder.expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        if holder.early {
            params.not_before = rcgen::date_time_ymd(2090, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        static ISSUED: AtomicU32 = AtomicU32::new(0);
        let number = ISSUED.fetch_add(1, Ordering::Relaxed);
        let file = |extension: &str| {
            self.folder.path().join(format!("{}-{number}.{extension}", holder.common_name))
        };
        let (certificate, path) = (file("pem"), file("key"));
        std::fs::write(&certificate, made.pem()).unwrap();
        std::fs::write(&path, key.serialize_pem()).unwrap();
        Issued { certificate, key: path }
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Authority {
    /// A certificate for a client with its key, as the API takes them.
    pub(crate) fn client(&self) -> serde_json::Value {
        let issued = self.issue(&Holder { common_name: "sender", ..Holder::default() });
        let text = |file| std::fs::read_to_string(file).unwrap();
        let (certificate, key) = (text(&issued.certificate), text(&issued.key));
        serde_json::json!({"certificate": certificate, "private_key": key})
    }
}

impl Issued {
    /// SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` prints it.
    pub(crate) fn fingerprint(&self) -> String {
        let output = super::client::Client::new("openssl", "openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(&self.certificate)
            .run();
        output.stdout.trim().rsplit('=').next().unwrap().to_owned()
    }

    /// The certificate's number.
    fn serial(&self) -> Vec<u8> {
        let shown = super::client::Client::new("openssl", "openssl")
            .args(["x509", "-noout", "-serial", "-in"])
            .arg(&self.certificate)
            .run();
        let digits = shown.stdout.trim().rsplit('=').next().unwrap().to_owned();
        let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    /// The file of the certificate.
    pub(crate) fn certificate(&self) -> &Path {
        &self.certificate
    }
}
