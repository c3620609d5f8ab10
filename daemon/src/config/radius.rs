//! `[radius]`

use std::net::SocketAddr;

use directory::accounting::{SessionBounds, SessionRules};
use directory::milliseconds;
use directory::orders::OrderNetworks;
use ipnet::IpNet;

use super::section::section;
use super::value::{
    Count, DAY, HOUR, KIB, MIB, MINUTE, PerCore, SECOND, Size, Time, everywhere, whole_internet,
};

section! {
    /// The RADIUS door, for network gear.
    [radius] Radius {
        /// Addresses for authentication. Empty: closed. A reply leaves from the address that its
        /// request came to.
        auth: Vec<SocketAddr> = everywhere(1812),
        /// Addresses for accounting. Empty: closed.
        acct: Vec<SocketAddr> = everywhere(1813),
        /// Addresses for RADIUS inside TLS (RadSec), for authentication and accounting alike; by
        /// custom on port 2083. Gear proves itself by a certificate, which the `certificates` of its
        /// RADIUS client name. Empty: closed.
        radsec: Vec<SocketAddr> = Vec::new(),
        /// Whether packets inside TLS may be written as ever (RFC 6614), for gear that asks for
        /// nothing else by ALPN, or for "radius/1.0".
        radsec_1_0: bool = true,
        /// Whether they may be written as RADIUS/1.1 (RFC 9765), which does without MD5, for gear
        /// that asks for "radius/1.1".
        radsec_1_1: bool = true,
        /// Open connections for RADIUS inside TLS, all together.
        radsec_connections: Count<1, 1_000_000> = Count(4_096),
        /// The same from one address.
        radsec_connections_per_source: Count<1, 1_000_000> = Count(256),
        /// The same of one RADIUS client.
        radsec_connections_per_client: Count<1, 1_000_000> = Count(32),
        /// Requests of one connection that are being worked on at the same time; further ones are
        /// answered with Protocol-Error.
        radsec_requests_in_flight: Count<1, 65_536> = Count(256),
        /// How long a connection may say nothing; for ever where orders go down it (`orders.way` of the
        /// RADIUS client).
        radsec_idle_timeout: Time<SECOND, DAY> = Time(10 * MINUTE),
        /// How long a packet may take to arrive once it has begun.
        radsec_partial_timeout: Time<SECOND, HOUR> = Time(10 * SECOND),
        /// How long gear may leave answers unread.
        radsec_write_timeout: Time<SECOND, HOUR> = Time(30 * SECOND),
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
        /// How long a peer may take for its next response: some people are asked about our certificate
        /// meanwhile. Look how long the gear waits, too. What waits is bounded by `eap_conversations`.
        eap_patience: Time<{ 5 * SECOND }, { 5 * MINUTE }> = Time(MINUTE),
        /// The most octets of a packet of EAP; fewer, where gear says so by Framed-MTU. Proxies on the
        /// way may add to the datagram. With the default it fits as we send it into 1280 octets, which
        /// every path of IPv6 carries; with 1400 not into 1500, by IPv6.
        eap_packet: Count<256, 1_400> = Count(1_160),
        /// Packets of handshakes that may wait to be computed, of one organization; further ones are
        /// dropped, and the peers ask again. The organizations are served in turn.
        eap_handshakes_waiting: Count<1, 100_000> = Count(256),
        /// TLS sessions kept for peers that come back, a quarter of them of one organization; who
        /// comes back is looked at again all the same.
        eap_sessions: Count<1, 1_000_000> = Count(16_384),
        /// How long a session can be resumed, counted from the proof that began it.
        eap_session_time: Time<MINUTE, { 24 * HOUR }> = Time(8 * HOUR),
        /// How long a reply is kept.
        reply_cache_time: Time<{ 5 * SECOND }, MINUTE> = Time(10 * SECOND),
        /// A session is taken to have ended when gear was silent about it for so many of the times
        /// that lay between its reports.
        session_intervals: Count<2, 1_000> = Count(4),
        /// The same where no such time is known, since gear tells of no session between its start
        /// and its end.
        session_silence: Time<{ 10 * MINUTE }, { 366 * DAY }> = Time(DAY),
        /// Sessions of one organization that may be open at the same time; when one more begins, the
        /// one first heard of is taken to have ended.
        open_sessions: Count<100, 10_000_000> = Count(100_000),
        /// Sessions of one organization that are kept, open ones among them; when one more begins, the
        /// one first heard of is forgotten.
        kept_sessions: Count<100, 1_000_000_000> = Count(1_000_000),
        /// Reports of one organization that are on the disk and not yet among its sessions; further
        /// ones are dropped, and the gear tells again.
        waiting_reports: Count<16, 1_000_000> = Count(16_384),
        /// Addresses from which orders to gear leave (RFC 5176), the first of each family: those that the
        /// gear takes orders from. Port 0 is any. Empty: nothing is sent.
        orders_from: Vec<SocketAddr> = everywhere(0),
        /// Networks into which orders may go. Within them the admins of each organization say where
        /// their gear is, by the `sources` of its RADIUS clients, so leave out, or name below, what is
        /// the provider's own.
        order_networks: Vec<IpNet> = whole_internet(),
        /// Networks in these into which no order may go: this machine and its links, and add those of
        /// the provider's own servers.
        order_networks_excepted: Vec<IpNet> = OrderNetworks::here(),
        /// Networks in which an order goes to the address that the gear gives itself (NAS-IP-Address),
        /// which nothing proves, where that lies in the RADIUS client's `sources`. Elsewhere it goes
        /// where the gear's reports come from.
        order_networks_told: Vec<IpNet> = Vec::new(),
        /// Orders of one organization that wait for their turn; further ones are given up, and an event
        /// tells.
        orders_waiting: Count<16, 1_000_000> = Count(10_000),
        /// The same of all organizations together; when one more comes, one of the organization that
        /// has most is given up.
        orders_waiting_in_all: Count<16, 10_000_000> = Count(100_000),
        /// Orders that wait for an answer at the same time, a quarter of them of one organization.
        orders_under_way: Count<4, 65_536> = Count(1_024),
        /// The same at one piece of gear.
        orders_at_once: Count<1, 128> = Count(16),
        /// How long an answer is waited for.
        orders_patience: Time<SECOND, { 5 * MINUTE }> = Time(30 * SECOND),
        /// How long sessions that ended are kept.
        session_retention: Time<DAY, { 3_660 * DAY }> = Time(90 * DAY),
    }
}

impl Radius {
    /// How many sessions and reports there may be.
    pub(crate) fn session_bounds(&self) -> SessionBounds {
        SessionBounds {
            open: self.open_sessions.into(),
            kept: self.kept_sessions.into(),
            waiting: self.waiting_reports as usize,
        }
    }

    /// Where orders to gear may go.
    pub(crate) fn order_networks(&self) -> OrderNetworks {
        OrderNetworks {
            allowed: self.order_networks.clone(),
            excepted: self.order_networks_excepted.clone(),
            believed: self.order_networks_told.clone(),
        }
    }

    /// When sessions end by silence, and how long they are kept.
    pub(crate) fn session_rules(&self) -> SessionRules {
        SessionRules {
            intervals: self.session_intervals,
            silence: milliseconds(self.session_silence),
            retention: milliseconds(self.session_retention),
        }
    }
}
