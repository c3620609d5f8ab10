//! `[radius]`

use std::net::SocketAddr;

use super::section::section;
use super::value::{Count, KIB, MIB, MINUTE, PerCore, SECOND, Size, Time, everywhere};

section! {
    /// The RADIUS door, for network gear.
    [radius] Radius {
        /// Addresses for authentication. Empty: closed. On a machine with several addresses name each:
        /// for 0.0.0.0 and :: the kernel chooses from which of them a reply leaves.
        auth: Vec<SocketAddr> = everywhere(1812),
        /// Addresses for accounting: Status-Server is answered there, accounting itself is not. Leave
        /// it empty, which closes it, where gear would take the answer for more.
        acct: Vec<SocketAddr> = everywhere(1813),
        /// Sockets that share one address, so that the cores share its load.
        sockets: PerCore<256> = PerCore(0),
        /// The kernel's queue in front of each socket. The kernel grants at most
        /// net.core.rmem_max.
        receive_buffer: Size<{ 64 * KIB }, { 256 * MIB }> = Size(4 * MIB),
        /// Requests that are being worked on at the same time; further ones are dropped, and the
        /// gear asks again.
        requests_in_flight: Count<1, 1_000_000> = Count(8_192),
        /// Replies kept for gear that repeats its question (RFC 5080, section 2.2.2).
        reply_cache: Count<1, 10_000_000> = Count(65_536),
        /// EAP conversations that may be open at the same time; the oldest of whoever has most of
        /// them gives way. A quarter of them may be of one RADIUS client, half of one organization.
        eap_conversations: Count<16, 1_000_000> = Count(16_384),
        /// How long a peer may take for its next response.
        eap_patience: Time<{ 5 * SECOND }, MINUTE> = Time(30 * SECOND),
        /// How long a reply is kept.
        reply_cache_time: Time<{ 5 * SECOND }, MINUTE> = Time(10 * SECOND),
    }
}
