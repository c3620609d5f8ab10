//! Times of rules that begin and end: sessions are looked at again then, as after an edit.

use std::collections::BTreeMap;

use storage::{Change, Reading as _};

use super::is_active;
use crate::access::{Actor, Context};
use crate::collections::Site;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, Place};
use crate::records::{RuleTimes, THE_ONLY_ONE};
use crate::time::Time;

impl Directory {
    /// Has sessions looked at again of whose RADIUS client a time of a rule has begun or ended since this
    /// was done before, if the client asks for it; says of how many clients one has. How times stood is
    /// kept, so it may have been done before by another process, days ago. An organization that fails
    /// does not keep the others from theirs.
    ///
    /// # Errors
    /// The first failure of the store.
    pub fn follow_rule_times(&self, now: Time) -> Result<usize, Error> {
        let mut organizations = BTreeMap::<OrganizationId, RuleTimes>::new();
        for client in self.gear()?.clients() {
            if let Some(met) = client.policy.times_met(now) {
                let times = organizations.entry(client.organization).or_default();
                times.clients.push((client.client, met));
            }
        }
        let (mut turned, mut first) = (0, None);
        for (organization, times) in organizations {
            match self.follow_times_of(organization, times, now) {
                Ok(count) => turned += count,
                Err(error) => first = first.or(Some(error)),
            }
        }
        first.map_or(Ok(turned), Err)
    }

    fn follow_times_of(
        &self,
        organization: OrganizationId,
        times: RuleTimes,
        now: Time,
    ) -> Result<usize, Error> {
        let partition = organization.partition();
        let stood = self.inner.store.read()?.get::<RuleTimes>(partition, THE_ONLY_ONE)?;
        if stood.as_ref() == Some(&times) {
            return Ok(0);
        }
        let tools = self.inner.tools.clone();
        let turn = move |change: &mut Change<'_>| {
            if !is_active(&*change, organization)? {
                return Ok(0);
            }
            let stood = change.get::<RuleTimes>(partition, THE_ONLY_ONE)?.unwrap_or_default();
            let turned = times.turned_since(&stood);
            change.put(partition, THE_ONLY_ONE, &times)?;
            let context = Context { actor: Actor::nobody(), source: None, now, request: None };
            let place = Place::Organization(organization);
            let mut site = Site { source: change, place, context: &context, tools: &tools };
            site.note_turned_times(&turned)?;
            Ok::<_, Error>(turned.len())
        };
        Ok(self.inner.store.write(turn)?)
    }
}
