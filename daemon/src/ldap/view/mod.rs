//! Pure functions between LDAP's words and the directory's: names, filters, entries.

mod claim;
pub(crate) mod custom;
mod entry;
mod filter;
mod look;
mod password;
mod place;
mod root_dse;
mod sort;
mod tree;

pub(crate) use claim::{Meant, Unnamed, authorization, channel, plain};
pub(crate) use entry::{write_entry, write_place};
pub(crate) use filter::{Find, translate};
pub(crate) use password::{bound, changed, not_yours};
pub(crate) use place::{Named, Naming, Place, Target, TargetError};
pub(crate) use root_dse::{Offer, is_special, special};
pub(crate) use tree::Container;

/// How entries are named under an organization's own base.
pub(crate) fn primary(record: &directory::records::Organization) -> Naming {
    at(record.fields.base.as_str())
}

/// How entries are named under a base.
pub(crate) fn at(base: &str) -> Naming {
    Naming::new(base, &look::RFC2307BIS)
}
pub(crate) use sort::{rank_of, sort_keys};
