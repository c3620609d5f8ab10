//! Looking for events of several organizations at once.

use std::cmp::Reverse;

use uuid::Uuid;

use super::Numbered;
use super::query::EventQuery;
use super::reading::{Bounds, EventPage, EventStart, LOOKED_AT};
use crate::access::{Grant, View};
use crate::directory::ReadingTransaction;
use crate::error::Error;
use crate::id::OrganizationId;

/// The most organizations whose events are looked for at once.
pub const AMONG: usize = 10_000;
/// So many events of each are looked at, however many organizations there are.
const OF_EACH: usize = 64;

/// Some events of several organizations, in the order that was asked for.
#[derive(Debug)]
pub struct EventsAmong {
    /// The events, each with the id of its organization.
    pub events: Vec<(Uuid, Numbered)>,
    /// The number of the event behind which another may be wanted; none at the end.
    pub next: Option<u64>,
}

/// What is looked for in each organization.
#[derive(Clone, Copy)]
struct Asked<'q> {
    query: &'q EventQuery,
    start: EventStart,
    bounds: Bounds,
}

/// Who has events on a page.
struct Ahead {
    organizations: Vec<(OrganizationId, Uuid)>,
    /// Behind which rank others may have some that were not looked at.
    horizon: u64,
    /// Whether others have some behind those of the page.
    left_out: bool,
}

impl ReadingTransaction {
    /// The events of some organizations that are wanted, from where a page begins; at most `limit`.
    /// At most [`AMONG`] organizations are asked for.
    ///
    /// # Errors
    /// `Refused` where one of them may not be looked at; when the event log cannot be read.
    pub fn find_events_among(
        &self,
        organizations: &[(OrganizationId, Uuid)],
        query: &EventQuery,
        start: EventStart,
        limit: usize,
    ) -> Result<EventsAmong, Error> {
        let organizations = organizations.get(..AMONG).unwrap_or(organizations);
        let most = (query.most(LOOKED_AT) / organizations.len().max(1)).max(OF_EACH);
        let until = self.shown_until(organizations, start)?;
        let asked = Asked { query, start, bounds: Bounds { limit, most, until } };
        let Ahead { organizations, mut horizon, left_out } = self.ahead(organizations, asked)?;
        let mut events = Vec::new();
        for (organization, id) in organizations {
            let page = self.events_of(organization, asked)?;
            events.extend(page.events.into_iter().map(|event| (id, event)));
            // Of what lies behind, this one may have some that were not looked at.
            horizon = page.next.map_or(horizon, |next| horizon.max(start.rank(next)));
        }
        events.retain(|(_, event)| start.rank(event.sequence) >= horizon);
        events.sort_unstable_by_key(|(_, event)| Reverse(start.rank(event.sequence)));
        // What the horizon cuts off lies before what was left out.
        let more = events.len() > limit || (left_out && (events.len() == limit || horizon == 0));
        events.truncate(limit);
        let last = events.last().map(|(_, event)| event.sequence);
        let next = if more { last } else { (horizon > 0).then(|| start.rank(horizon)) };
        Ok(EventsAmong { events, next })
    }

    /// The highest number that is shown. What is written while one organization after another is
    /// looked at would be shown of some of them, and what others have before it be passed over by the
    /// next page, where that goes on with what is newer.
    fn shown_until(
        &self,
        organizations: &[(OrganizationId, Uuid)],
        start: EventStart,
    ) -> Result<u64, Error> {
        let mut until = u64::MAX;
        if let EventStart::After(_) = start {
            for (organization, _) in organizations {
                until = self.authorize::<View>(*organization)?.newest_settled();
            }
        }
        Ok(until)
    }

    /// Finds out who has events on a page: whose first one comes behind as many others' has none.
    fn ahead(
        &self,
        organizations: &[(OrganizationId, Uuid)],
        asked: Asked<'_>,
    ) -> Result<Ahead, Error> {
        let Asked { start, bounds, .. } = asked;
        let limit = bounds.limit;
        if organizations.len() <= limit {
            let organizations = organizations.to_vec();
            return Ok(Ahead { organizations, horizon: 0, left_out: false });
        }
        let alone = Asked { bounds: Bounds { limit: 1, ..bounds }, ..asked };
        let (mut firsts, mut horizon) = (Vec::new(), 0);
        for (organization, id) in organizations {
            let page = self.events_of(*organization, alone)?;
            match page.events.first() {
                Some(first) => firsts.push((start.rank(first.sequence), *organization, *id)),
                // It may have some that were not looked at.
                None => horizon = page.next.map_or(horizon, |next| horizon.max(start.rank(next))),
            }
        }
        firsts.sort_unstable_by_key(|(rank, ..)| Reverse(*rank));
        let left_out = firsts.len() > limit;
        firsts.truncate(limit);
        let organizations = firsts.into_iter().map(|(_, organization, id)| (organization, id));
        Ok(Ahead { organizations: organizations.collect(), horizon, left_out })
    }

    fn events_of(
        &self,
        organization: OrganizationId,
        Asked { query, start, bounds }: Asked<'_>,
    ) -> Result<EventPage, Error> {
        let grant: Grant<'_, _, View> = self.authorize(organization)?;
        grant.find_events_within(query, start, bounds)
    }

    /// The number of the last event that an export of several organizations is to look at. What was
    /// told before is written when this returns, and looked at.
    ///
    /// # Errors
    /// `Refused` where one of them may not be looked at; when the event log cannot be written.
    pub fn export_end_among(&self, organizations: &[(OrganizationId, Uuid)]) -> Result<u64, Error> {
        let mut end = None;
        for (organization, _) in organizations {
            let grant: Grant<'_, _, View> = self.authorize(*organization)?;
            if end.is_none() {
                end = Some(grant.export_end()?);
            }
        }
        Ok(end.unwrap_or(0))
    }
}
