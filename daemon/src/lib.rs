//! The shell of `tenantryd`: configuration, sockets, TLS, privileges, time and the life of the
//! process. It decides nothing about organizations or roles; it carries bytes to those that do.
//!
//! A start has two halves. [`Prepared::new`] does what needs privileges and no threads: it reads
//! the certificate, binds every port, gives up every privilege. [`serve`] does the rest inside a
//! tokio runtime whose threads are born without privileges. A daemon that cannot do all of the
//! first half never opens the store.

mod admin_api;
mod admission;
pub mod clock;
pub mod commands;
pub mod config;
mod delivery;
mod demo;
mod doors;
mod ends;
pub mod environment;
mod event_bound;
mod ldap;
pub mod lifecycle;
mod listener;
mod lists;
pub mod logging;
pub mod master_key;
mod metrics;
pub mod private_file;
pub mod privileges;
mod radius;
pub mod randomness;
mod runtimes;
pub mod sockets;
mod start;
pub mod tls;
mod transport;
mod upkeep;

pub use doors::open_directory;
pub use start::{Prepared, Reloadable, StartError, run, serve};
