//! Pure functions between LDAP's words and the directory's: names, filters, entries.

mod account;
mod as_shown;
mod assertion;
mod certificates;
mod chains;
mod claim;
mod computed;
pub(crate) mod custom;
mod entry;
mod extras;
mod filter;
mod look;
mod password;
mod place;
mod ranges;
mod rdns;
mod root_dse;
mod rules;
mod sort;
mod spoken;
mod tables;
mod tree;
mod ways;

pub(crate) use account::Account;
pub(crate) use claim::{Meant, Unnamed, authorization, channel, plain};
pub(crate) use entry::{tells_what_is_below, write_entry, write_place};
pub(crate) use filter::{is_class_had, is_had, translate};
pub(crate) use password::{bound, change_first, changed};
pub(crate) use place::{Named, Naming, Place, Target, TargetError, served_to_strangers};
pub(crate) use ranges::is_range;
pub(crate) use root_dse::{Offer, SUBSCHEMA, Special, compare_special, special, special_at};
pub(crate) use rules::has_chain;
pub(crate) use sort::{rank_of, sort_keys};
pub(crate) use spoken::{Asking, Spoken, claim, contexts, naming, naming_of};
pub(crate) use tree::Container;
