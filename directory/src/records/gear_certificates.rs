//! The certificates by which network gear is known inside TLS.

use std::fmt::{self, Display};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The certificates of a RADIUS client; no two clients have one in common, whosever they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GearCertificates {
    /// Of certificates for which nobody has to vouch.
    pub fingerprints: Vec<CertificateFingerprint>,
    /// DNS names that a certificate has as subject alternative names, for which an authority of the
    /// organization vouches.
    pub names: Vec<String>,
}

impl GearCertificates {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty() && self.names.is_empty()
    }
}

/// SHA-256 of a certificate's DER. People read it as hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CertificateFingerprint(pub [u8; 32]);

impl Display for CertificateFingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(formatter, "{octet:02x}"))
    }
}

impl Serialize for CertificateFingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for CertificateFingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Err(D::Error::custom("fingerprints are read from records alone"));
        }
        <[u8; 32]>::deserialize(deserializer).map(Self)
    }
}
