//! Counting events of several organizations at once.
//!
//! All events of the log are numbered in one row, so that so many numbers hold no more events than
//! that. From the newest event on that may be wanted some numbers are looked at, then twice as many
//! before them, and so on: each stretch in all organizations before the next one. A stretch counts as
//! a whole or not at all, so that what was counted is all from some event on, whosever it is.

use std::collections::BTreeMap;

use storage::{Snapshot, Stored};
use uuid::Uuid;

use super::among::AMONG;
use super::query::EventQuery;
use super::reading::{COUNTED, COUNTS, CountBy, EventCounts, decoded};
use crate::access::{Grant, View};
use crate::directory::ReadingTransaction;
use crate::error::Error;
use crate::id::OrganizationId;
use crate::time::Time;

/// So many numbers are looked at first: all bounds have room for so many events, and nine stretches
/// come close to [`COUNTED`] where all of their events are looked at.
const FIRST: u64 = 3_900;

/// What is counted, and how.
struct Counting<'q> {
    query: &'q EventQuery,
    start: &'q dyn Fn(Time) -> Time,
    by: CountBy,
}

/// How many events happened in an interval that have something in common.
type Counts = BTreeMap<(Time, Option<String>), u64>;

/// What was counted.
#[derive(Default)]
struct Tally {
    counts: Counts,
    /// When the earliest of the counted events happened.
    since: Option<Time>,
    /// How many events were looked at.
    looked: usize,
}

impl ReadingTransaction {
    /// Counts the events of some organizations that are wanted, by interval and by something: as of
    /// one alone the newest, [`COUNTED`] at most (fewer where a text is looked for), with [`COUNTS`]
    /// counts at most. At most [`AMONG`] organizations are asked for.
    ///
    /// # Errors
    /// `Refused` where one of them may not be looked at; when the event log cannot be read.
    pub fn count_events_among(
        &self,
        organizations: &[(OrganizationId, Uuid)],
        query: &EventQuery,
        start: &dyn Fn(Time) -> Time,
        by: CountBy,
    ) -> Result<EventCounts, Error> {
        let organizations = organizations.get(..AMONG).unwrap_or(organizations);
        let mut grants = Vec::new();
        for (organization, id) in organizations {
            grants.push((self.authorize::<View>(*organization)?, *id));
        }
        let mut settled = 0_u64;
        for (grant, _) in &grants {
            settled = grant.newest_settled();
        }
        // What is wanted may be old: stretches without any of it would have become so wide by then
        // that there is no room for the first one with some.
        let mut newest = 0_u64;
        for (grant, _) in &grants {
            newest = newest.max(grant.newest_wanted(query, settled)?);
        }
        let counting = Counting { query, start, by };
        let (mut tally, mut complete) = (Tally::default(), true);
        let (mut before, mut width) = (newest.saturating_add(1), FIRST);
        while complete && before > 1 {
            let after = before.saturating_sub(width).saturating_sub(1);
            match counting.stretch(&grants, (after, before), &tally)? {
                Some(stretch) => tally.add(stretch),
                None => complete = false,
            }
            (before, width) = (after.saturating_add(1), width.saturating_mul(2));
        }
        let Tally { counts, since, .. } = tally;
        let counts = counts.into_iter().map(|((start, key), count)| (start, key, count)).collect();
        Ok(EventCounts { counts, complete, since })
    }
}

impl Counting<'_> {
    /// Counts what has a number between two; nothing where there is no room for all of it beside what
    /// was counted already.
    fn stretch(
        &self,
        grants: &[(Grant<'_, &Snapshot, View>, Uuid)],
        (after, before): (u64, u64),
        former: &Tally,
    ) -> Result<Option<Tally>, Error> {
        let most = self.query.most(COUNTED).saturating_sub(former.looked);
        let (mut tally, mut fresh) = (Tally::default(), 0);
        for (grant, id) in grants {
            let left = most.saturating_sub(tally.looked);
            let take = &mut |stored: Stored| {
                tally.looked += 1;
                let event = decoded(&stored).map(|it| it.event);
                let Some(event) = event.filter(|event| self.query.admits(event)) else {
                    return true;
                };
                let key = ((self.start)(event.at), self.by.key(Some(*id), &event));
                let is_known = former.counts.contains_key(&key);
                let count = tally.counts.entry(key).or_default();
                fresh += usize::from(*count == 0 && !is_known);
                *count += 1;
                tally.since = Some(tally.since.map_or(event.at, |since| since.min(event.at)));
                former.counts.len() + fresh <= COUNTS
            };
            if !grant.look_between(self.query, (after, before, left), take)? {
                return Ok(None);
            }
        }
        Ok(Some(tally))
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        for (key, count) in other.counts {
            *self.counts.entry(key).or_default() += count;
        }
        self.since = self.since.into_iter().chain(other.since).min();
        self.looked += other.looked;
    }
}
