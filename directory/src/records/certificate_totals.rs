//! How many certificates an organization's own authorities issued.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;

/// The number of an organization's issued certificates; there is one such record in its partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CertificateTotals {
    /// Those that are not forgotten, whether they count or not.
    pub(crate) kept: u32,
}

impl Record for CertificateTotals {
    const KIND: Kind = kinds::CERTIFICATE_TOTALS;
    const VERSION: u8 = 1;
    /// Nobody remembers it.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}
