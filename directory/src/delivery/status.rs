//! How a destination stands.

use storage::{EventSearch, Reading, Snapshot};
use uuid::Uuid;

use crate::access::{Grant, View};
use crate::error::{Error, StoreFailure};
use crate::events::Event;
use crate::records::{DeliveryProgress, EventDestination, indices};
use crate::time::Time;

/// So many events that wait are counted at most.
pub const LAG_COUNTED: usize = 10_000;

/// How a destination stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// The number of the event that was delivered last, and when it was.
    pub delivered: Option<(u64, Time)>,
    /// So many events wait, of the next [`LAG_COUNTED`].
    pub waiting: usize,
    /// So many events were looked at for that.
    pub looked_at: usize,
    /// When the oldest of them happened.
    pub waiting_since: Option<Time>,
    /// How often what comes next was tried in vain.
    pub attempts: u32,
    /// Before when it is not tried again.
    pub retry: Option<Time>,
    /// Why the last attempt was in vain, and when it was; absent once one was not.
    pub error: Option<(String, Time)>,
    /// How often events were forgotten before they could be delivered.
    pub gaps: u64,
    /// So many dead letters there are.
    pub dead_letters: usize,
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
        let (partition, number) = (self.place.partition(), crate::id::RecordId::record(id));
        let progress = self.source.get::<DeliveryProgress>(partition, number)?.unwrap_or_default();
        let query = record.fields.filter.query();
        let (mut waiting, mut looked_at, mut since) = (0_usize, 0_usize, None);
        let after = progress.mark.sequence;
        let search = EventSearch { after, most: LAG_COUNTED, ..EventSearch::all(partition) };
        let counted = self.tools.events().oldest_first(&search, &mut |stored| {
            looked_at += 1;
            if Event::decode(&stored.body).is_none_or(|event| query.admits(&event)) {
                waiting += 1;
                since.get_or_insert(Time(stored.time_ms));
            }
            true
        });
        counted.map_err(|error| Error::Store(StoreFailure::Events(error)))?;
        let letters = self.source.find(partition, indices::DEAD_LETTER_OF, &number.to_be_bytes());
        let mut dead_letters = 0;
        for letter in letters {
            letter?;
            dead_letters += 1;
        }
        let DeliveryProgress { delivered, attempts, retry, error, gaps, .. } = progress;
        let waiting_since = since;
        Ok(DeliveryStatus {
            delivered,
            waiting,
            looked_at,
            waiting_since,
            attempts,
            retry,
            error,
            gaps,
            dead_letters,
        })
    }
}
