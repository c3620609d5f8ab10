//! The names of the SASL mechanisms that are spoken (RFC 4513 section 5.2).

/// A name and a password in one message (RFC 4616), over TLS only.
pub const PLAIN: &str = "PLAIN";
/// What TLS has proven already: a client certificate (RFC 4422 appendix A).
pub const EXTERNAL: &str = "EXTERNAL";
