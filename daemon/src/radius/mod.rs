//! The RADIUS door: sockets, datagrams, and what the directory answers.

mod candidates;
mod datagrams;
mod drops;
mod socket;
mod view;

use std::io;
use std::sync::Arc;

use radius::{Limits, Port};

use crate::clock::Clock;
use crate::config;
use crate::lifecycle::Tasks;
use crate::sockets::UdpGroup;
use datagrams::Datagrams;

/// What every socket shares.
pub(crate) struct Door {
    directory: directory::Directory,
    clock: Clock,
    limits: Limits,
}

impl Door {
    /// Makes a door from its configuration.
    pub(crate) fn new(
        directory: directory::Directory,
        clock: Clock,
        config: &config::Radius,
    ) -> Arc<Self> {
        let share = |all: u32| (all as usize / config.sockets.max(1)).max(1);
        let limits = Limits {
            pending: share(config.requests_in_flight),
            cached_replies: share(config.reply_cache),
            reply_lifetime: config.reply_cache_time,
            ..Limits::default()
        };
        Arc::new(Self { directory, clock, limits })
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
}
