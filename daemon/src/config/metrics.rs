//! `[metrics]`

use std::net::SocketAddr;

use ipnet::IpNet;

use super::section::section;
use super::value::{Count, MINUTE, SECOND, Time};

section! {
    /// Numbers for monitoring, as Prometheus asks for them: GET /metrics over HTTP without TLS.
    [metrics] Metrics {
        /// Addresses for HTTP, by custom on port 9469. Empty: closed.
        listen: Vec<SocketAddr> = Vec::new(),
        /// Networks that may ask beside this machine. An address that others reach is listened on only
        /// where some are named. The numbers name nobody, but say how much there is of what.
        networks: Vec<IpNet> = Vec::new(),
        /// Open connections, all together; further ones are closed as they come. Each answers once.
        connections: Count<1, 1_000> = Count(16),
        /// How long the head of a request may take to arrive.
        header_timeout: Time<SECOND, MINUTE> = Time(5 * SECOND),
        /// How long a connection may last, its answer with it.
        connection_timeout: Time<SECOND, { 5 * MINUTE }> = Time(30 * SECOND),
    }
}

impl Metrics {
    /// What of the section does not go together, in words.
    pub(super) fn fault(&self) -> Option<String> {
        let open = self.listen.iter().find(|address| !address.ip().is_loopback());
        let open = open.filter(|_| self.networks.is_empty())?;
        Some(format!(
            "`[metrics] listen` names {open}, which others reach: \
             say by `[metrics] networks` which of them may ask"
        ))
    }
}
