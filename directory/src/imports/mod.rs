//! Imports: users and groups out of files, checked as a whole and then applied in steps.
//!
//! Whoever reads a file hands over [`Row`]s. They are sealed in the organization's partition, since
//! passwords may be among them, until they were applied or the import was cancelled. First all are
//! checked against each other and against what is there; nothing is changed meanwhile. Then they are
//! applied, so many in one durable change each, which also notes how far the import is: a restart
//! goes on where the last change stopped. Whatever an admin changes in between counts: a row that
//! does not fit any more is in error, and the others go on.

mod apply;
mod check;
mod chunks;
mod former;
mod join;
mod made;
mod members;
mod notes;
mod outcome;
mod plan;
mod refer;
mod row;
mod stalled;
mod survey;
mod work;

pub(crate) use chunks::Chunks;
pub(crate) use made::made;
pub use notes::{cut, note};
pub use outcome::{RowKind, RowOutcome, Verdict};
pub use row::{Fault, GroupRow, Row, RowEntry, RowMember, RowPassword, RowReference, UserRow};
pub(crate) use stalled::Stalled;

/// The most rows of an import: what is remembered of them during the check is bounded by it.
pub const IMPORT_ROWS: u64 = 250_000;
/// So many rows are kept together at most.
pub const CHUNK_ROWS: usize = 250;
/// A chunk of rows is closed once it has so many octets.
pub const CHUNK_SIZE: usize = 512 << 10;
/// The most chunks of an import.
pub(crate) const CHUNKS: u32 = 4_000;
/// The most imports that an organization keeps, those that are over included.
pub(crate) const IMPORTS: usize = 20;
