//! Looking for events of several organizations at once.

use uuid::Uuid;

use super::Numbered;
use super::query::EventQuery;
use super::reading::LOOKED_AT;
use crate::access::{Grant, View};
use crate::directory::ReadingTransaction;
use crate::error::Error;
use crate::id::OrganizationId;

/// The most organizations whose events are looked for at once.
pub const AMONG: usize = 1_000;
/// So many events of each are looked at, however many organizations there are.
const OF_EACH: usize = 64;

/// Some events of several organizations, the newest first.
#[derive(Debug)]
pub struct EventsAmong {
    /// The events, each with the id of its organization.
    pub events: Vec<(Uuid, Numbered)>,
    /// The number of the event behind which an older one may be wanted; none at the end.
    pub next: Option<u64>,
}

impl ReadingTransaction {
    /// The events of some organizations that are wanted, the newest first, of those before a
    /// number; at most `limit`. At most [`AMONG`] organizations are asked for.
    ///
    /// # Errors
    /// `Refused` where one of them may not be looked at; when the event log cannot be read.
    pub fn find_events_among(
        &self,
        organizations: &[(OrganizationId, Uuid)],
        query: &EventQuery,
        before: Option<u64>,
        limit: usize,
    ) -> Result<EventsAmong, Error> {
        let organizations = organizations.get(..AMONG).unwrap_or(organizations);
        let most = (query.most(LOOKED_AT) / organizations.len().max(1)).max(OF_EACH);
        let (mut events, mut horizon) = (Vec::new(), 0);
        for (organization, id) in organizations {
            let grant: Grant<'_, _, View> = self.authorize(*organization)?;
            let page = grant.find_events_within(query, before, (limit, most))?;
            events.extend(page.events.into_iter().map(|event| (*id, event)));
            // Of what lies before, this one may have some that were not looked at.
            horizon = page.next.map_or(horizon, |next| horizon.max(next));
        }
        events.retain(|(_, event)| event.sequence >= horizon);
        events.sort_unstable_by_key(|(_, event)| std::cmp::Reverse(event.sequence));
        let more = events.len() > limit;
        events.truncate(limit);
        let last = events.last().map(|(_, event)| event.sequence);
        let next = if more { last } else { Some(horizon).filter(|horizon| *horizon > 0) };
        Ok(EventsAmong { events, next })
    }
}
