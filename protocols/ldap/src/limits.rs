//! What a session allows.

use std::time::Duration;

/// How a connection's octets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// In clear.
    Clear,
    /// Inside TLS.
    Tls,
}

/// Whether StartTLS (RFC 4511 section 4.14) can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTls {
    /// There is a certificate for it.
    Offered,
    /// The operation is not known here.
    Withheld,
}

/// Whether a password may travel in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleartextBind {
    /// Answered with confidentialityRequired before the password is looked at.
    Refused,
    /// Tried like any other.
    Allowed,
}

/// What a listener says about its sessions.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The sizes, counts and times that bound a session.
    pub limits: Limits,
    /// Whether StartTLS can be had.
    pub start_tls: StartTls,
    /// Whether a password may travel in clear.
    pub cleartext_bind: CleartextBind,
}

/// The sizes, counts and times that bound a session.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Octets of one message from a client that is not bound.
    pub message_anonymous: usize,
    /// Octets of one message from a client that is bound.
    pub message_bound: usize,
    /// Levels of nesting in one message, at most [`Limits::MAXIMUM_DEPTH`].
    pub depth: usize,
    /// BER elements in one message.
    pub elements: usize,
    /// Requests under way; further ones wait in the client's pipeline. They also wait while those
    /// under way hold as many octets as one message may have.
    pub outstanding: usize,
    /// Octets of output above which nothing more is produced until the client has read.
    pub output: usize,
    /// How long one request may take to arrive.
    pub partial: Duration,
    /// How long a connection may ask nothing.
    pub idle: Duration,
    /// How long a connection may ask nothing while nobody has bound on it.
    pub idle_anonymous: Duration,
    /// Attributes that one search may request.
    pub attributes: usize,
}

impl Limits {
    /// The deepest nesting that any setting allows.
    pub const MAXIMUM_DEPTH: usize = 64;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_anonymous: 64 << 10,
            message_bound: 4 << 20,
            depth: 40,
            elements: 4096,
            outstanding: 128,
            output: 256 << 10,
            partial: Duration::from_secs(20),
            idle: Duration::from_secs(15 * 60),
            idle_anonymous: Duration::from_secs(15 * 60),
            attributes: 512,
        }
    }
}
