//! Two organizations with the same names inside: whatever one can say at any door, the answer is
//! the same whether the other exists or not.

mod admin_api;
mod concurrency;
mod ldap;
mod network;
mod radius;
mod world;
