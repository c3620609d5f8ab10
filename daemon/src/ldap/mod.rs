//! The LDAP door: listeners, connections, and what the directory answers.

mod aim;
mod answer;
mod connection;
mod notes;
mod search;
mod transport;
mod view;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use crate::admission::Admission;
use crate::clock::Clock;
use crate::config;
use crate::lifecycle::Tasks;
use crate::listener;
use crate::tls::Identity;
use ldap::{CleartextBind, Limits, Security, Settings, StartTls};

/// Whether a name is one that the schema has in every organization.
pub(crate) fn is_known(name: &str) -> bool {
    ldap::schema::attribute(name).is_some()
        || ldap::schema::object_class(name).is_some()
        || name.eq_ignore_ascii_case(view::custom::CLASS)
}

/// What every connection shares.
pub(crate) struct Door {
    directory: directory::Directory,
    clock: Clock,
    tls: Option<Arc<Identity>>,
    settings: Settings,
    searches: SearchLimits,
    write_timeout: Duration,
    admission: Arc<Admission>,
}

/// What one search may cost.
#[derive(Clone, Copy, Debug)]
struct SearchLimits {
    entries: u64,
    time: Duration,
    look_through: usize,
    page: u64,
    paged_total: u64,
}

impl Door {
    /// Makes a door from its configuration.
    pub(crate) fn new(
        directory: directory::Directory,
        clock: Clock,
        tls: Option<Arc<Identity>>,
        config: &config::Ldap,
    ) -> Arc<Self> {
        let limits = Limits {
            message_anonymous: config.message_size_anonymous,
            message_bound: config.message_size,
            outstanding: config.requests_in_flight as usize,
            output: config.output_buffer,
            partial: config.partial_timeout,
            idle: config.idle_timeout,
            ..Limits::default()
        };
        let settings = Settings {
            limits,
            start_tls: if tls.is_some() { StartTls::Offered } else { StartTls::Withheld },
            cleartext_bind: if config.cleartext_bind {
                CleartextBind::Allowed
            } else {
                CleartextBind::Refused
            },
        };
        let searches = SearchLimits {
            entries: u64::from(config.size_limit),
            time: config.time_limit,
            look_through: config.look_through as usize,
            page: u64::from(config.page_size),
            paged_total: u64::from(config.paged_total),
        };
        let admission = Admission::new(config.connections, config.connections_per_source);
        let write_timeout = config.write_timeout;
        Arc::new(Self { directory, clock, tls, settings, searches, write_timeout, admission })
    }

    /// Listens on bound sockets until the daemon drains.
    ///
    /// # Errors
    /// When the runtime cannot take a socket.
    pub(crate) fn listen(
        self: &Arc<Self>,
        tasks: &Tasks,
        listeners: Vec<TcpListener>,
        security: Security,
    ) -> io::Result<()> {
        let name = if security == Security::Tls { "ldaps" } else { "ldap" };
        let (door, shutdown) = (Arc::clone(self), tasks.shutdown().clone());
        let serve = move |stream, peer| {
            connection::run(Arc::clone(&door), stream, peer, security, shutdown.clone())
        };
        listener::listen(name, tasks, listeners, &self.admission, serve)
    }
}
