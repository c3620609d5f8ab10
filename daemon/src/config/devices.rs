//! `[devices]`

use std::net::SocketAddr;

use directory::{ReportLife, milliseconds};

use super::section::section;
use super::value::{Count, DAY, HOUR, KIB, MIB, MINUTE, SECOND, Size, Time};

section! {
    /// The HTTPS interface for managed devices, which ask for what their organization demands of them
    /// and report how they follow. A device proves itself by a certificate.
    [devices] Devices {
        /// Addresses for HTTPS with client certificates; by custom on port 8444. Empty: closed.
        listen: Vec<SocketAddr> = Vec::new(),
        /// How often one device may ask or report in a minute.
        requests_per_minute: Count<1, 6_000> = Count(12),
        /// How long a report says something; a device whose last one is older is `stale`.
        report_life: Time<HOUR, { 366 * DAY }> = Time(7 * DAY),
        /// Open connections, all together.
        connections: Count<1, 100_000> = Count(1_000),
        /// The same from one address (a /64 of IPv6).
        connections_per_source: Count<1, 100_000> = Count(250),
        /// The largest report.
        body_size: Size<KIB, MIB> = Size(16 * KIB),
        /// How long the head of a request may take to arrive.
        header_timeout: Time<SECOND, MINUTE> = Time(10 * SECOND),
        /// How long a report may take to arrive.
        body_timeout: Time<SECOND, MINUTE> = Time(10 * SECOND),
    }
}

impl Devices {
    /// How long a report says something.
    pub(crate) fn reports(&self) -> ReportLife {
        ReportLife(milliseconds(self.report_life))
    }
}
