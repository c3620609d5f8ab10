//! The packets of one connection inside TLS (RFC 6614): as many requests under way as there are identifiers.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::packet;
use super::{ACCEPT, NUMBER, pap};
use crate::data::Random;

/// Requests that can be under way on one connection.
pub(crate) const IDENTIFIERS: usize = 256;
/// The secret of all packets inside TLS (RFC 6614 section 2.3).
const SECRET: &str = "radsec";
/// How long packets are (RFC 2865 section 3).
const LENGTHS: std::ops::RangeInclusive<usize> = 20..=4096;

/// What is under way on a connection.
pub(crate) struct Channel {
    random: Random,
    identifier: u8,
    under: BTreeMap<u8, Under>,
}

/// A request whose reply is to come.
struct Under {
    authenticator: [u8; 16],
    asked: Instant,
}

impl Channel {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let random = Random::new(NUMBER.fetch_add(1, Ordering::Relaxed));
        Self { random, identifier: 0, under: BTreeMap::new() }
    }

    /// How many requests are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.under.len()
    }

    /// Since when the one waits that has waited longest.
    pub(crate) fn waiting_since(&self) -> Option<Instant> {
        self.under.values().map(|under| under.asked).min()
    }

    /// A request, asked now, whether `user` may come in with `password`.
    ///
    /// # Errors
    /// When no identifier is free, or the name is too long.
    pub(crate) fn ask_pap(&mut self, user: &str, password: &str, now: Instant) -> Result<Vec<u8>> {
        ensure!(self.under.len() < IDENTIFIERS, "no identifier is free");
        self.identifier = self.identifier.wrapping_add(1);
        while self.under.contains_key(&self.identifier) {
            self.identifier = self.identifier.wrapping_add(1);
        }
        let authenticator = self.random.octets();
        let attributes = pap::attributes(SECRET, &authenticator, user, password)?;
        let request = packet::access(self.identifier, &authenticator, &attributes, SECRET)?;
        self.under.insert(self.identifier, Under { authenticator, asked: now });
        Ok(request)
    }

    /// Takes the reply that `input` begins with, once it is whole: its size, and when it was asked for.
    ///
    /// # Errors
    /// When it answers nothing, is not rightly signed, or no Access-Accept.
    pub(crate) fn answer(&mut self, input: &[u8]) -> Result<Option<(usize, Instant)>> {
        let [_, identifier, high, low, ..] = *input else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        ensure!(LENGTHS.contains(&length), "a reply of {length} octets");
        let Some(reply) = input.get(..length) else { return Ok(None) };
        let under = self.under.remove(&identifier);
        let Under { authenticator, asked } = under.context("a reply that answers nothing")?;
        packet::check_message(reply, &authenticator, SECRET)?;
        let reply = packet::check(reply, identifier, &authenticator, SECRET)?;
        ensure!(reply.code == ACCEPT, "code {} in place of {ACCEPT}", reply.code);
        Ok(Some((reply.size, asked)))
    }
}
