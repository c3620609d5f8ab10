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

/// How times of an organization's rules stand, by the rules that count now.
#[derive(Default)]
struct Stand {
    now: RuleTimes,
    /// How they would have stood when that was looked at last.
    before: RuleTimes,
}

impl Directory {
    /// Has sessions looked at again of whose RADIUS client a time of a rule has begun or ended since this
    /// was done before, if the client asks for it; says of how many clients one has. How times stood is
    /// kept, so it may have been done before by another process, days ago; `before` is when this process
    /// did it last, since rules may have been edited in between. An organization that fails does not keep
    /// the others from theirs.
    ///
    /// # Errors
    /// The first failure of the store.
    pub fn follow_rule_times(&self, before: Option<Time>, now: Time) -> Result<usize, Error> {
        let mut organizations = BTreeMap::<OrganizationId, Stand>::new();
        for client in self.gear()?.clients() {
            // Where no client asks, nothing is to be kept of those that did.
            let stand = organizations.entry(client.organization).or_default();
            let Some(met) = client.policy.times_met(now) else { continue };
            let stood = before.and_then(|before| client.policy.times_met(before));
            stand.now.clients.push((client.client, met));
            stand.before.clients.push((client.client, stood.unwrap_or(met)));
        }
        let (mut turned, mut first) = (0, None);
        for (organization, stand) in organizations {
            match self.follow_times_of(organization, stand, now) {
                Ok(count) => turned += count,
                Err(error) => first = first.or(Some(error)),
            }
        }
        first.map_or(Ok(turned), Err)
    }

    fn follow_times_of(
        &self,
        organization: OrganizationId,
        stand: Stand,
        now: Time,
    ) -> Result<usize, Error> {
        let partition = organization.partition();
        let stood = self.inner.store.read()?.get::<RuleTimes>(partition, THE_ONLY_ONE)?;
        if stand.now == stood.unwrap_or_default() && stand.now == stand.before {
            return Ok(0);
        }
        let tools = self.inner.tools.clone();
        let turn = move |change: &mut Change<'_>| {
            if !is_active(&*change, organization)? {
                return Ok(0);
            }
            let stood = change.get::<RuleTimes>(partition, THE_ONLY_ONE)?.unwrap_or_default();
            let mut turned = stand.now.turned_since(&stood);
            // What was kept is of the rules before an edit, which may have stood otherwise.
            turned.extend(stand.now.turned_since(&stand.before));
            turned.sort_unstable();
            turned.dedup();
            change.put(partition, THE_ONLY_ONE, &stand.now)?;
            let context = Context { actor: Actor::nobody(), source: None, now, request: None };
            let place = Place::Organization(organization);
            let mut site = Site { source: change, place, context: &context, tools: &tools };
            site.note_turned_times(&turned)?;
            Ok::<_, Error>(turned.len())
        };
        Ok(self.inner.store.write(turn)?)
    }
}
