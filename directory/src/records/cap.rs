//! How many users an organization has, and may have.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};

use super::kinds;

/// The number of an organization's users; there is one such record in its partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserTotals {
    /// Those that are not deleted, whether they may sign in or not.
    pub(crate) kept: u32,
}

impl Record for UserTotals {
    const KIND: Kind = kinds::USER_TOTALS;
    const VERSION: u8 = 1;
    /// Nobody remembers it.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}

/// How many users an organization may have; there is one such record in its partition, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserCap {
    /// The most; absent where there is no cap.
    pub most: Option<u32>,
    /// What happens beyond.
    pub kind: CapKind,
    /// Raised with each change.
    pub revision: u64,
}

/// What happens when there are more users than an organization may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapKind {
    /// They are made, and somebody is told.
    #[default]
    Soft,
    /// They are not made.
    Hard,
}

impl Record for UserCap {
    const KIND: Kind = kinds::USER_CAP;
    const VERSION: u8 = 1;

    fn index(&self, _: &mut Entries) {}
}
