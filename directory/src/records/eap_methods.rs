//! What an organization offers to peers of EAP.

use serde::{Deserialize, Serialize};

/// The methods of EAP that are offered to an organization's people; all of them unless chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EapMethods {
    /// EAP-TTLS: a password, or an answer to a challenge, inside a tunnel.
    pub ttls: bool,
    /// PEAP: an answer to a challenge inside a tunnel.
    pub peap: bool,
    /// EAP-TLS: a certificate.
    pub tls: bool,
}

impl Default for EapMethods {
    fn default() -> Self {
        Self { ttls: true, peap: true, tls: true }
    }
}
