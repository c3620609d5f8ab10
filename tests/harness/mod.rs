//! What the tests are written with: a daemon, clients of other people, and a raw connection for
//! what no client can send.

pub(crate) mod ber;
pub(crate) mod client;
pub(crate) mod curl;
pub(crate) mod daemon;
pub(crate) mod demo;
pub(crate) mod description;
pub(crate) mod environment;
pub(crate) mod ldap;
pub(crate) mod ldif;
pub(crate) mod notified;
pub(crate) mod python;
pub(crate) mod radius;
pub(crate) mod raw;
pub(crate) mod server;

use std::time::Duration;

/// The longest that anything may take. A wait ends as soon as what it waits for happens.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
