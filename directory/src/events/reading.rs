//! Looking for events, behind a grant.

use std::collections::BTreeMap;

use storage::{ChainEnds, EventError, EventSearch, Snapshot, Stored};
use uuid::Uuid;

use super::query::EventQuery;
use super::spelled::called;
use super::{Event, Numbered, text};
use crate::access::{Grant, View, organization};
use crate::error::{Error, StoreFailure};
use crate::id::Place;
use crate::time::Time;

/// The most events that are looked at for a page; it may then hold fewer than asked for and still
/// go on.
pub const LOOKED_AT: usize = 50_000;
/// The most when what they say has to be looked through.
const LOOKED_THROUGH: usize = 15_000;
/// The most events that are counted at once.
pub const COUNTED: usize = 2_000_000;
/// The most different counts that are given at once.
pub const COUNTS: usize = 10_000;
/// The most events of an export that are read at once.
const EXPORTED: usize = 1_000;
/// No more of them are read at once when they have so many octets.
const EXPORTED_OCTETS: usize = 256 * 1024;

/// Where a page of events begins, and in which order they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventStart {
    /// Those with a lower number, the newest first.
    Before(u64),
    /// Those with a higher number, the oldest first.
    After(u64),
}

impl EventStart {
    /// With the newest.
    pub const NEWEST: Self = Self::Before(u64::MAX);
    /// With the oldest.
    pub const OLDEST: Self = Self::After(0);

    /// What comes first has a higher rank. The number of a rank is found in the same way.
    pub(super) fn rank(self, sequence: u64) -> u64 {
        match self {
            Self::Before(_) => sequence,
            Self::After(_) => !sequence,
        }
    }
}

/// How much is looked at for a page.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// The most events on it.
    pub(super) limit: usize,
    /// The most events that are looked at.
    pub(super) most: usize,
    /// The highest number that is looked at.
    pub(super) until: u64,
}

/// Some events, in the order that was asked for.
#[derive(Debug)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Numbered>,
    /// The number of the event behind which another may be wanted; none at the end.
    pub next: Option<u64>,
}

/// Some events as an export writes them, the oldest first.
#[derive(Debug)]
pub struct EventLines {
    /// The events.
    pub lines: Vec<EventLine>,
    /// The number of the event behind which another may be wanted; none at the end.
    pub next: Option<u64>,
    /// Whether none was left out.
    pub is_whole: bool,
}

/// An event as an export writes it.
#[derive(Debug)]
pub struct EventLine {
    /// Its members, the hash among them where it has one.
    pub members: serde_json::Map<String, serde_json::Value>,
}

/// Where a chain begins and ends.
#[derive(Debug)]
pub struct EventChain {
    /// The number of the oldest event that is kept, and the hash to which it refers, in
    /// hexadecimal: that of the event before it, or nothing but zeros at the beginning.
    pub oldest: Option<(u64, String)>,
    /// The hash of the newest event, in hexadecimal.
    pub head: String,
}

/// By what events are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountBy {
    /// All together.
    Nothing,
    /// What was done or tried.
    Action,
    /// Who did it, by name, or else by what it is.
    Actor,
    /// To what it was done, by name.
    Subject,
    /// From where.
    Source,
    /// Whether it was done.
    Success,
    /// Whose it is, by the id.
    Organization,
}

/// How many events happened when.
#[derive(Debug)]
pub struct EventCounts {
    /// For each start of an interval and each key, how many; the earliest first.
    pub counts: Vec<(Time, Option<String>, u64)>,
    /// Whether all were counted. If not, all from `since` on were.
    pub complete: bool,
    /// When the earliest of those that were counted happened.
    pub since: Option<Time>,
}

impl EventLine {
    /// The line without its end, as an export in JSON has it.
    pub fn json(&self) -> String {
        text::canonical(&serde_json::Value::Object(self.members.clone()))
    }
}

/// Something that is no event as an export would write it, with a member that says so.
pub(crate) fn trial_of(organization: Option<Uuid>, event: Event) -> String {
    let mut members = text::members(event);
    members.extend(organization.map(|id| ("organization".to_owned(), id.to_string().into())));
    members.insert("test".to_owned(), true.into());
    text::canonical(&serde_json::Value::Object(members))
}

/// An event as an export writes it.
pub(crate) fn line_of(organization: Option<Uuid>, stored: &Stored) -> EventLine {
    EventLine { members: text::line(organization, stored) }
}

