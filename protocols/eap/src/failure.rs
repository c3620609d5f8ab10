//! Why a conversation ended without success.

use thiserror::Error;

use crate::avp::BadAvps;
use crate::fragment::BadFragment;
use crate::packet::Malformed;

/// Why a conversation ended without success; the peer learns nothing of it but alerts of TLS.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Failure {
    /// Whoever was asked said no.
    #[error("not let in")]
    Refused,
    /// The octets are no response.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A response that does not belong here.
    #[error("a response that does not belong here")]
    Unexpected,
    /// The peer wants none of the methods that are offered, outside or inside of a tunnel.
    #[error("the peer wants no method that is offered; it asked for types {wanted:?}")]
    NoMethod {
        /// What it would take.
        wanted: Vec<u8>,
    },
    /// More went back and forth than any method needs.
    #[error("the conversation is too long")]
    TooLong,
    /// The pieces of a message do not fit.
    #[error("{0}")]
    Fragment(#[from] BadFragment),
    /// TLS failed.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// What was said inside the tunnel proves nobody.
    #[error("inside the tunnel: {0}")]
    Avps(#[from] BadAvps),
}

impl Failure {
    /// The peer would take these; there are no more of them than one can read.
    pub(crate) fn no_method(wanted: &[u8]) -> Self {
        Self::NoMethod { wanted: wanted.iter().copied().take(16).collect() }
    }
}
