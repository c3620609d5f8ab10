//! Tables, transactions and the file format, on redb.
//!
//! This crate stores records that somebody else defines. It knows neither policy nor protocols:
//! a record has a kind, a number inside its partition, and the index entries it names itself.
//!
//! - Every key starts with its [`Partition`]; a scan takes a partition and cannot leave it.
//! - [`Store::write`] runs changes on one writer thread, commits them durably in groups, and
//!   answers a caller after the commit that holds its change. Reads never wait for writes.
//! - Index entries, links, secrets, the change log and the events of a change are written in the
//!   transaction of the change.
//! - Secrets are sealed with a key of their partition, which the [`MasterKey`] seals.

mod change;
mod changes;
mod check;
mod core;
mod disk;
mod durations;
mod erase;
mod events;
mod file;
mod folder;
mod format;
mod journal;
mod key;
mod log;
mod name;
mod reading;
mod record;
mod seal;
mod snapshot;
mod store;
mod table;
mod tally;
mod view;
mod writer;

pub use change::{Change, ChangeError};
pub use check::{KindCheck, Report};
pub use durations::{DurationFigures, Durations, Stopwatch};
pub use events::{
    ChainEnds, Dropped, Event, EventError, EventFigures, EventHash, EventLog, EventOptions,
    EventOwner, EventSearch, EventText, EventWords, EventsCut, EventsKept, EventsOwned, Link,
    Living, MAX_EVENT, Stored, Term, term,
};
pub use file::DATABASE;
pub use journal::{Journal, JournalEntry, JournalError};
pub use key::MAX_VALUE;
pub use log::{Changed, Commit, What};
pub use name::{Id, Index, Kind, Partition, Relation};
pub use reading::{Ids, ReadError, Reading, Records, Values};
pub use record::{Corrupt, Entries, Record, decode, encode, encode_behind};
pub use seal::{Entropy, MasterKey, Secret};
pub use snapshot::{Mark, Snapshot};
pub use store::{OpenError, Options, Store};
pub use tally::StoreFigures;
pub use view::View;
pub use writer::WriteError;

#[cfg(test)]
pub(crate) mod tests;