impl Grant<'_, &Snapshot, View> {
    /// The place's events that are wanted, from where a page begins; at most `limit`. At most
    /// [`LOOKED_AT`] are looked at. Only what is on the disk is shown, so that a number that was seen
    /// is that of the same event for ever.
    ///
    /// # Errors
    /// When the event log cannot be read.
    pub fn find_events(
        &self,
        query: &EventQuery,
        start: EventStart,
        limit: usize,
    ) -> Result<EventPage, Error> {
        let most = query.most(LOOKED_AT);
        self.find_events_within(query, start, Bounds { limit, most, until: u64::MAX })
    }

    /// The same, of which so much is looked at at most.
    pub(super) fn find_events_within(
        &self,
        query: &EventQuery,
        start: EventStart,
        Bounds { limit, most, until }: Bounds,
    ) -> Result<EventPage, Error> {
        let log = self.tools.events();
        // Whoever made a change finds its event. Where the disk fails what is written is shown.
        let _failed = log.settle(self.place.partition());
        let (behind, shown) = (until.saturating_add(1), self.shown()?);
        let search = EventSearch { before: behind, most, ..self.search(query) };
        let mut events: Vec<Numbered> = Vec::new();
        let is_wanted = |it: &Numbered| query.admits(&it.event) && shown.shows(&it.event);
        let take = &mut |stored: Stored| {
            events.extend(decoded(&stored).filter(is_wanted));
            // One more says whether there are more.
            events.len() <= limit
        };
        let ended = match start {
            EventStart::Before(before) => {
                let search = EventSearch { before: before.min(behind), ..search };
                log.newest_first(&search, take)
            }
            EventStart::After(after) => log.oldest_first(&EventSearch { after, ..search }, take),
        };
        let mut next = ended.map_err(failed)?;
        if events.len() > limit {
            events.truncate(limit);
            next = events.last().map(|last| last.sequence);
        }
        Ok(EventPage { events, next })
    }

    /// The number of the newest event on the disk, of whoever; those of the place's changes that
    /// were made before are there when this returns.
    pub(super) fn newest_settled(&self) -> u64 {
        let log = self.tools.events();
        // Where the disk fails what is written counts.
        let _failed = log.settle(self.place.partition());
        log.end(self.place.partition()).0
    }

    /// The highest number, up to one, of the place's events that may be wanted; nought where there are
    /// none.
    ///
    /// # Errors
    /// When the event log cannot be read.
    pub(super) fn newest_wanted(&self, query: &EventQuery, until: u64) -> Result<u64, Error> {
        let search = EventSearch { before: until.saturating_add(1), ..self.search(query) };
        let found = self.tools.events().newest_first(&search, &mut |_| false);
        Ok(found.map_err(failed)?.unwrap_or(0))
    }

    /// Hands on the place's events that may be wanted and whose numbers lie between two, the newest
    /// first, so many at most, until `take` says `false`; whether those were all.
    pub(super) fn look_between(
        &self,
        query: &EventQuery,
        (after, before, most): (u64, u64, usize),
        take: &mut dyn FnMut(Stored) -> bool,
    ) -> Result<bool, Error> {
        let search = EventSearch { after, before, most, ..self.search(query) };
        let ended = self.tools.events().newest_first(&search, take);
        Ok(ended.map_err(failed)?.is_none())
    }

    /// The number of the last event that an export is to look at. What was told before is written
    /// when this returns, and looked at.
    ///
    /// # Errors
    /// When the event log cannot be written.
    pub fn export_end(&self) -> Result<u64, Error> {
        let log = self.tools.events();
        log.flush().map_err(failed)?;
        Ok(log.end(self.place.partition()).0)
    }

    /// Which events an export is to look at: those with a number above the first one given and up
    /// to the second, which is `until` at most.
    ///
    /// If nothing but a time is asked for, all between the first and the last event of that time
    /// are exported, so that they are a chain, although events are not always written in the order
    /// in which they happened.
    ///
    /// # Errors
    /// When the event log cannot be read.
    pub fn export_range(&self, query: &EventQuery, until: u64) -> Result<(u64, u64), Error> {
        let has_time = query.from.is_some() || query.until.is_some();
        if !(has_time && query.is_everything()) {
            return Ok((0, until));
        }
        let log = self.tools.events();
        let all = EventSearch { before: until.saturating_add(1), ..self.search(query) };
        let mut ends = (None, None);
        let newest = log.newest_first(&all, &mut |stored| {
            ends.1 = Some(stored.sequence);
            false
        });
        newest.map_err(failed)?;
        let oldest = log.oldest_first(&all, &mut |stored| {
            ends.0 = Some(stored.sequence);
            false
        });
        oldest.map_err(failed)?;
        let (Some(first), Some(last)) = ends else { return Ok((0, 0)) };
        Ok((first.saturating_sub(1), last))
    }

    /// The place's events that are wanted, as an export writes them, the oldest first, of those
    /// with a number above `after` and up to `until`. Some of them, with what is left.
    ///
    /// # Errors
    /// When the event log cannot be read.
    pub fn export_events(
        &self,
        query: &EventQuery,
        (after, until): (u64, u64),
    ) -> Result<EventLines, Error> {
        let (organization, shown) = (self.own_id()?, self.shown()?);
        let everything = query.is_everything();
        let is_whole = everything && shown.is_all();
        let is_wanted = |it: Numbered| query.admits(&it.event) && shown.shows(&it.event);
        let all = EventSearch::all(self.place.partition());
        let search = if everything { all } else { self.search(query) };
        let before = until.saturating_add(1);
        let search = EventSearch { after, before, most: EXPORTED, ..search };
        let (mut lines, mut octets) = (Vec::new(), 0);
        let ended = self.tools.events().oldest_first(&search, &mut |stored| {
            if is_whole || decoded(&stored).is_some_and(is_wanted) {
                octets += stored.body.len();
                lines.push(line_of(organization, &stored));
            }
            octets < EXPORTED_OCTETS
        });
        Ok(EventLines { lines, next: ended.map_err(failed)?, is_whole })
    }

    /// Where the chain of the place's events begins and ends.
    ///
    /// # Errors
    /// When the event log cannot be read or written.
    pub fn event_chain(&self) -> Result<EventChain, Error> {
        self.tools.events().flush().map_err(failed)?;
        let ends = self.tools.events().chain(self.place.partition()).map_err(failed)?;
        let ChainEnds { oldest, head } = ends;
        let hexadecimal = |hash: storage::EventHash| text::hexadecimal(&hash.0);
        let oldest = oldest.map(|(sequence, previous)| (sequence, hexadecimal(previous)));
        Ok(EventChain { oldest, head: hexadecimal(head) })
    }

    /// Counts the place's events that are wanted, by interval and by something: the newest,
    /// [`COUNTED`] at most (fewer where a text is looked for), with [`COUNTS`] counts at most.
    ///
    /// # Errors
    /// When the event log cannot be read.
    pub fn count_events(
        &self,
        query: &EventQuery,
        start: &dyn Fn(Time) -> Time,
        by: CountBy,
    ) -> Result<EventCounts, Error> {
        let (organization, shown) = (self.own_id()?, self.shown()?);
        let search = EventSearch { most: query.most(COUNTED), ..self.search(query) };
        let mut counts: BTreeMap<(Time, Option<String>), u64> = BTreeMap::new();
        let (mut since, mut full) = (None::<Time>, false);
        let ended = self.tools.events().newest_first(&search, &mut |stored| {
            let Some(Numbered { event, .. }) = decoded(&stored) else { return true };
            if query.admits(&event) && shown.shows(&event) {
                let key = (start(event.at), by.key(organization, &event));
                full = counts.len() >= COUNTS && !counts.contains_key(&key);
                if !full {
                    *counts.entry(key).or_default() += 1;
                    since = Some(since.map_or(event.at, |since| since.min(event.at)));
                }
            }
            !full
        });
        let complete = ended.map_err(failed)?.is_none();
        let counts = counts.into_iter().map(|((start, key), count)| (start, key, count)).collect();
        Ok(EventCounts { counts, complete, since })
    }

    /// The id of the organization; none of the provider.
    fn own_id(&self) -> Result<Option<Uuid>, Error> {
        Ok(match self.place {
            Place::Organization(id) => organization(self.source, id)?.map(|record| record.uuid),
            Place::Provider => None,
        })
    }

    fn search(&self, query: &EventQuery) -> EventSearch {
        query.search(self.place.partition())
    }
}

