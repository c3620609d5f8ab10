//! `[certificates]`

use ipnet::IpNet;

use super::section::section;
use super::value::{DAY, HOUR, Time};

section! {
    /// Certificates, and lists of revoked ones, that end.
    [certificates] Certificates {
        /// How long before the end of a certificate, or of a list of revoked ones, an event tells its
        /// organization of it, as it does when it has ended; of the daemon's own the provider. What
        /// counts for less than twice as long is not told so early. Is looked for once an hour.
        warn_before: Vec<Time<HOUR, { 366 * DAY }>> = before(&[30, 7, 1]),
        /// Networks that are not the internet's from which lists of revoked certificates may be
        /// fetched, where an authority names an address (`revocation_url`). Whoever names one has the
        /// daemon ask there: so leave out whatever trusts whoever can reach it, this machine
        /// (127.0.0.0/8, ::1/128) above all.
        list_networks: Vec<IpNet> = Vec::new(),
    }
}

/// So many days, each.
fn before(days: &[u64]) -> Vec<Time<HOUR, { 366 * DAY }>> {
    days.iter().map(|days| Time(days * DAY)).collect()
}
