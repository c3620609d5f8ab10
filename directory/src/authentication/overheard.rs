//! Proofs that were refused unseen, because everybody on the way could read them, or for what came beside
//! them.

use core::net::IpAddr;

use super::attempt::{Attempt, Channel, Door, OVERHEARD, Who};
use crate::access::Identity;
use crate::directory::Directory;
use crate::error::Error;
use crate::events::{Action, Allowance, Untold};
use crate::id::OrganizationId;
use crate::time::Time;

/// How many proofs of an organization are told in a minute although nobody looked at them.
const TOLD: Allowance = Allowance { all: 60, of_one: 10 };

impl Directory {
    /// Tells an organization, if it is active, that somebody came for one of its accounts whose
    /// proof was refused unseen: by an event, and in the recorder of a service account. So many of
    /// each organization are told in a minute, and of each source; the others are counted. Nothing
    /// counts against anybody.
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
        if attempt.organization.is_none() {
            return Ok(());
        }
        let overheard = self.inner.tools.recorder().overheard();
        let (told, before) = overheard.take(organization, Some(source), TOLD, now);
        if let Some(untold) = before {
            self.note_untold_proofs(organization, untold);
        }
        if told {
            let _outcome = self.reject(&attempt, OVERHEARD);
        }
        Ok(())
    }

    /// Takes note in the recorder of a service account, if its organization is active, that somebody came
    /// for it with controls that are not known, one of them critical, so that nobody looked at the proof.
    /// So many of each organization are noted in a minute, and of each source, and few are kept: whoever
    /// makes them up hides nothing but others like them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_unknown_controls(
        &self,
        organization: OrganizationId,
        who: Who,
        controls: &[String],
        (source, now): (IpAddr, Time),
    ) -> Result<(), Error> {
        let snapshot = self.inner.store.read()?;
        let mut attempt = Attempt::new(who, Door::Ldap(Channel::Clear), source, now);
        attempt.look_up(self, &snapshot, Some(organization))?;
        let identity = attempt.account.as_ref().map(|account| account.identity);
        let Some(Identity::ServiceAccount(account)) = identity else { return Ok(()) };
        let recorder = self.inner.tools.recorder();
        for control in controls {
            if recorder.refused().take(organization, Some(source), TOLD, now).0 {
                recorder.note_refused((organization, account), control, now);
            }
        }
        Ok(())
    }

    /// Tells of the proofs that were only counted, once their minute is over.
    pub(crate) fn tell_untold_proofs(&self, now: Time) {
        // Of controls none are missed beyond those that are noted.
        let _uncounted = self.inner.tools.recorder().refused().over(now);
        for (organization, untold) in self.inner.tools.recorder().overheard().over(now) {
            self.note_untold_proofs(organization, untold);
        }
    }

    fn note_untold_proofs(&self, organization: OrganizationId, untold: Untold) {
        let words = "binds in clear within a minute beside those that are told";
        self.note_untold(organization.into(), (Action::LdapBind, None), words, untold);
    }
}
