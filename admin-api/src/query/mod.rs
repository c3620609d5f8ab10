//! `filter`, `sort` and `fields` of lists: one small language for all collections.
//!
//! All three speak of members of what a list shows, by the names that its document has; what is no such
//! member is refused. A list that is not asked so pays nothing for it.

mod fields;
mod filter;
mod judge;
mod shape;
mod sort;

pub(crate) use fields::Fields;
pub(crate) use filter::Filter;
pub(crate) use shape::Shape;
pub(crate) use sort::{Key, Sort};
