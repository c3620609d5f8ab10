//! The names under which data is kept.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// The number of a record; unique inside its partition.
///
/// [`Change::allocate`](crate::Change::allocate) gives numbers from 1 upwards, so 0 is free for
/// records of which a partition has one.
pub type Id = u64;

/// Whose data a key belongs to; the first component of every key.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug, Serialize, Deserialize)]
pub enum Partition {
    /// What belongs to the deployment as a whole.
    Provider,
    /// What belongs to one organization.
    Organization(NonZeroU32),
}

impl Partition {
    /// The number that stands for the partition in keys; 0 is the provider.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Provider => 0,
            Self::Organization(number) => number.get(),
        }
    }

    /// The partition that `number` stands for.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        match NonZeroU32::new(number) {
            Some(number) => Self::Organization(number),
            None => Self::Provider,
        }
    }
}

/// A kind of record.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug, Serialize, Deserialize)]
pub struct Kind(pub u8);

/// An index: entries of a value and a record's number, ordered by value, then by number.
///
/// One index serves equality, initial substrings, ranges and presence.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug, Serialize, Deserialize)]
pub struct Index(pub u16);

/// A two-way link between records, kept in both directions.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug, Serialize, Deserialize)]
pub struct Relation(pub u16);
