//! All that the daemon counts itself.

use super::api::ApiCounts;
use super::delivery::DeliveryCounts;
use super::jobs::JobCounts;
use super::ldap::LdapCounts;
use super::radius::RadiusCounts;

/// The numbers of one daemon; its parts share them.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// LDAP.
    pub(crate) ldap: LdapCounts,
    /// RADIUS.
    pub(crate) radius: RadiusCounts,
    /// The admin API, and the door for devices.
    pub(crate) api: ApiCounts,
    /// Events on their way to destinations.
    pub(crate) delivery: DeliveryCounts,
    /// Work in the background.
    pub(crate) jobs: JobCounts,
}
