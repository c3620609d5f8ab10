//! The LDAP door: listeners, connections, and what the directory answers.

mod answer;
mod connection;
mod search;
mod transport;
mod view;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use ldap::{CleartextBind, Limits, Security, Settings, StartTls};
use tokio::net::TcpStream;

use crate::admission::Admission;
use crate::clock::Clock;
use crate::config;
use crate::lifecycle::Tasks;
use crate::tls::Identity;

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
        for listener in listeners {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let (door, tasks_of_connections) = (Arc::clone(self), tasks.clone());
            let name = if security == Security::Tls { "ldaps" } else { "ldap" };
            tasks.supervise(name, async move {
                door.accept(listener, tasks_of_connections, security).await;
                Ok::<(), io::Error>(())
            });
        }
        Ok(())
    }

    async fn accept(
        self: Arc<Self>,
        listener: tokio::net::TcpListener,
        tasks: Tasks,
        security: Security,
    ) {
        loop {
            let accepted = tokio::select! {
                () = tasks.shutdown().draining() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer, &tasks, security),
                Err(error) => {
                    // Out of descriptors, most likely: connections that end free some.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn admit(
        self: &Arc<Self>,
        stream: TcpStream,
        peer: std::net::SocketAddr,
        tasks: &Tasks,
        security: Security,
    ) {
        let Some(place) = self.admission.enter(peer.ip()) else {
            tracing::debug!(%peer, "too many connections");
            return;
        };
        // Without it, a small answer would wait for the client's acknowledgement of the last.
        let _refused = stream.set_nodelay(true);
        let (door, shutdown) = (Arc::clone(self), tasks.shutdown().clone());
        tasks.spawn(async move {
            connection::run(door, stream, peer, security, shutdown).await;
            drop(place);
        });
    }
}

/// How long a listener waits after it could not accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
