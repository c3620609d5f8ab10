//! A RADIUS client (PAP) that signs its requests and checks its replies.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};

use crate::data::Random;

/// How long a reply may take; there are no retries.
const PATIENCE: Duration = Duration::from_secs(5);
/// Header, then Message-Authenticator: where its value stands.
const SIGNATURE: std::ops::Range<usize> = 22..38;

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
            socket,
            secret: secret.to_owned(),
            identifier: 0,
            random: Random::new(u64::from(source.to_bits())),
        })
    }

    /// Waits this long for a reply from here on.
    ///
    /// # Errors
    /// When the socket refuses.
    pub(crate) fn patience(&self, patience: Duration) -> Result<()> {
        Ok(self.socket.set_read_timeout(Some(patience))?)
    }

    /// Asks whether `user` may come in with `password`; the size of the reply.
    ///
    /// # Errors
    /// When there is no reply, or any other than a rightly signed Access-Accept.
    pub(crate) fn pap(&mut self, user: &str, password: &str) -> Result<usize> {
        self.identifier = self.identifier.wrapping_add(1);
        let authenticator = self.random.octets();
        let request = self.encode(&authenticator, user, password)?;
        self.socket.send(&request)?;
        let mut buffer = [0; 4096];
        let size = self.socket.recv(&mut buffer)?;
        let reply = buffer.get(..size).unwrap_or_default();
        self.check(reply, &authenticator)?;
        Ok(size)
    }

    fn encode(&self, authenticator: &[u8; 16], user: &str, password: &str) -> Result<Vec<u8>> {
        let mut packet = Vec::with_capacity(128);
        packet.extend([1, self.identifier, 0, 0]);
        packet.extend(authenticator);
        push(&mut packet, 80, &[0; 16])?;
        push(&mut packet, 1, user.as_bytes())?;
        push(&mut packet, 2, &self.hide(authenticator, password))?;
        push(&mut packet, 32, b"bench")?;
        push(&mut packet, 5, &[0, 0, 0, 1])?;
        let length = u16::try_from(packet.len())?.to_be_bytes();
        let place = packet.get_mut(2..4).context("no header")?;
        place.copy_from_slice(&length);
        let mut signature = Hmac::<Md5>::new_from_slice(self.secret.as_bytes())?;
        signature.update(&packet);
        let place = packet.get_mut(SIGNATURE).context("no place to sign")?;
        place.copy_from_slice(&signature.finalize().into_bytes());
        Ok(packet)
    }

    /// User-Password as RFC 2865 5.2 hides it.
    fn hide(&self, authenticator: &[u8; 16], password: &str) -> Vec<u8> {
        let mut hidden: Vec<u8> = Vec::with_capacity(32);
        let mut chain = authenticator.to_vec();
        for block in password.as_bytes().chunks(16) {
            let key = Md5::new_with_prefix(&self.secret).chain_update(&chain).finalize();
            let padded = block.iter().chain(std::iter::repeat(&0));
            chain = key.iter().zip(padded).map(|(k, p)| k ^ p).collect();
            hidden.extend(&chain);
        }
        hidden
    }

    /// Checks code, identifier and Response Authenticator.
    fn check(&self, reply: &[u8], authenticator: &[u8; 16]) -> Result<()> {
        let (head, rest) = reply.split_at_checked(4).context("reply too short")?;
        let (signature, attributes) = rest.split_at_checked(16).context("reply too short")?;
        ensure!(head.starts_with(&[2, self.identifier]), "reply {head:?}");
        let expected = Md5::new_with_prefix(head)
            .chain_update(authenticator)
            .chain_update(attributes)
            .chain_update(&self.secret)
            .finalize();
        ensure!(expected.as_slice() == signature, "reply not signed by the secret");
        Ok(())
    }
}

fn push(packet: &mut Vec<u8>, attribute: u8, value: &[u8]) -> Result<()> {
    packet.extend([attribute, u8::try_from(value.len() + 2)?]);
    packet.extend(value);
    Ok(())
}
