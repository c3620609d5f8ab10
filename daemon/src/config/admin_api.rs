//! `[admin_api]`

use std::net::SocketAddr;
use std::time::Duration;

use directory::AdminSessionLives;

use super::section::section;
use super::value::{Count, DAY, HOUR, KIB, MIB, MINUTE, Optional, SECOND, Size, Time, WebAddress};

section! {
    /// The HTTPS interface for admins.
    [admin_api] AdminApi {
        /// Addresses for HTTPS. Empty: closed.
        listen: Vec<SocketAddr> = vec![SocketAddr::from(([127, 0, 0, 1], 8443))],
        /// Where clients find it from outside, such as `http://admin.example`: it is written into
        /// the certificates that organizations' own authorities issue, before the path of the list
        /// of what they revoked. Nothing else but that path (/v1/revocation-lists/) has to be
        /// reachable there. Empty: certificates name no list.
        public_url: Optional<WebAddress> = Optional(None),
        /// Where invited people find it from outside, such as `https://welcome.example`: it is put
        /// before the path of the page where they choose their first password. Nothing else but that
        /// path (/v1/invitations) has to be reachable there. Empty: invitations have no link, only
        /// their token.
        invitation_url: Optional<WebAddress> = Optional(None),
        /// How often one source may try an invitation in a minute. Behind a proxy all are one source.
        invitations_per_minute: Count<1, 60_000> = Count(30),
        /// How often one source (an IPv4 address, or a /64 of IPv6) may ask for lists of revoked
        /// certificates in a minute. Behind a proxy all are one source.
        revocation_lists_per_minute: Count<1, 60_000> = Count(600),
        /// Certificates that the own authorities of one organization issued and that are not forgotten
        /// yet, 30 days after their end.
        issued_certificates: Count<8, 1_000_000> = Count(50_000),
        /// How long an admin's session lasts, however much it is used.
        session_lifetime: Time<{ 5 * MINUTE }, { 7 * DAY }> = Time(10 * HOUR),
        /// How long an admin's session lasts without being used.
        session_idle: Time<{ 5 * MINUTE }, { 7 * DAY }> = Time(HOUR),
        /// Open connections, all together.
        connections: Count<1, 100_000> = Count(1_000),
        /// The largest request body.
        body_size: Size<KIB, { 256 * MIB }> = Size(MIB),
        /// How long the head of a request may take to arrive.
        header_timeout: Time<SECOND, MINUTE> = Time(10 * SECOND),
        /// How long the body of a request may take to arrive.
        body_timeout: Time<SECOND, HOUR> = Time(30 * SECOND),
    }
}

impl AdminApi {
    /// How long sessions of admins last.
    pub(crate) fn session_lives(&self) -> AdminSessionLives {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        AdminSessionLives {
            longest: milliseconds(self.session_lifetime),
            idle: milliseconds(self.session_idle),
        }
    }
}
