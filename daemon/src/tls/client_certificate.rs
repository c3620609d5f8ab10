//! Client certificates: asked for, in EAP-TLS demanded, judged by the directory and not here.
//!
//! Which authorities count is a matter of one organization, and at the time of a handshake nobody
//! has said which. So TLS proves one thing only: the client has the key of the certificate that it
//! shows. That proves nobody's identity by itself.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};

/// The most certificates of a chain: three between its own and that of an authority.
const CHAIN: usize = 5;
/// The most octets of all of them, as many as of five of RSA with 4096 bits: each conversation of EAP
/// holds them twice.
const OCTETS: usize = 10 << 10;

/// Takes any certificate whose key the client has.
#[derive(Debug)]
pub(super) struct AnyClientCertificate {
    algorithms: WebPkiSupportedAlgorithms,
    demanded: bool,
}

impl AnyClientCertificate {
    /// From whoever has one.
    pub(super) fn asked(provider: &CryptoProvider) -> Self {
        Self { algorithms: provider.signature_verification_algorithms, demanded: false }
    }

    /// From everybody.
    pub(super) fn demanded(provider: &CryptoProvider) -> Self {
        Self { demanded: true, ..Self::asked(provider) }
    }
}

impl ClientCertVerifier for AnyClientCertificate {
    fn client_auth_mandatory(&self) -> bool {
        self.demanded
    }

    /// Names no authority: that would tell of organizations.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let octets = between.iter().fold(own.len(), |sum, one| sum.saturating_add(one.len()));
        if between.len() < CHAIN && octets <= OCTETS {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
