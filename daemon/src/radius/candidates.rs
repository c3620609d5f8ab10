//! The RADIUS clients that may be behind an address, with their secrets made ready.

use std::net::IpAddr;
use std::sync::Arc;

use directory::{Directory, Error, Gear, OrganizationId, RadiusClientId};
use radius::{Candidate, Secret};

/// Names a RADIUS client to the protocol.
pub(crate) type ClientKey = (OrganizationId, RadiusClientId);

/// The directory's table of RADIUS clients, with each secret's keys prepared once.
#[derive(Default)]
pub(crate) struct Candidates {
    gear: Option<Arc<Gear>>,
    secrets: Vec<Option<Secret>>,
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
        self.gear = Some(gear);
        Ok(())
    }

    /// The clients that an address may belong to, those of the narrowest networks first.
    pub(crate) fn of(&self, address: IpAddr) -> impl Iterator<Item = Candidate<'_, ClientKey>> {
        let found = self.gear.iter().flat_map(move |gear| gear.candidates(address));
        found.filter_map(|(position, precision, client)| {
            let secret = self.secrets.get(position)?.as_ref()?;
            Some(Candidate {
                client: (client.organization, client.client),
                secret,
                require_message_authenticator: client.require_message_authenticator,
                limit_proxy_state: client.limit_proxy_state,
                precision,
            })
        })
    }
}
