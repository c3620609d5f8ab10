//! All that the daemon counts itself.

use super::radius::RadiusCounts;

/// The numbers of one daemon; its parts share them.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// RADIUS.
    pub(crate) radius: RadiusCounts,
}
