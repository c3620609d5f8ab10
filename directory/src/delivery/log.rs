//! The log that what is delivered comes from, to be asked.

use storage::{EventLog, EventSearch, Partition};

use crate::error::{Error, StoreFailure};
use crate::events::hexadecimal;

/// The events of one place, for whoever keeps what was delivered before.
#[derive(Clone)]
pub struct LogOf {
    pub(super) events: EventLog,
    pub(super) partition: Partition,
}

impl LogOf {
    /// Whether it has the event of a number with a hash, as exports write it, or without one.
    ///
    /// # Errors
    /// When the event log fails.
    pub fn has(&self, sequence: u64, hash: Option<&str>) -> Result<bool, Error> {
        let (after, before) = (sequence.saturating_sub(1), sequence.saturating_add(1));
        let search = EventSearch { after, before, ..EventSearch::all(self.partition) };
        let mut has = false;
        let looked = self.events.oldest_first(&search, &mut |stored| {
            let own = stored.link.map(|link| hexadecimal(&link.hash.0));
            has = stored.sequence == sequence && own.as_deref() == hash;
            false
        });
        looked.map_err(|error| Error::Store(StoreFailure::Events(error)))?;
        Ok(has)
    }
}
