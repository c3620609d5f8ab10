//! A certificate authority of a test's own, and the client certificates that it issues.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SanType,
};
use tempfile::TempDir;

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
    pub(crate) expired: bool,
    /// Whether it is for servers; else it is for clients.
    pub(crate) server: bool,
}

impl Authority {
    /// A new one.
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        Self { issuer, folder: tempfile::tempdir().unwrap() }
    }

    /// Its own certificate, in PEM.
    pub(crate) fn pem(&self) -> String {
        self.issuer.as_ref().pem()
    }

    /// Issues a certificate for a client.
    pub(crate) fn issue(&self, holder: &Holder<'_>) -> Issued {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, holder.common_name);
        params.extended_key_usages = vec![match holder.server {
            true => ExtendedKeyUsagePurpose::ServerAuth,
            false => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        let mail = holder.mail.map(|mail| SanType::Rfc822Name(mail.try_into().unwrap()));
        let dns = holder.dns.map(|name| SanType::DnsName(name.try_into().unwrap()));
        params.subject_alt_names = mail.into_iter().chain(dns).collect();
        if holder.expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        let file = |extension: &str| {
            let name = format!("{}.{extension}", made.pem().len() + made.der()[100] as usize);
            self.folder.path().join(format!("{}-{name}", holder.common_name))
        };
        let (certificate, path) = (file("pem"), file("key"));
        std::fs::write(&certificate, made.pem()).unwrap();
        std::fs::write(&path, key.serialize_pem()).unwrap();
        Issued { certificate, key: path }
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

    /// The file of the certificate.
    pub(crate) fn certificate(&self) -> &Path {
        &self.certificate
    }
}
