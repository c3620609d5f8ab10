//! How far is told what ends at its time: certificates, and lists of revoked ones.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;
use crate::time::Time;

/// Until when an organization, or the provider, was told of what ends; there is one such record in
/// its partition, once something was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndsTold {
    /// What was to be told before this time is told.
    pub(crate) until: Time,
}

/// When was looked last, in all organizations, for what ends; there is one such record in the
/// provider's partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndsLooked {
    /// What was to be told before this time is told, to everybody.
    pub(crate) until: Time,
}

impl Record for EndsTold {
    const KIND: Kind = kinds::ENDS_TOLD;
    const VERSION: u8 = 1;
    /// Nobody remembers it.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}

impl Record for EndsLooked {
    const KIND: Kind = kinds::ENDS_LOOKED;
    const VERSION: u8 = 1;
    /// Nobody remembers it.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}
