//! A RADIUS client that signs its requests and checks its replies.

mod accounting;
mod eap;
mod ms_chap;
mod packet;
mod pap;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};

pub(crate) use accounting::Report;
pub(crate) use eap::{Half, Inner, Peer};
use packet::{Attributes, Reply};

use crate::data::Random;

/// How long a reply may take; there are no retries.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many pieces of gear there were: each has random numbers of its own, because a request that
/// comes again from the same port would be taken for a retransmission.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Access-Request.
const ACCESS: u8 = 1;
/// Access-Accept.
const ACCEPT: u8 = 2;
/// Access-Challenge.
const CHALLENGE: u8 = 11;

/// A piece of network gear: an address and a secret.
pub(crate) struct Gear {
    socket: UdpSocket,
    secret: String,
    identifier: u8,
    random: Random,
}

impl Gear {
    /// Opens a socket of its own on `source`.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub(crate) fn open(source: Ipv4Addr, server: SocketAddr, secret: &str) -> Result<Self> {
        let socket = UdpSocket::bind((source, 0))?;
        socket.connect(server)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            random: Random::new(NUMBER.fetch_add(1, Ordering::Relaxed)),
            socket,
            secret: secret.to_owned(),
            identifier: 0,
        })
    }

    /// Sends what was encoded before, and waits for nothing.
    ///
    /// # Errors
    /// When the socket refuses.
    pub(crate) fn send(&self, packet: &[u8]) -> Result<()> {
        self.socket.send(packet)?;
        Ok(())
    }

    /// Waits this long for a reply from here on.
    ///
    /// # Errors
    /// When the socket refuses.
    pub(crate) fn patience(&self, patience: Duration) -> Result<()> {
        Ok(self.socket.set_read_timeout(Some(patience))?)
    }

    /// Sends an Access-Request with a Message-Authenticator; the reply to it.
    ///
    /// # Errors
    /// When there is no reply, or one that is not signed by the secret.
    fn access(&mut self, attributes: &Attributes, authenticator: &[u8; 16]) -> Result<Reply> {
        self.identifier = self.identifier.wrapping_add(1);
        let request = packet::access(self.identifier, authenticator, attributes, &self.secret)?;
        self.exchange(&request, authenticator)
    }

    fn exchange(&self, request: &[u8], authenticator: &[u8; 16]) -> Result<Reply> {
        self.socket.send(request)?;
        let mut buffer = [0; 4096];
        let size = self.socket.recv(&mut buffer)?;
        let reply = buffer.get(..size).unwrap_or_default();
        packet::check(reply, self.identifier, authenticator, &self.secret)
    }
}

/// The size of a reply that must have this code.
fn expect(reply: &Reply, code: u8) -> Result<usize> {
    ensure!(reply.code == code, "code {} in place of {code}", reply.code);
    Ok(reply.size)
}
