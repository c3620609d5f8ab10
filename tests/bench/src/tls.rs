//! One certificate for all servers, and the client that trusts it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::client::Resumption;
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider, kx_group};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore, SupportedCipherSuite, SupportedProtocolVersion};

/// Where the certificates are.
#[derive(Clone)]
pub(crate) struct Files {
    /// The authority, which clients trust.
    pub(crate) authority: PathBuf,
    /// The servers' certificate.
    pub(crate) certificate: PathBuf,
    /// Its key, ECDSA on P-256.
    pub(crate) key: PathBuf,
}

impl Files {
    /// The files in a folder, by the names that `tenantryd demo` gives them.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self {
            authority: folder.join("ca.pem"),
            certificate: folder.join("server.pem"),
            key: folder.join("server.key"),
        }
    }

    /// Makes an authority and a certificate of it for loopback.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub(crate) fn make(folder: &Path) -> Result<Self> {
        let authority_key = KeyPair::generate()?;
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.distinguished_name.push(DnType::CommonName, "Benchmark authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_validity(&mut authority);
        let authority_certificate = authority.self_signed(&authority_key)?;
        let issuer = Issuer::new(authority, authority_key);

        let key = KeyPair::generate()?;
        let mut server = CertificateParams::new(vec!["localhost".into(), "127.0.0.1".into()])?;
        server.distinguished_name.push(DnType::CommonName, "localhost");
        server.is_ca = IsCa::ExplicitNoCa;
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        set_validity(&mut server);

        let files = Self::in_folder(folder);
        fs::write(&files.authority, authority_certificate.pem())?;
        fs::write(&files.certificate, server.signed_by(&key, &issuer)?.pem())?;
        fs::write(&files.key, key.serialize_pem())?;
        Ok(files)
    }

    /// Copies them into another folder, which is created.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub(crate) fn copy_to(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        let copy = Self::in_folder(folder);
        fs::copy(&self.authority, copy.authority)?;
        fs::copy(&self.certificate, copy.certificate)?;
        fs::copy(&self.key, copy.key)?;
        Ok(())
    }

    /// A client of TLS 1.3 that shakes hands in full every time and leaves no server a choice:
    /// X25519 and AES-128-GCM, which all of them have.
    ///
    /// # Errors
    /// When the authority cannot be read.
    pub(crate) fn client(&self) -> Result<Arc<ClientConfig>> {
        let suite = cipher_suite::TLS13_AES_128_GCM_SHA256;
        self.client_with(&rustls::version::TLS13, suite, kx_group::X25519)
    }

    /// Peers of EAP of TLS 1.2, and of 1.3: as all clients, but by the one curve that FreeRADIUS
    /// has by default.
    ///
    /// # Errors
    /// When the authority cannot be read.
    pub(crate) fn peers(&self) -> Result<Peers> {
        let older = cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
        let newer = cipher_suite::TLS13_AES_128_GCM_SHA256;
        let curve = kx_group::SECP256R1;
        Ok(Peers {
            older: self.client_with(&rustls::version::TLS12, older, curve)?,
            newer: self.client_with(&rustls::version::TLS13, newer, curve)?,
        })
    }

    fn client_with(
        &self,
        version: &'static SupportedProtocolVersion,
        suite: SupportedCipherSuite,
        group: &'static dyn SupportedKxGroup,
    ) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(&self.authority)? {
            roots.add(certificate?)?;
        }
        let mut provider = default_provider();
        provider.kx_groups = vec![group];
        provider.cipher_suites = vec![suite];
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[version])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }
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
