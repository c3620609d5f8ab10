//! What a browser says of a ceremony (WebAuthn section 5.8.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::ceremonies::Challenge;

/// The most octets that are read.
const LENGTH: usize = 8 << 10;

/// What a browser says.
pub(super) struct ClientData {
    /// Whether a passkey was made, or used.
    pub(super) kind: String,
    pub(super) challenge: Challenge,
    /// Of the page.
    pub(super) origin: String,
    /// Whether the page was within one of another origin.
    pub(super) is_framed: bool,
    /// What authenticators sign in its place.
    pub(super) hash: [u8; 32],
}

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin")]
    cross_origin: Option<bool>,
    #[serde(rename = "topOrigin")]
    top_origin: Option<String>,
}

impl ClientData {
    /// Reads it; none when it is not acceptable.
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        if octets.len() > LENGTH || octets.trim_ascii_start().first() != Some(&b'{') {
            return None;
        }
        let Written { kind, challenge, origin, cross_origin, top_origin } =
            serde_json::from_slice(octets).ok()?;
        let challenge = URL_SAFE_NO_PAD.decode(challenge).ok()?.try_into().ok()?;
        let is_framed = cross_origin.unwrap_or_default() || top_origin.is_some();
        let hash = Sha256::digest(octets).into();
        Some(Self { kind, challenge, origin, is_framed, hash })
    }
}
