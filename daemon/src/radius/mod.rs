//! The RADIUS door: sockets, datagrams, and what the directory answers.

mod candidates;
mod circumstances;
mod datagrams;
mod drops;
mod eap;
mod ledger;
mod reports;
mod socket;
mod view;

use std::io;
use std::sync::Arc;

use radius::{Limits, Port};

use crate::clock::Clock;
use crate::config;
use crate::lifecycle::Tasks;
use crate::sockets::UdpGroup;
use crate::tls::Identity;
use datagrams::Datagrams;
use ledger::Bounds;

/// What every socket shares.
pub(crate) struct Door {
    directory: directory::Directory,
    clock: Clock,
    limits: Limits,
    bounds: Bounds,
    /// Conversations of EAP; none without a certificate.
    talks: Option<eap::Talks>,
}

impl Door {
    /// Makes a door from its configuration.
    pub(crate) fn new(
        directory: directory::Directory,
        clock: Clock,
        identity: Option<Arc<Identity>>,
        config: &config::Config,
    ) -> Arc<Self> {
        let (config, at_once) = (&config.radius, config.tls.handshake_threads);
        let share = |all: u32| (all as usize / config.sockets.max(1)).max(1);
        let limits = Limits {
            pending: share(config.requests_in_flight),
            cached_replies: share(config.reply_cache),
            reply_lifetime: config.reply_cache_time,
            ..Limits::default()
        };
        let bounds = Bounds {
            open_sessions: config.open_sessions as usize,
            waiting: (limits.pending / 4).max(1),
        };
        let talks = identity.map(|identity| eap::Talks::new(identity, config, at_once));
        Arc::new(Self { directory, clock, limits, bounds, talks })
    }

    /// Answers on bound sockets until the daemon drains.
    ///
    /// # Errors
    /// When the runtime cannot take a socket.
    pub(crate) fn listen(
        self: &Arc<Self>,
        tasks: &Tasks,
        groups: Vec<UdpGroup>,
        port: Port,
    ) -> io::Result<()> {
        if port == Port::Authentication && self.talks.is_some() {
            self.keep_house(tasks);
        }
        for socket in groups.into_iter().flat_map(|group| group.sockets) {
            let datagrams = Datagrams::new(tokio::net::UdpSocket::from_std(socket)?)?;
            let (door, shutdown) = (Arc::clone(self), tasks.shutdown().clone());
            tasks.supervise("radius", async move {
                socket::run(door, datagrams, port, shutdown).await;
                Ok::<(), io::Error>(())
            });
        }
        Ok(())
    }

    /// Forgets conversations whose peers take too long.
    fn keep_house(self: &Arc<Self>, tasks: &Tasks) {
        let (door, shutdown) = (Arc::clone(self), tasks.shutdown().clone());
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = shutdown.draining() => return,
                    () = tokio::time::sleep(eap::HOUSEKEEPING) => {}
                }
                if let Some(talks) = &door.talks {
                    talks.expire(door.clock.monotonic());
                }
            }
        });
    }
}
