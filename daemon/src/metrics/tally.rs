//! All that the daemon counts itself.

use super::ldap::LdapCounts;
use super::radius::RadiusCounts;

/// The numbers of one daemon; its parts share them.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// LDAP.
    pub(crate) ldap: LdapCounts,
    /// RADIUS.
    pub(crate) radius: RadiusCounts,
}
