//! The RADIUS door: sockets, datagrams, and what the directory answers.

mod candidates;
mod circumstances;
mod crowd;
mod datagrams;
mod drops;
mod eap;
mod ledger;
mod lines;
mod orders;
mod radsec;
mod rejections;
mod reports;
mod socket;
mod turns;
mod udp;
mod view;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use radius::{Limits, Port};
use tokio::runtime::Handle;

use crate::clock::Clock;
use crate::config;
use crate::lifecycle::Tasks;
use crate::listener;
use crate::metrics::{Crowd, Tally};
use crate::sockets::UdpGroup;
use crate::tls::Identity;
use datagrams::Datagrams;
pub(crate) use orders::Courier;
pub(crate) use view::reply_attributes;

/// How many requests of one organization a socket takes that takes so many of all: one place's
/// network gear often speaks to one socket alone, and as many may wait for hashes.
fn share_of_organization(pending: usize) -> usize {
    (pending / 4).max(256).min(pending)
}

/// What every socket shares.
pub(crate) struct Door {
    directory: directory::Directory,
    clock: Clock,
    limits: Limits,
    /// Reports of one organization that wait at a socket.
    waiting_reports: usize,
    /// Conversations of EAP.
    talks: eap::Talks,
    /// Where they compute.
    background: Handle,
    /// What connections inside TLS share; nothing without a certificate.
    radsec: Option<radsec::Terms>,
    /// Those that are open, for orders.
    lines: Arc<lines::Lines>,
    tally: Arc<Tally>,
}

impl Door {
    /// Makes a door from its configuration.
    pub(crate) fn new(
        directory: directory::Directory,
        clock: Clock,
        (identity, background): (Option<Arc<Identity>>, Handle),
        config: &config::Config,
        tally: Arc<Tally>,
    ) -> Arc<Self> {
        let (config, at_once) = (&config.radius, config.tls.handshake_threads);
        let share = |all: u32| (all as usize / config.sockets.max(1)).max(1);
        let limits = Limits {
            pending: share(config.requests_in_flight),
            pending_of_owner: share_of_organization(share(config.requests_in_flight)),
            cached_replies: share(config.reply_cache),
            reply_lifetime: config.reply_cache_time,
            ..Limits::default()
        };
        let waiting_reports = (limits.pending / 4).max(1);
        let radsec = identity.clone().and_then(|identity| radsec::Terms::new(identity, config));
        let talks = eap::Talks::new(identity, config, at_once);
        let lines = Arc::default();
        Arc::new(Self {
            directory,
            clock,
            limits,
            waiting_reports,
            talks,
            background,
            radsec,
            lines,
            tally,
        })
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
                udp::run(door, datagrams, port, shutdown).await;
                Ok::<(), io::Error>(())
            });
        }
        Ok(())
    }

    /// Answers inside TLS until the daemon drains.
    ///
    /// # Errors
    /// When the runtime cannot take a socket.
    pub(crate) fn listen_inside_tls(
        self: &Arc<Self>,
        tasks: &Tasks,
        listeners: Vec<TcpListener>,
    ) -> io::Result<()> {
        let Some(terms) = &self.radsec else { return Ok(()) };
        let (door, shutdown) = (Arc::clone(self), tasks.shutdown().clone());
        let serve =
            move |stream, peer| radsec::run(Arc::clone(&door), stream, peer, shutdown.clone());
        listener::listen("radsec", tasks, listeners, terms.admission(), serve)
    }

    /// How many conversations of EAP wait for their peers.
    pub(crate) fn conversations(&self) -> usize {
        self.talks.count()
    }

    /// Who is admitted inside TLS.
    pub(crate) fn crowds(&self) -> Vec<Crowd> {
        self.radsec.as_ref().map(radsec::Terms::crowds).unwrap_or_default()
    }

    /// Forgets conversations whose peers take too long.
    pub(crate) fn keep_house(self: &Arc<Self>, tasks: &Tasks) {
        let (door, shutdown) = (Arc::clone(self), tasks.shutdown().clone());
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = shutdown.draining() => return,
                    () = tokio::time::sleep(eap::HOUSEKEEPING) => {}
                }
                door.talks.expire(&door.directory, door.clock.monotonic());
            }
        });
    }
}
