//! Looking for events, behind a grant.

use std::collections::BTreeMap;

use storage::{ChainEnds, EventError, EventSearch, Snapshot, Stored};

use super::query::EventQuery;
use super::{Event, EventActor, Numbered, text};
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

/// Some events, the newest first.
#[derive(Debug)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Numbered>,
    /// The number of the event behind which an older one may be wanted; none at the end.
    pub next: Option<u64>,
}

/// Some events as an export writes them, the oldest first.
#[derive(Debug)]
pub struct EventLines {
    /// The events.
    pub lines: Vec<EventLine>,
    /// The number of the event behind which another may be wanted; none at the end.
    pub next: Option<u64>,
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
    /// Who did it, by name.
    Actor,
    /// To what it was done, by name.
    Subject,
    /// From where.
    Source,
    /// Whether it was done.
    Success,
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
pub(crate) fn trial_of(organization: Option<uuid::Uuid>, event: Event) -> String {
    let mut members = text::members(event);
    members.extend(organization.map(|id| ("organization".to_owned(), id.to_string().into())));
    members.insert("test".to_owned(), true.into());
    text::canonical(&serde_json::Value::Object(members))
}

/// An event as an export writes it.
pub(crate) fn line_of(organization: Option<uuid::Uuid>, stored: &Stored) -> EventLine {
    EventLine { members: text::line(organization, stored) }
}

impl Grant<'_, &Snapshot, View> {
    /// The place's events that are wanted, the newest first, of those before a number; at most
    /// `limit`. At most [`LOOKED_AT`] are looked at. Only what is on the disk is shown, so that a
    /// number that was seen is that of the same event for ever.
    ///
    /// # Errors
    /// When the event log cannot be read.
    pub fn find_events(
        &self,
        query: &EventQuery,
        before: Option<u64>,
        limit: usize,
    ) -> Result<EventPage, Error> {
        self.find_events_within(query, before, (limit, query.most(LOOKED_AT)))
    }

    /// The same, of which so many are looked at at most.
    pub(super) fn find_events_within(
        &self,
        query: &EventQuery,
        before: Option<u64>,
        (limit, most): (usize, usize),
    ) -> Result<EventPage, Error> {
        let before = before.unwrap_or(u64::MAX);
        let log = self.tools.events();
        // Whoever made a change finds its event. Where the disk fails what is written is shown.
        let _failed = log.settle(self.place.partition());
        let search = EventSearch { before, most, ..self.search(query) };
        let mut events: Vec<Numbered> = Vec::new();
        let ended = log.newest_first(&search, &mut |stored| {
            events.extend(decoded(&stored).filter(|it| query.admits(&it.event)));
            // One more says whether there are more.
            events.len() <= limit
        });
        let mut next = ended.map_err(failed)?;
        if events.len() > limit {
            events.truncate(limit);
            next = events.last().map(|last| last.sequence);
        }
        Ok(EventPage { events, next })
    }

    /// Which events an export is to look at: those with a number above the first one given and up
    /// to the second. What was told before is written when this returns, and looked at.
    ///
    /// If nothing but a time is asked for, all between the first and the last event of that time
    /// are exported, so that they are a chain, although events are not always written in the order
    /// in which they happened.
    ///
    /// # Errors
    /// When the event log cannot be read or written.
    pub fn export_range(&self, query: &EventQuery) -> Result<(u64, u64), Error> {
        let log = self.tools.events();
        log.flush().map_err(failed)?;
        let all = match query.is_everything() {
            true => self.search(query),
            false => EventSearch::all(self.place.partition()),
        };
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
        let organization = match self.place {
            Place::Organization(id) => organization(self.source, id)?.map(|record| record.uuid),
            Place::Provider => None,
        };
        let everything = query.is_everything();
        let all = EventSearch::all(self.place.partition());
        let search = if everything { all } else { self.search(query) };
        let before = until.saturating_add(1);
        let search = EventSearch { after, before, most: EXPORTED, ..search };
        let (mut lines, mut octets) = (Vec::new(), 0);
        let ended = self.tools.events().oldest_first(&search, &mut |stored| {
            if everything || decoded(&stored).is_some_and(|it| query.admits(&it.event)) {
                octets += stored.body.len();
                lines.push(line_of(organization, &stored));
            }
            octets < EXPORTED_OCTETS
        });
        Ok(EventLines { lines, next: ended.map_err(failed)? })
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

    /// Counts the place's events that are wanted, by interval and by something. The newest are
    /// counted, [`COUNTED`] at most (fewer where a text is looked for), and at most so many counts are given as [`COUNTS`] says.
    ///
    /// # Errors
    /// When the event log cannot be read.
    pub fn count_events(
        &self,
        query: &EventQuery,
        start: &dyn Fn(Time) -> Time,
        by: CountBy,
    ) -> Result<EventCounts, Error> {
        let search = EventSearch { most: query.most(COUNTED), ..self.search(query) };
        let mut counts: BTreeMap<(Time, Option<String>), u64> = BTreeMap::new();
        let (mut since, mut full) = (None::<Time>, false);
        let ended = self.tools.events().newest_first(&search, &mut |stored| {
            let Some(Numbered { event, .. }) = decoded(&stored) else { return true };
            if query.admits(&event) {
                let key = (start(event.at), by.key(&event));
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

    fn search(&self, query: &EventQuery) -> EventSearch {
        query.search(self.place.partition())
    }
}

impl EventQuery {
    /// How many events are looked at, of so many at most.
    pub(super) fn most(&self, most: usize) -> usize {
        if self.filter.text.is_some() { most.min(LOOKED_THROUGH) } else { most }
    }

    /// Whether all that happened in a time is wanted.
    pub fn is_everything(&self) -> bool {
        let Self { filter, from: _, until: _, request } = self;
        filter.is_everything() && request.is_none()
    }
}

impl CountBy {
    fn key(self, event: &Event) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Action => {
                let word = serde_json::to_value(event.action).ok()?;
                word.as_str().map(ToOwned::to_owned)
            }
            Self::Actor => match &event.actor {
                EventActor::Nobody | EventActor::Daemon | EventActor::Operator => None,
                EventActor::Admin { login, .. } | EventActor::User { login, .. } => {
                    Some(login.clone())
                }
                EventActor::ServiceAccount { name, .. } | EventActor::Device { name, .. } => {
                    Some(name.clone())
                }
            },
            Self::Subject => event.subject.as_ref().map(|subject| subject.name.clone()),
            Self::Source => event.source.map(|source| source.to_string()),
            Self::Success => Some((event.outcome == super::Outcome::Success).to_string()),
        }
    }
}

fn decoded(stored: &Stored) -> Option<Numbered> {
    let event = Event::decode(&stored.body)?;
    Some(Numbered { sequence: stored.sequence, event })
}

fn failed(error: EventError) -> Error {
    Error::Store(StoreFailure::Events(error))
}
