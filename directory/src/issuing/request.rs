//! A key that somebody brings (PKCS#10, RFC 2986), and nothing else that they say of themselves.

use rcgen::{PublicKeyData, SignatureAlgorithm, SubjectPublicKeyInfo};
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509Certificate, X509CertificationRequest};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo as Spki;

use crate::error::Invalid;

/// The public key of a request that its holder signed.
#[derive(Clone, Debug)]
pub struct RequestedKey {
    key: SubjectPublicKeyInfo,
    /// Whether the key can also encrypt, as those of TLS 1.2's oldest ways do.
    pub(super) encrypts: bool,
}

/// The most octets of a request in PEM.
const REQUEST: usize = 16 << 10;
/// The fewest and the most bits of an RSA key.
const RSA: std::ops::RangeInclusive<usize> = 2048..=4096;

const UNREADABLE: &str = "must be a certificate request (PKCS#10) in PEM";
const UNSIGNED: &str = "is not signed with its own key";
const KINDS: &str = "must have a key of RSA (2048 to 4096 bits), P-256, P-384 or Ed25519";

impl RequestedKey {
    /// Reads a request in PEM, and checks that who made it has the key.
    ///
    /// # Errors
    /// `Invalid` when it cannot be read, is not signed by its key, or the key is of another kind.
    pub fn of_pem(text: &str) -> Result<Self, Invalid> {
        let refused = |message: &str| Invalid::new("/request", message);
        if text.len() > REQUEST {
            return Err(refused("is too large"));
        }
        let der = CertificateSigningRequestDer::from_pem_slice(text.as_bytes())
            .map_err(|_| refused(UNREADABLE))?;
        let request = X509CertificationRequest::from_der(&der);
        let (rest, request) = request.map_err(|_| refused(UNREADABLE))?;
        if !rest.is_empty() {
            return Err(refused(UNREADABLE));
        }
        let key = Self::of(&request.certification_request_info.subject_pki);
        let key = key.ok_or_else(|| refused(KINDS))?;
        request.verify_signature().map_err(|_| refused(UNSIGNED))?;
        Ok(key)
    }

    /// The key of a certificate that was issued before.
    pub(crate) fn of_certificate(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        Self::of(certificate.public_key())
    }

    fn of(spki: &Spki<'_>) -> Option<Self> {
        let parsed = spki.parsed().ok()?;
        let encrypts = matches!(parsed, PublicKey::RSA(_));
        if let PublicKey::RSA(rsa) = parsed
            && !RSA.contains(&rsa.key_size())
        {
            return None;
        }
        let key = SubjectPublicKeyInfo::from_der(spki.raw).ok()?;
        let known = [
            &rcgen::PKCS_RSA_SHA256,
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ED25519,
        ];
        known.contains(&key.algorithm()).then_some(Self { key, encrypts })
    }
}

impl PublicKeyData for RequestedKey {
    fn der_bytes(&self) -> &[u8] {
        self.key.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.key.algorithm()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::issuing::fuzzed;
    use crate::tests::corpus::replayed;

    fn refusal(text: &str) -> String {
        RequestedKey::of_pem(text).map(|_| ()).unwrap_err().message
    }

    #[test]
    fn a_request_is_taken_by_its_own_signature_alone() {
        for algorithm in
            [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519]
        {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let request = CertificateParams::default().serialize_request(&key).unwrap();
            let read = RequestedKey::of_pem(&request.pem().unwrap()).unwrap();
            assert_eq!(read.der_bytes(), key.public_key_raw());
            let mut octets = request.der().to_vec();
            *octets.last_mut().unwrap() ^= 1;
            assert_eq!(refusal(&pem(&octets)), UNSIGNED);
            octets.push(0);
            assert_eq!(refusal(&pem(&octets)), UNREADABLE);
        }
        assert_eq!(refusal(""), UNREADABLE);
        assert_eq!(refusal(&pem(b"x")), UNREADABLE);
        assert_eq!(refusal(&"x".repeat(REQUEST + 1)), "is too large");
    }

    #[test]
    fn a_key_that_peers_do_not_verify_is_not_taken() {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let request = CertificateParams::default().serialize_request(&key).unwrap();
        assert_eq!(refusal(&request.pem().unwrap()), KINDS);
    }

    #[test]
    fn requests_survive_the_corpus() {
        let taken = replayed("requests", fuzzed::run);
        let (all, count) = (taken.len(), taken.iter().filter(|it| **it).count());
        assert!(all > 20 && (6..all - 10).contains(&count), "{count} of {all}");
    }

    fn pem(der: &[u8]) -> String {
        use base64::Engine;
        let body = base64::prelude::BASE64_STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n")
    }
}
