//! The change log: what each commit changed.

use serde::{Deserialize, Serialize};

use crate::{Id, Kind, Partition};

/// What one change did, under the sequence number of its commit.
#[derive(Clone, Eq, PartialEq, Debug, Serialize, Deserialize)]
pub struct Commit {
    /// Counts changes from 1; each is one greater than the one before.
    pub sequence: u64,
    /// What was changed, in the order of doing.
    pub changes: Vec<Changed>,
}

/// One thing that a change did.
#[derive(Copy, Clone, Eq, PartialEq, Debug, Serialize, Deserialize)]
pub struct Changed {
    /// Where.
    pub partition: Partition,
    /// The kind of the record; `Kind(0)` where no kind is concerned.
    pub kind: Kind,
    /// The number of the record; 0 where no record is concerned.
    pub id: Id,
    /// What was done.
    pub what: What,
}

/// The ways of changing something.
#[derive(Copy, Clone, Eq, PartialEq, Debug, Serialize, Deserialize)]
pub enum What {
    /// A record was written.
    Put,
    /// A record was deleted.
    Deleted,
    /// A link from the record `id` was made.
    Linked {
        /// The kind of link.
        relation: crate::Relation,
        /// The other end.
        to: Id,
    },
    /// A link from the record `id` was cut.
    Unlinked {
        /// The kind of link.
        relation: crate::Relation,
        /// The other end.
        to: Id,
    },
    /// A secret was written.
    SecretPut,
    /// A secret was deleted.
    SecretDeleted,
    /// The partition was created.
    PartitionCreated,
    /// The partition was destroyed.
    PartitionDestroyed,
    /// A record was written in place of one that was called the same: what other records show of
    /// it stays.
    Rewritten,
    /// A record that others know by an id of their own was deleted.
    Removed {
        /// That id.
        known_as: [u8; 16],
    },
}
