//! The LDAP door: listeners, connections, and what the directory answers.

mod aim;
mod answer;
mod awaited;
mod compare;
mod connection;
mod definitions;
mod explain;
mod notes;
mod replies;
mod rounds;
mod sasl;
mod search;
mod telling;
mod turns;
mod view;

use std::io;
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeMetrics};
use tokio::sync::Semaphore;

use crate::admission::{Admission, Source};
use crate::clock::Clock;
use crate::config;
use crate::lifecycle::Tasks;
use crate::listener;
use crate::metrics::{Crowd, SOURCE, Tally};
use crate::tls::Identity;
use definitions::Definitions;
use directory::{OrganizationId, Time};
use ldap::{CleartextBind, Limits, Security, Settings, StartTls};
use rounds::Rounds;
use turns::Turns;

pub(crate) use view::custom::naming;

/// What every connection shares.
pub(crate) struct Door {
    directory: directory::Directory,
    clock: Clock,
    runtime: RuntimeMetrics,
    tls: Option<Arc<Identity>>,
    settings: Settings,
    searches: SearchLimits,
    write_timeout: Duration,
    busy_delay: Duration,
    admission: Arc<Admission<Source>>,
    organizations: Arc<Admission<OrganizationId>>,
    /// Of what takes long.
    turns: Turns,
    /// Of what is answered at once.
    rounds: Rounds,
    /// Of connections that close: a crowd of them keeps no request waiting.
    departures: Rounds,
    persistent: Persistent,
    definitions: Definitions,
    /// How many binds without TLS are looked at beside their connections at once.
    overheard: Arc<Semaphore>,
    /// Where organizations have server names of their own.
    domain: Option<String>,
    tally: Arc<Tally>,
}

/// Binds without TLS that are looked at at once: strangers make as many as they like, and their
/// threads are those of everybody else's work.
const OVERHEARD: usize = 2;

/// What a listener's connections begin as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// In clear; StartTLS and the configuration say what a password needs.
    Clear,
    /// In clear, and passwords too.
    ClearPasswords,
    /// Inside TLS.
    Tls,
}

impl Entrance {
    const fn security(self) -> Security {
        match self {
            Self::Clear | Self::ClearPasswords => Security::Clear,
            Self::Tls => Security::Tls,
        }
    }

    /// The settings of this listener's sessions.
    fn settings(self, common: Settings) -> Settings {
        match self {
            Self::Clear | Self::Tls => common,
            Self::ClearPasswords => Settings { cleartext_bind: CleartextBind::Allowed, ..common },
        }
    }
}

/// How many searches may stay to hear of changes.
struct Persistent {
    per_connection: usize,
    organizations: Arc<Admission<OrganizationId>>,
}

/// What one search may cost.
#[derive(Clone, Copy, Debug)]
struct SearchLimits {
    entries: u64,
    time: Duration,
    look_through: usize,
    page: u64,
    paged_total: u64,
    sorted: usize,
}

impl Door {
    /// Makes a door from its configuration.
    pub(crate) fn new(
        directory: directory::Directory,
        clock: Clock,
        runtime: &Handle,
        tls: Option<Arc<Identity>>,
        config: &config::Ldap,
        tally: Arc<Tally>,
    ) -> Arc<Self> {
        let limits = Limits {
            message_anonymous: config.message_size_anonymous,
            message_bound: config.message_size,
            outstanding: config.requests_in_flight as usize,
            output: config.output_buffer,
            partial: config.partial_timeout,
            idle: config.idle_timeout,
            idle_anonymous: config.anonymous_timeout,
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
            sorted: config.sorted_entries as usize,
        };
        let of_organizations = config.connections_per_organization;
        let turns = config.long_searches_per_organization.try_into().unwrap_or(u32::MAX);
        Arc::new(Self {
            directory,
            clock,
            runtime: runtime.metrics(),
            tls,
            settings,
            searches,
            write_timeout: config.write_timeout,
            busy_delay: config.busy_delay,
            admission: Admission::new(config.connections, config.connections_per_source),
            organizations: Admission::new(u32::MAX, of_organizations),
            turns: Turns::new(NonZeroU32::new(turns).unwrap_or(NonZeroU32::MIN)),
            rounds: Rounds::new(runtime.metrics().num_workers()),
            departures: Rounds::new(runtime.metrics().num_workers()),
            persistent: Persistent {
                per_connection: config.persistent_searches_per_connection as usize,
                organizations: Admission::new(
                    u32::MAX,
                    config.persistent_searches_per_organization,
                ),
            },
            definitions: Definitions::new(Time(clock.wall())),
            overheard: Arc::new(Semaphore::new(OVERHEARD)),
            domain: config.server_names.as_deref().map(str::to_ascii_lowercase),
            tally,
        })
    }

    /// Who is admitted.
    pub(crate) fn crowds(&self) -> Vec<Crowd> {
        let (all, organizations) = (Arc::clone(&self.admission), Arc::clone(&self.organizations));
        vec![
            Crowd { door: "ldap", share: SOURCE, of: all },
            Crowd { door: "ldap", share: "organization", of: organizations },
        ]
    }

    /// Listens on bound sockets until the daemon drains.
    ///
    /// # Errors
    /// When the runtime cannot take a socket.
    pub(crate) fn listen(
        self: &Arc<Self>,
        tasks: &Tasks,
        listeners: Vec<TcpListener>,
        entrance: Entrance,
    ) -> io::Result<()> {
        let name = if entrance == Entrance::Tls { "ldaps" } else { "ldap" };
        let (door, shutdown) = (Arc::clone(self), tasks.shutdown().clone());
        let serve = move |stream, peer| {
            connection::run(Arc::clone(&door), stream, peer, entrance, shutdown.clone())
        };
        listener::listen(name, tasks, listeners, &self.admission, serve)
    }
}
