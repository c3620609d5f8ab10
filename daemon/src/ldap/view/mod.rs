//! Pure functions between LDAP's words and the directory's: names, filters, entries.

mod entry;
mod filter;
mod place;
mod root_dse;

pub(crate) use entry::{write_entry, write_place};
pub(crate) use filter::{Find, translate};
pub(crate) use place::{Container, Naming, Place, Target, TargetError};
pub(crate) use root_dse::{is_special, special};
