//! Proofs that were refused unseen, because everybody on the way could read them.

use core::net::IpAddr;

use super::attempt::{Attempt, Channel, Door, OVERHEARD, Who};
use crate::directory::Directory;
use crate::error::Error;
use crate::id::OrganizationId;
use crate::time::Time;

impl Directory {
    /// Tells an organization, if it is active, that somebody came for one of its accounts whose
    /// proof was refused unseen: by an event, and in the recorder of a service account. So many of
    /// each organization are told in a minute; nothing is counted against anybody.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_overheard(
        &self,
        organization: OrganizationId,
        who: Who,
        source: IpAddr,
        now: Time,
    ) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        let mut attempt = Attempt::new(who, Door::Ldap(Channel::Clear), source, now);
        attempt.look_up(self, &snapshot, Some(organization))?;
        if attempt.organization.is_some() && self.inner.tools.recorder().has_room(organization, now)
        {
            let _outcome = self.reject(&attempt, OVERHEARD);
        }
        Ok(())
    }
}
