//! The RADIUS clients that may be behind an address, with their secrets made ready.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use directory::{Directory, Error, Gear, OrganizationId, RadiusClientId, Time};
use radius::{Candidate, Secret};

/// Names a RADIUS client to the protocol.
pub(crate) type ClientKey = (OrganizationId, RadiusClientId);

/// The directory's table of RADIUS clients, with each secret's keys prepared once.
#[derive(Default)]
pub(crate) struct Candidates {
    gear: Option<Arc<Gear>>,
    secrets: Vec<Option<Secret>>,
    /// Those that were shared before, by the same positions, and until when they count.
    previous: HashMap<usize, (Secret, Time)>,
}

impl Candidates {
    /// Follows the directory, which says so when its table has changed.
    ///
    /// # Errors
    /// When the directory fails.
    pub(crate) fn refresh(&mut self, directory: &Directory) -> Result<(), Error> {
        let gear = directory.gear()?;
        if self.gear.as_ref().is_some_and(|known| Arc::ptr_eq(known, &gear)) {
            return Ok(());
        }
        // An empty secret proves nothing; the directory accepts none.
        let prepare = |client: &directory::GearClient| Secret::new(client.secret.expose()).ok();
        self.secrets = gear.clients().iter().map(prepare).collect();
        let previous = gear.clients().iter().enumerate().filter_map(|(position, client)| {
            let (secret, until) = client.previous.as_ref()?;
            Some((position, (Secret::new(secret.expose()).ok()?, *until)))
        });
        self.previous = previous.collect();
        self.gear = Some(gear);
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
        found.flat_map(move |(position, precision, client)| {
            let candidate = move |secret| Candidate {
                client: (client.organization, client.client),
                secret,
                require_message_authenticator: client.require_message_authenticator,
                limit_proxy_state: client.limit_proxy_state,
                precision,
            };
            let current = self.secrets.get(position).and_then(Option::as_ref);
            let previous = client.previous.as_ref().and_then(|_| self.previous.get(&position));
            let previous = previous.filter(|(_, until)| now() < *until).map(|(secret, _)| secret);
            current.into_iter().chain(previous).map(candidate)
        })
    }
}
