//! How many users or devices an organization has, and may have.

use serde::{Deserialize, Serialize};
use storage::{Entries, Id, Kind, Record};

use super::kinds;

/// What an organization may have only so many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capped {
    /// Users, whether they may sign in or not.
    Users,
    /// Devices, whether they are kept out or not.
    Devices,
}

impl Capped {
    /// What they are called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Devices => "devices",
        }
    }

    /// So many of them, in words.
    pub fn counted(self, number: u32) -> String {
        let one = match self {
            Self::Users => "user",
            Self::Devices => "device",
        };
        if number == 1 { format!("1 {one}") } else { format!("{number} {}", self.name()) }
    }

    /// The number under which a partition has their cap, and how many there are.
    pub(crate) const fn record(self) -> Id {
        match self {
            Self::Users => 0,
            Self::Devices => 1,
        }
    }
}

/// How many there are of what is capped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CapTotals {
    /// Those that are not deleted.
    pub(crate) kept: u32,
}

impl Record for CapTotals {
    const KIND: Kind = kinds::CAP_TOTALS;
    const VERSION: u8 = 1;
    /// Nobody remembers it.
    const LOGGED: bool = false;

    fn index(&self, _: &mut Entries) {}
}

/// How many an organization may have of what is capped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// The most; absent where there is no cap.
    pub most: Option<u32>,
    /// What happens beyond.
    pub kind: CapKind,
    /// Raised with each change.
    pub revision: u64,
}

/// What happens when there are more than an organization may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapKind {
    /// They are made, and somebody is told.
    #[default]
    Soft,
    /// They are not made.
    Hard,
}

impl Record for Cap {
    const KIND: Kind = kinds::CAP;
    const VERSION: u8 = 1;

    fn index(&self, _: &mut Entries) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_when_only_users_were_capped_is_read_as_theirs() {
        let cap = Cap { most: Some(50), kind: CapKind::Hard, revision: 3 };
        assert_eq!(storage::decode::<Cap>(&[1, 50, 1, 3]).unwrap(), cap);
        assert_eq!(storage::decode::<CapTotals>(&[57]).unwrap(), CapTotals { kept: 57 });
        assert_eq!((Cap::KIND, CapTotals::KIND), (Kind(88), Kind(86)));
        assert_eq!((Cap::VERSION, CapTotals::VERSION), (1, 1));
        assert_eq!((Capped::Users.record(), Capped::Devices.record()), (0, 1));
    }
}
