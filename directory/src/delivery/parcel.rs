//! What is read of the log to be sent at once.

use storage::{EventLog, EventSearch, Snapshot, Stored};
use uuid::Uuid;

use super::DeliveredEvent;
use crate::access::organization;
use crate::error::{Error, StoreFailure};
use crate::events::{self, Action, Event};
use crate::id::Place;
use crate::records::{DeliveryMark, EventDestination, EventFilter};
use crate::time::Time;

/// Events that are sent at once at most.
const EVENTS: usize = 500;
/// No more of them are sent at once when they have so many octets.
const OCTETS: usize = 256 * 1024;
/// Events that are looked at for that at most.
const LOOKED_AT: usize = 5_000;

/// Some events that go to a destination.
pub(super) struct Parcel {
    pub(super) events: Vec<DeliveredEvent>,
    /// Up to where the log was looked at.
    pub(super) mark: DeliveryMark,
    /// The number of the first event that was looked at, and the hash that it names, if it does.
    pub(super) met: Option<(u64, Option<[u8; 32]>)>,
    /// Whether that was all there is.
    pub(super) is_all: bool,
}

impl Parcel {
    /// Reads some of a place's events with numbers behind a mark and up to a number.
    pub(super) fn read(
        (log, source): (&EventLog, &Snapshot),
        place: Place,
        destination: &EventDestination,
        (after, until): (DeliveryMark, u64),
    ) -> Result<Self, Error> {
        let owner = match place {
            Place::Organization(id) => organization(source, id)?.map(|record| record.uuid),
            Place::Provider => None,
        };
        let filter = &destination.fields.filter;
        let mut parcel = Self { events: Vec::new(), mark: after, met: None, is_all: false };
        let (before, all) = (until.saturating_add(1), EventSearch::all(place.partition()));
        let search = EventSearch { after: after.sequence, before, most: LOOKED_AT, ..all };
        let mut octets = 0_usize;
        let ended = log.oldest_first(&search, &mut |stored| {
            if let Some(event) = parcel.take(&stored, owner, (filter, destination.uuid)) {
                octets = octets.saturating_add(event.json.len());
                parcel.events.push(event);
            }
            parcel.events.len() < EVENTS && octets < OCTETS
        });
        parcel.is_all = ended.map_err(|error| Error::Store(StoreFailure::Events(error)))?.is_none();
        Ok(parcel)
    }

    /// Looks at an event, and tells it where it goes to the destination.
    fn take(
        &mut self,
        stored: &Stored,
        owner: Option<Uuid>,
        (filter, destination): (&EventFilter, Uuid),
    ) -> Option<DeliveredEvent> {
        let hash = stored.link.map(|link| link.hash.0);
        self.met.get_or_insert_with(|| (stored.sequence, stored.link.map(|link| link.previous.0)));
        self.mark = DeliveryMark { sequence: stored.sequence, hash };
        let event = Event::decode(&stored.body);
        let goes = match &event {
            Some(event) => filter.admits(event) || is_about(event, destination),
            None => filter.is_everything(),
        };
        goes.then(|| DeliveredEvent::of(stored, owner))
    }
}

/// Whether an event tells that others did not get to the destination itself: whoever takes only some
/// has to know.
fn is_about(event: &Event, destination: Uuid) -> bool {
    event.action == Action::EventDelivery
        && event.subject.as_ref().is_some_and(|subject| subject.id == destination)
}

impl DeliveredEvent {
    fn of(stored: &Stored, owner: Option<Uuid>) -> Self {
        let line = events::line_of(owner, stored);
        let action = line.members.get("action").and_then(serde_json::Value::as_str);
        let action = action.unwrap_or("unknown").to_owned();
        let success = line.members.get("success").and_then(serde_json::Value::as_bool);
        Self {
            sequence: Some(stored.sequence),
            at: Time(stored.time_ms),
            action,
            success: success.unwrap_or(true),
            json: line.json(),
        }
    }
}
