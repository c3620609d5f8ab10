//! Looking for events of several organizations at once.

use std::cmp::Reverse;

use uuid::Uuid;

use super::Numbered;
use super::query::EventQuery;
use super::reading::{EventPage, LOOKED_AT};
use crate::access::{Grant, View};
use crate::directory::ReadingTransaction;
use crate::error::Error;
use crate::id::OrganizationId;

/// The most organizations whose events are looked for at once.
pub const AMONG: usize = 10_000;
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

/// Who has events on a page.
struct Ahead {
    organizations: Vec<(OrganizationId, Uuid)>,
    /// Before which number others may have some that were not looked at.
    horizon: u64,
    /// Whether others have some behind those of the page.
    left_out: bool,
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
        let bounds = (limit, most);
        let Ahead { organizations, mut horizon, left_out } =
            self.ahead(organizations, query, before, bounds)?;
        let mut events = Vec::new();
        for (organization, id) in organizations {
            let page = self.events_of(organization, query, before, bounds)?;
            events.extend(page.events.into_iter().map(|event| (id, event)));
            // Of what lies before, this one may have some that were not looked at.
            horizon = page.next.map_or(horizon, |next| horizon.max(next));
        }
        events.retain(|(_, event)| event.sequence >= horizon);
        events.sort_unstable_by_key(|(_, event)| Reverse(event.sequence));
        // What the horizon cuts off lies before what was left out.
        let more = events.len() > limit || (left_out && (events.len() == limit || horizon == 0));
        events.truncate(limit);
        let last = events.last().map(|(_, event)| event.sequence);
        let next = if more { last } else { Some(horizon).filter(|horizon| *horizon > 0) };
        Ok(EventsAmong { events, next })
    }

    /// Finds out who has events on a page: whose newest one comes behind as many others' has none.
    fn ahead(
        &self,
        organizations: &[(OrganizationId, Uuid)],
        query: &EventQuery,
        before: Option<u64>,
        (limit, most): (usize, usize),
    ) -> Result<Ahead, Error> {
        if organizations.len() <= limit {
            let organizations = organizations.to_vec();
            return Ok(Ahead { organizations, horizon: 0, left_out: false });
        }
        let (mut newest, mut horizon) = (Vec::new(), 0);
        for (organization, id) in organizations {
            let page = self.events_of(*organization, query, before, (1, most))?;
            match page.events.first() {
                Some(first) => newest.push((first.sequence, *organization, *id)),
                // It may have some that were not looked at.
                None => horizon = page.next.map_or(horizon, |next| horizon.max(next)),
            }
        }
        newest.sort_unstable_by_key(|(sequence, ..)| Reverse(*sequence));
        let left_out = newest.len() > limit;
        newest.truncate(limit);
        let organizations = newest.into_iter().map(|(_, organization, id)| (organization, id));
        Ok(Ahead { organizations: organizations.collect(), horizon, left_out })
    }

    fn events_of(
        &self,
        organization: OrganizationId,
        query: &EventQuery,
        before: Option<u64>,
        (limit, most): (usize, usize),
    ) -> Result<EventPage, Error> {
        let grant: Grant<'_, _, View> = self.authorize(organization)?;
        grant.find_events_within(query, before, (limit, most))
    }
}
