//! Searching: a filter over an organization's entries, answered from indices.
//!
//! A filter is planned (`plan`) into candidates that hold every match and perhaps more, and
//! each candidate is judged in full (`judge`) with three-valued logic. A search pauses and goes
//! on at a position, not in a snapshot that is held.

mod attribute;
mod chain;
mod entry;
mod entry_set;
mod filter;
mod found;
mod issuers;
mod judge;
pub(crate) mod kin;
mod kinds_shown;
mod memo;
mod order;
mod own_commits;
mod pieces;
mod plan;
mod run;
mod sight;
mod since;

pub use attribute::{Attribute, Custom, Kind, Kinds};
pub use entry::{Entry, EntryId, Fact, visit_values};
pub use entry_set::EntrySet;
pub use filter::{Case, Comparison, Filter, Value};
pub use found::Found;
pub(crate) use found::entry_id;
pub use issuers::{IssuerName, NameValue};
pub use judge::{Facts, Truth};
#[cfg(test)]
pub(crate) use kinds_shown::{SHOWN, UNSHOWN};
pub use memo::Memo;
pub use order::{Compare, SortKey};
pub(crate) use own_commits::{OwnCommits, concerned};
pub use pieces::Pieces;
#[cfg(test)]
pub(crate) use run::TURN;
pub use run::{Ended, Evidence, Position, SearchGrant, Searching, Visit, Visitor};
pub(crate) use sight::Sight;
pub(crate) use since::{COMMITS, Subject};
pub use since::{Since, Touched};
