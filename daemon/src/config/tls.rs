//! `[tls]`

use super::section::section;
use super::value::{Count, FullPath, HalfOfCores, MINUTE, Optional, SECOND, Time};

section! {
    /// The certificate that LDAP, RadSec, the admin API and the devices' door show, and EAP where an
    /// organization has none of its own. Both files are read again on SIGHUP.
    [tls] Tls {
        /// The certificate and its intermediates, in PEM, the daemon's own first.
        certificate: Optional<FullPath> = Optional(None),
        /// The private key, in PEM. The daemon's user must be able to read it.
        key: Optional<FullPath> = Optional(None),
        /// How long a handshake may take.
        handshake_timeout: Time<SECOND, MINUTE> = Time(10 * SECOND),
        /// Threads that compute handshakes at the same time; further clients wait, so that a storm
        /// of them leaves processor cores to the connections that are open.
        handshake_threads: HalfOfCores<256> = HalfOfCores(0),
        /// Sessions that TLS 1.2 clients may resume without a full handshake.
        sessions: Count<1, 1_000_000> = Count(4_096),
    }
}
