//! One certificate for all servers, the clients that trust it, and the certificates of gear and people.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::client::{Resumption, WantsClientCert};
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider, kx_group};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore, SupportedCipherSuite, SupportedProtocolVersion,
};
use sha2::{Digest, Sha256};

/// Gateways that come by RadSec.
const GATEWAYS: usize = 16;

/// Where the certificates are.
#[derive(Clone)]
pub(crate) struct Files {
    /// The authority, which clients trust.
    pub(crate) authority: PathBuf,
    /// The servers' certificate.
    pub(crate) certificate: PathBuf,
    /// Its key, ECDSA on P-256.
    pub(crate) key: PathBuf,
    /// Gear that proves itself by certificates of the same authority.
    pub(crate) gateways: Vec<Gateway>,
}

/// Network gear that comes by RadSec.
#[derive(Clone)]
pub(crate) struct Gateway {
    /// What it shakes hands with.
    pub(crate) tls: Arc<ClientConfig>,
    /// SHA-256 of its certificate, in hexadecimal digits.
    pub(crate) fingerprint: String,
}

/// Authority, certificate and key in a folder, by the names that `tenantryd demo` gives them.
fn in_folder(folder: &Path) -> [PathBuf; 3] {
    ["ca.pem", "server.pem", "server.key"].map(|name| folder.join(name))
}

impl Files {
    /// Makes an authority and certificates of it, for loopback and for gateways.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub(crate) fn make(folder: &Path) -> Result<Self> {
        let (issuer, authority) = authority("Benchmark authority")?;
        let key = KeyPair::generate()?;
        let mut server = CertificateParams::new(vec!["localhost".into(), "127.0.0.1".into()])?;
        server.distinguished_name.push(DnType::CommonName, "localhost");
        server.is_ca = IsCa::ExplicitNoCa;
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        set_validity(&mut server);

        let [authority_file, certificate, key_file] = in_folder(folder);
        fs::write(&authority_file, authority)?;
        fs::write(&certificate, server.signed_by(&key, &issuer)?.pem())?;
        fs::write(&key_file, key.serialize_pem())?;
        let gateways = Vec::new();
        let mut files = Self { authority: authority_file, certificate, key: key_file, gateways };
        let gateway = |number| files.gateway(&issuer, &format!("gateway-{number}"));
        files.gateways = (0..GATEWAYS).map(gateway).collect::<Result<_>>()?;
        Ok(files)
    }

    /// Copies them into another folder, which is created.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub(crate) fn copy_to(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        let files = [&self.authority, &self.certificate, &self.key];
        for (file, copy) in files.into_iter().zip(in_folder(folder)) {
            fs::copy(file, copy)?;
        }
        Ok(())
    }

    /// A client of TLS 1.3 that shakes hands in full every time and leaves no server a choice:
    /// X25519 and AES-128-GCM, which all of them have.
    ///
    /// # Errors
    /// When the authority cannot be read.
    pub(crate) fn client(&self) -> Result<Arc<ClientConfig>> {
        let suite = cipher_suite::TLS13_AES_128_GCM_SHA256;
        let trusting = self.trusting(&rustls::version::TLS13, suite, kx_group::X25519)?;
        Ok(forgetful(trusting.with_no_client_auth()))
    }

    /// Peers of EAP of TLS 1.2, and of 1.3: as all clients, but by the one curve that FreeRADIUS
    /// has by default.
    ///
    /// # Errors
    /// When the authority cannot be read.
    pub(crate) fn peers(&self) -> Result<Peers> {
        Ok(Peers {
            older: forgetful(self.peer(Version::Older)?.with_no_client_auth()),
            newer: forgetful(self.peer(Version::Newer)?.with_no_client_auth()),
        })
    }

    /// A peer of EAP-TLS, who shows a certificate of this name.
    ///
    /// # Errors
    /// When the authority cannot be read.
    pub(crate) fn certified(
        &self,
        version: Version,
        people: &People,
        name: &str,
    ) -> Result<Arc<ClientConfig>> {
        let (certificate, key) = issue(&people.issuer, name)?;
        let certified = self.peer(version)?.with_client_auth_cert(vec![certificate], key)?;
        Ok(forgetful(certified))
    }

    /// A gateway, which speaks TLS 1.3 as peers of EAP do.
    fn gateway(&self, issuer: &Issuer<'_, KeyPair>, name: &str) -> Result<Gateway> {
        let (certificate, key) = issue(issuer, name)?;
        let mut fingerprint = String::new();
        for octet in Sha256::digest(&certificate).iter() {
            write!(fingerprint, "{octet:02x}")?;
        }
        let tls = self.peer(Version::Newer)?.with_client_auth_cert(vec![certificate], key)?;
        Ok(Gateway { tls: forgetful(tls), fingerprint })
    }

    fn peer(&self, version: Version) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>> {
        let (version, suite) = match version {
            Version::Older => {
                (&rustls::version::TLS12, cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
            }
            Version::Newer => (&rustls::version::TLS13, cipher_suite::TLS13_AES_128_GCM_SHA256),
        };
        self.trusting(version, suite, kx_group::SECP256R1)
    }

    fn trusting(
        &self,
        version: &'static SupportedProtocolVersion,
        suite: SupportedCipherSuite,
        group: &'static dyn SupportedKxGroup,
    ) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(&self.authority)? {
            roots.add(certificate?)?;
        }
        let mut provider = default_provider();
        provider.kx_groups = vec![group];
        provider.cipher_suites = vec![suite];
        let builder = ClientConfig::builder_with_provider(Arc::new(provider));
        Ok(builder.with_protocol_versions(&[version])?.with_root_certificates(roots))
    }
}

/// Shakes hands in full every time.
fn forgetful(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

/// The version of TLS that a peer of EAP speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.2.
    Older,
    /// 1.3.
    Newer,
}

/// Who vouches for people.
pub(crate) struct People {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl People {
    /// A new one.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn new() -> Result<Self> {
        let (issuer, pem) = authority("People")?;
        Ok(Self { issuer, pem })
    }

    /// Its own certificate.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }
}

/// A client's certificate and its key, ECDSA on P-256.
fn issue(
    issuer: &Issuer<'_, KeyPair>,
    name: &str,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    set_validity(&mut params);
    let certificate = params.signed_by(&key, issuer)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    Ok((certificate.der().clone(), key.into()))
}

/// Makes an authority; what it issues by, and its certificate.
fn authority(name: &str) -> Result<(Issuer<'static, KeyPair>, String)> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params);
    let certificate = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), certificate))
}

/// What peers of EAP are made with.
#[derive(Clone)]
pub(crate) struct Peers {
    /// TLS 1.2.
    pub(crate) older: Arc<ClientConfig>,
    /// TLS 1.3.
    pub(crate) newer: Arc<ClientConfig>,
}

fn set_validity(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
}
