//! A log that was put back from a backup: it gives numbers again that other events had, which a
//! destination that is further than the log may have got.

use storage::EventSearch;

use super::DestinationKey;
use super::conclude::tell;
use super::next::standing;
use crate::directory::Directory;
use crate::error::{Error, StoreFailure};
use crate::events::Outcome;
use crate::id::Place;
use crate::records::DeliveryMark;
use crate::time::Time;

impl Directory {
    /// Whether the log has another event where a mark names one. Where it has none up to there, those
    /// were forgotten.
    pub(super) fn was_put_back(&self, place: Place, mark: DeliveryMark) -> Result<bool, Error> {
        let before = mark.sequence.saturating_add(1);
        let search = EventSearch { before, written: true, ..EventSearch::all(place.partition()) };
        let mut other = false;
        let log = self.inner.store.events();
        let looked = log.newest_first(&search, &mut |stored| {
            let hash = stored.link.map(|link| link.hash.0);
            other = hash.is_some() && mark.hash.is_some() && hash != mark.hash;
            false
        });
        looked.map_err(|error| Error::Store(StoreFailure::Events(error)))?;
        Ok(other)
    }

    /// Goes on with what happened since a time, that of the last delivery, and tells of it: by their
    /// numbers nobody knows which events of such a log a destination has. The first number is the
    /// highest that it was at, the second the log's.
    pub(super) fn note_put_back(
        &self,
        key: DestinationKey,
        since: Time,
        (was, end): (u64, u64),
        now: Time,
    ) -> Result<(), Error> {
        let search = EventSearch { from_ms: since.0, ..EventSearch::all(key.place.partition()) };
        let mut first = None;
        let looked = self.inner.store.events().oldest_first(&search, &mut |stored| {
            first = Some(stored.sequence);
            false
        });
        looked.map_err(|error| Error::Store(StoreFailure::Events(error)))?;
        let sequence = first.map_or(end, |first| first.saturating_sub(1));
        let done = self.inner.store.write(move |change| {
            let Some((destination, mut progress)) = standing(change, key)? else { return Ok(()) };
            progress.mark = DeliveryMark { sequence, hash: None };
            key.keep(change, progress)?;
            let reason = format!(
                "the log of events was put back from a backup, and gives numbers up to {was} again \
                 that other events had: what happened since the last delivery follows"
            );
            tell(change, (key, &destination), Outcome::Failure(reason), now);
            Ok::<_, Error>(())
        });
        Ok(done?)
    }
}
