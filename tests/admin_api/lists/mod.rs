//! Lists: every one that the document has, with something in it, is filtered, sorted, cut and turned over
//! page by page as `docs/lists.md` says.

mod pages;
mod questions;
mod world;

pub(super) use world::dead_destinations;
