//! A RADIUS client that signs its requests and checks its replies.

mod accounting;
mod channel;
mod eap;
mod ms_chap;
mod packet;
mod pap;

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::socket::{setsockopt, sockopt};

pub(crate) use accounting::Report;
pub(crate) use channel::{Channel, IDENTIFIERS};
pub(crate) use eap::{Half, Inner, MORE, Peer};
use packet::{Attributes, Reply};

use crate::data::Random;

/// How long a reply may take; there are no retries.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many pieces of gear there were: each has random numbers of its own, because a request that
/// comes again from the same port would be taken for a retransmission.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Octets of replies that wait for their gear: one for each identifier, with what the kernel counts for it.
const RECEIVED: usize = 1 << 20;
/// Octets of the longest packet (RFC 2865 section 3).
pub(crate) const LONGEST: usize = 4096;
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
    /// The identifiers of requests that wait for their replies.
    under_way: BTreeSet<u8>,
    random: Random,
}

/// A request whose reply is to come.
pub(crate) struct Asked {
    pub(crate) identifier: u8,
    authenticator: [u8; 16],
    /// The code that the reply must have.
    wanted: u8,
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
        setsockopt(&socket, sockopt::RcvBuf, &RECEIVED)?;
        Ok(Self {
            random: Random::new(NUMBER.fetch_add(1, Ordering::Relaxed)),
            socket,
            secret: secret.to_owned(),
            identifier: 0,
            under_way: BTreeSet::new(),
        })
    }

    /// From here on [`Self::reply`] waits for nothing; what to watch in place of that.
    ///
    /// # Errors
    /// When the socket refuses.
    pub(crate) fn watched(&self) -> Result<RawFd> {
        self.socket.set_nonblocking(true)?;
        Ok(self.socket.as_raw_fd())
    }

    /// A reply that has come: its identifier and what it takes of `room`.
    ///
    /// # Errors
    /// When the server is gone, or it is no packet.
    pub(crate) fn reply<'r>(&self, room: &'r mut [u8]) -> Result<Option<(u8, &'r [u8])>> {
        let size = match self.socket.recv(room) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            received => received?,
        };
        let reply = room.get(..size).unwrap_or_default();
        let identifier = *reply.get(1).context("a datagram that is no packet")?;
        Ok(Some((identifier, reply)))
    }

    /// The size of the reply to a request.
    ///
    /// # Errors
    /// When it is not rightly signed, or of another code than it must have.
    pub(crate) fn judge(&mut self, asked: &Asked, reply: &[u8]) -> Result<usize> {
        self.forget(asked);
        let reply = packet::check(reply, asked.identifier, &asked.authenticator, &self.secret)?;
        ensure!(reply.code == asked.wanted, "code {} in place of {}", reply.code, asked.wanted);
        Ok(reply.size)
    }

    /// Waits no more for the reply to a request.
    pub(crate) fn forget(&mut self, asked: &Asked) {
        self.under_way.remove(&asked.identifier);
    }

    /// The size of the reply to a request, which is waited for.
    fn wait(&mut self, asked: &Asked) -> Result<usize> {
        // Whatever comes of it.
        self.forget(asked);
        let mut room = [0; LONGEST];
        let silence = || io::Error::new(ErrorKind::TimedOut, "no reply");
        let (_, reply) = self.reply(&mut room)?.ok_or_else(silence)?;
        self.judge(asked, reply)
    }

    /// Sends an Access-Request with a Message-Authenticator, to which an Access-Accept must come.
    fn ask(&mut self, attributes: &Attributes, authenticator: [u8; 16]) -> Result<Asked> {
        let identifier = self.free_identifier();
        let request = packet::access(identifier, &authenticator, attributes, &self.secret)?;
        self.socket.send(&request)?;
        Ok(Asked { identifier, authenticator, wanted: ACCEPT })
    }

    /// The next identifier under which no request waits; there are fewer of those than of identifiers.
    fn free_identifier(&mut self) -> u8 {
        self.identifier = self.identifier.wrapping_add(1);
        while self.under_way.contains(&self.identifier) {
            self.identifier = self.identifier.wrapping_add(1);
        }
        self.under_way.insert(self.identifier);
        self.identifier
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
        let mut buffer = [0; LONGEST];
        let size = self.socket.recv(&mut buffer)?;
        let reply = buffer.get(..size).unwrap_or_default();
        packet::check(reply, self.identifier, authenticator, &self.secret)
    }
}