impl EventQuery {
    /// How many events are looked at, of so many at most.
    pub(super) fn most(&self, most: usize) -> usize {
        if self.filter.text.is_some() { most.min(LOOKED_THROUGH) } else { most }
    }

    /// Whether all are wanted, whenever they happened.
    pub fn is_of_all(&self) -> bool {
        self.is_everything() && self.from.is_none() && self.until.is_none()
    }

    /// Whether all that happened in a time is wanted.
    pub fn is_everything(&self) -> bool {
        let Self { filter, from: _, until: _, request } = self;
        filter.is_everything() && request.is_none()
    }
}

impl CountBy {
    /// What an event of an organization has in common with others.
    pub(super) fn key(self, organization: Option<Uuid>, event: &Event) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Organization => organization.map(|id| id.to_string()),
            Self::Action => {
                let word = serde_json::to_value(event.action).ok()?;
                word.as_str().map(ToOwned::to_owned)
            }
            Self::Actor => {
                let (kind, _, name) = called(&event.actor);
                Some(name.map_or_else(|| kind.word().to_owned(), ToOwned::to_owned))
            }
            Self::Subject => event.subject.as_ref().map(|subject| subject.name.clone()),
            Self::Source => event.source.map(|source| source.to_string()),
            Self::Success => Some((event.outcome == super::Outcome::Success).to_string()),
        }
    }
}

pub(super) fn decoded(stored: &Stored) -> Option<Numbered> {
    let event = Event::decode(&stored.body)?;
    Some(Numbered { sequence: stored.sequence, event })
}

fn failed(error: EventError) -> Error {
    Error::Store(StoreFailure::Events(error))
}
