//! The certificates by which a RADIUS client is known inside TLS, as the API spells them.

use directory::Invalid;
use directory::records::{self, CertificateFingerprint};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fingerprint::fingerprint;

/// By which certificates a RADIUS client is known inside TLS (RadSec). No two clients have one in
/// common, whosever they are.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"fingerprints": [], "names": ["gateway.acme.example"]}))]
pub(crate) struct GearCertificates {
    /// SHA-256 of each certificate's DER, in hexadecimal digits, with or without colons. No
    /// authority has to vouch for it.
    fingerprints: Vec<String>,
    /// DNS names that a certificate has as subject alternative names; a certificate authority of
    /// the organization has to vouch for it.
    names: Vec<String>,
}

impl GearCertificates {
    /// Shows certificates.
    pub(crate) fn of(certificates: records::GearCertificates) -> Self {
        let fingerprints = certificates.fingerprints.iter().map(ToString::to_string).collect();
        Self { fingerprints, names: certificates.names }
    }

    /// The certificates as the directory keeps them.
    pub(crate) fn parse(self) -> Result<records::GearCertificates, Invalid> {
        let numbered = self.fingerprints.iter().enumerate();
        let read = numbered.map(|(position, text)| {
            fingerprint(text).map(CertificateFingerprint).ok_or_else(|| {
                let pointer = format!("/certificates/fingerprints/{position}");
                Invalid::new(pointer, "must be 64 hexadecimal digits")
            })
        });
        let fingerprints = read.collect::<Result<_, _>>()?;
        let names = self.names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(records::GearCertificates { fingerprints, names })
    }
}
