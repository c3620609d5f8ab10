//! The RADIUS clients that may be behind an address, with their secrets made ready.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use directory::{Directory, Error, Gear, GearSecret, OrganizationId, RadiusClientId, Time};
use radius::{Candidate, Secret, Slate};

use super::crowd::Crowd;

/// Names a RADIUS client to the protocol.
pub(crate) type ClientKey = (OrganizationId, RadiusClientId);

/// The directory's table of RADIUS clients, as a socket sees it.
#[derive(Default)]
pub(crate) struct Candidates {
    gear: Option<Arc<Gear>>,
    pub(super) crowd: Crowd,
}

impl Candidates {
    /// Follows the directory.
    ///
    /// # Errors
    /// When the directory fails.
    pub(crate) fn refresh(&mut self, directory: &Directory) -> Result<(), Error> {
        self.gear = Some(directory.gear()?);
        Ok(())
    }

    /// Whose gear seems to be at an address and port: nothing is proven of it.
    pub(crate) fn owner(&self, source: SocketAddr) -> Option<OrganizationId> {
        let known = self.crowd.known(&source).map(|(organization, _)| organization);
        let first = || self.gear.as_ref()?.candidates(source.ip()).next();
        known.or_else(|| first().map(|(_, client)| client.organization))
    }

    /// The clients that a datagram may be of, those of the narrowest networks first; the time is
    /// asked for where a client has two secrets. Before them comes whose gear was known there, where
    /// there are many, and who took too many tries elsewhere; where too many secrets were tried, the
    /// clients met there last are all.
    pub(crate) fn of(
        &self,
        source: SocketAddr,
        now: impl Fn() -> Time + Copy,
        monotonic: Duration,
    ) -> Slate<impl Iterator<Item = Candidate<'_, ClientKey>>> {
        let address = source.ip();
        let is_cut = self.crowd.is_spent(&source, monotonic);
        let met = if is_cut { self.crowd.met_at(&address) } else { &[] };
        let known = self.crowd.known(&source).into_iter();
        let guesses = known.chain(met.iter().copied()).chain(self.crowd.spenders(monotonic));
        let guesses = guesses.filter_map(move |(organization, client)| {
            Some((0, self.gear.as_ref()?.client(organization, client, address)?, true))
        });
        let gear = self.gear.iter().filter(move |_| !is_cut);
        let found = gear.flat_map(move |gear| gear.candidates(address));
        let found = found.map(|(precision, client)| (precision, client, false));
        let all = guesses.chain(found).flat_map(move |(precision, client, is_guess)| {
            let candidate = move |secret| Candidate {
                client: (client.organization, client.client),
                secret,
                require_message_authenticator: client.require_message_authenticator,
                limit_proxy_state: client.limit_proxy_state,
                precision,
                is_guess,
            };
            let current = prepared(&client.secret);
            let previous = client.previous.as_ref().filter(|(_, until)| now() < *until);
            let previous = previous.and_then(|(secret, _)| prepared(secret));
            current.into_iter().chain(previous).map(candidate)
        });
        Slate { all, is_cut }
    }
}

/// A secret with its keys, which are made once for all sockets. An empty one proves nothing; the
/// directory accepts none.
fn prepared(secret: &GearSecret) -> Option<&Secret> {
    secret.made(|octets| Secret::new(octets).ok())?.as_ref()
}
