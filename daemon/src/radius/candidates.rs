//! The RADIUS clients that may be behind an address, with their secrets made ready.

use std::net::IpAddr;
use std::sync::Arc;

use directory::{Directory, Error, Gear, GearSecret, OrganizationId, RadiusClientId, Time};
use radius::{Candidate, Secret};

/// Names a RADIUS client to the protocol.
pub(crate) type ClientKey = (OrganizationId, RadiusClientId);

/// The directory's table of RADIUS clients, as a socket sees it.
#[derive(Default)]
pub(crate) struct Candidates {
    gear: Option<Arc<Gear>>,
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

    /// The clients that an address may belong to, those of the narrowest networks first; the time
    /// is asked for where a client has two secrets.
    pub(crate) fn of(
        &self,
        address: IpAddr,
        now: impl Fn() -> Time + Copy,
    ) -> impl Iterator<Item = Candidate<'_, ClientKey>> {
        let found = self.gear.iter().flat_map(move |gear| gear.candidates(address));
        found.flat_map(move |(precision, client)| {
            let candidate = move |secret| Candidate {
                client: (client.organization, client.client),
                secret,
                require_message_authenticator: client.require_message_authenticator,
                limit_proxy_state: client.limit_proxy_state,
                precision,
            };
            let current = prepared(&client.secret);
            let previous = client.previous.as_ref().filter(|(_, until)| now() < *until);
            let previous = previous.and_then(|(secret, _)| prepared(secret));
            current.into_iter().chain(previous).map(candidate)
        })
    }
}

/// A secret with its keys, which are made once for all sockets. An empty one proves nothing; the
/// directory accepts none.
fn prepared(secret: &GearSecret) -> Option<&Secret> {
    secret.made(|octets| Secret::new(octets).ok())?.as_ref()
}
