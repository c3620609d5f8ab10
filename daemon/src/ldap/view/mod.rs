//! Pure functions between LDAP's words and the directory's: names, filters, entries.

mod entry;
mod filter;
mod place;
mod root_dse;

pub(crate) use entry::{write_entry, write_place};
pub(crate) use filter::{Find, translate};
pub(crate) use place::{Container, Naming, Place, Target, TargetError};
pub(crate) use root_dse::{SUBSCHEMA, special_matches, write_root_dse, write_subschema};
