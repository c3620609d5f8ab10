//! How a destination stands.

use storage::{EventLog, EventSearch, Reading, Snapshot};
use uuid::Uuid;

use super::DestinationKey;
use super::key::keys;
use crate::access::{Grant, View};
use crate::error::{Error, StoreFailure};
use crate::events::Event;
use crate::id::{OrganizationId, RecordId};
use crate::records::{DeadLetter, DeliveryProgress, EventDestination, EventFilter, indices};
use crate::time::Time;

/// So many events that wait are counted at most.
pub const LAG_COUNTED: usize = 10_000;

/// How a destination stands; one that takes the events of all organizations with all of them together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// The number of the event that was delivered last, and when it was.
    pub delivered: Option<(u64, Time)>,
    /// So many events wait, of the next [`LAG_COUNTED`].
    pub waiting: usize,
    /// So many events were looked at for that.
    pub looked_at: usize,
    /// When the oldest of them happened.
    pub waiting_since: Option<Time>,
    /// How often what comes next was tried in vain; of several, where that was most often.
    pub attempts: u32,
    /// Before when it is not tried again.
    pub retry: Option<Time>,
    /// Why the last attempt was in vain, and when it was; absent once one was not.
    pub error: Option<(String, Time)>,
    /// How often events were forgotten before they could be delivered.
    pub gaps: u64,
    /// So many dead letters there are.
    pub dead_letters: usize,
    /// Whether there are as many as there may be, and hold up what comes next.
    pub held_up: bool,
}

impl Grant<'_, &Snapshot, View> {
    /// How the destination with an external id stands.
    ///
    /// # Errors
    /// `Missing` when there is none; when the store or the event log fails.
    pub fn delivery_status(&self, destination: Uuid) -> Result<DeliveryStatus, Error> {
        let destinations = self.event_destinations();
        let id = destinations.id_of(destination)?;
        let record: EventDestination = destinations.read(id)?;
        let filter = &record.fields.filter;
        let mut status = DeliveryStatus::default();
        let rights = self.rights_beyond()?;
        let is_shown = |of: Option<OrganizationId>| of.is_none_or(|of| rights.covers(of));
        let keys = keys(self.source, (self.place, id), record.reach)?;
        for key in keys.into_iter().filter(|key| is_shown(key.reached())) {
            status.add(key.progress(self.source)?, (self.tools.events(), key, filter))?;
        }
        let number = id.record().to_be_bytes();
        for letter in self.source.find(self.place.partition(), indices::DEAD_LETTER_OF, &number) {
            let letter = self.source.get::<DeadLetter>(self.place.partition(), letter?)?;
            if !letter.is_some_and(|letter| is_shown(letter.of)) {
                continue;
            }
            status.dead_letters = status.dead_letters.saturating_add(1);
        }
        Ok(status)
    }
}

impl DeliveryStatus {
    /// Adds how it stands with some events, of which what waits is counted.
    fn add(
        &mut self,
        progress: DeliveryProgress,
        (log, key, filter): (&EventLog, DestinationKey, &EventFilter),
    ) -> Result<(), Error> {
        if self.looked_at < LAG_COUNTED {
            self.count(progress.mark.sequence, (log, key, filter))?;
        }
        let when = |delivered: Option<(u64, Time)>| delivered.map(|(_, at)| at);
        if when(self.delivered) < when(progress.delivered) {
            self.delivered = progress.delivered;
        }
        if progress.attempts > self.attempts {
            (self.attempts, self.retry) = (progress.attempts, progress.retry);
        }
        let newest = self.error.as_ref().map(|(_, at)| *at);
        if progress.error.as_ref().map(|(_, at)| *at) > newest {
            self.error = progress.error;
        }
        self.gaps = self.gaps.saturating_add(progress.gaps);
        self.held_up |= progress.held_up;
        Ok(())
    }

    /// Counts what waits behind an event.
    fn count(
        &mut self,
        after: u64,
        (log, key, filter): (&EventLog, DestinationKey, &EventFilter),
    ) -> Result<(), Error> {
        let most = LAG_COUNTED.saturating_sub(self.looked_at);
        let search = EventSearch { after, most, ..EventSearch::all(key.place.partition()) };
        let (mut waiting, mut looked_at, mut since) = (0_usize, 0_usize, None);
        let counted = log.oldest_first(&search, &mut |stored| {
            looked_at += 1;
            if Event::decode(&stored.body).is_none_or(|event| filter.admits(&event)) {
                waiting += 1;
                since.get_or_insert(Time(stored.time_ms));
            }
            true
        });
        counted.map_err(|error| Error::Store(StoreFailure::Events(error)))?;
        self.waiting = self.waiting.saturating_add(waiting);
        self.looked_at = self.looked_at.saturating_add(looked_at);
        self.waiting_since = [self.waiting_since, since].into_iter().flatten().min();
        Ok(())
    }
}
