//! What stayed as it was since the cookie of a client that comes back to stay.

use directory::Error;
use directory::search::{EntryId, EntrySet, SearchGrant, Since};

use super::super::{Pause, Running, go_through};
use super::Copy;
use crate::clock::Clock;

/// The entries that stayed as they were: gone through to know which of them the client has, and not
/// told.
pub(super) struct Rest {
    pub(super) running: Box<Running>,
    /// The commit up to which the pass tells what changed.
    until: u64,
    /// The number of the first entry that was made after that commit, which the client cannot have.
    next: u64,
    is_known: bool,
}

/// How far that came.
pub(super) enum Known {
    /// It is known what the client has.
    All,
    Paused(Pause),
    /// It cannot be known any more, as something changed meanwhile on which all entries rest.
    Lost,
}

impl Rest {
    pub(super) fn new(running: Box<Running>, until: u64, next: u64) -> Self {
        Self { running, until, next, is_known: false }
    }

    /// Goes on as far as it goes; what was `touched` or is newer is none of it.
    ///
    /// # Errors
    /// When the directory fails.
    pub(super) fn know(
        &mut self,
        copy: &mut Copy,
        (grant, clock): (&SearchGrant<'_, '_>, Clock),
        touched: Option<&EntrySet>,
    ) -> Result<Known, Error> {
        if self.is_known {
            return Ok(Known::All);
        }
        let next = self.next;
        let is_rest = |entry: EntryId| {
            let (_, number) = entry.order();
            number < next && !touched.is_some_and(|touched| touched.contains(entry))
        };
        let Running { places, searching, terms, .. } = &mut *self.running;
        copy.places.extend(places.drain(..).map(|place| *place.uuid.as_bytes()));
        if let Some(searching) = searching {
            let told = &mut copy.told;
            let paused = go_through(grant, searching, (terms, clock), |found| {
                let entry = found.entry().id();
                if is_rest(entry) {
                    told.insert(entry);
                }
                Ok(None)
            })?;
            if let Some(pause) = paused {
                return Ok(Known::Paused(pause));
            }
        }
        // What changed while it was gone through may have been there before, unless it was deleted then.
        if grant.sequence() != self.until {
            let Since::Entries(later) = grant.since(self.until)? else { return Ok(Known::Lost) };
            for entry in later.entries.iter().filter(|entry| is_rest(*entry)) {
                if later.restored.contains(entry) {
                    copy.told.remove(entry);
                } else if copy.had(entry, grant)? {
                    copy.told.insert(entry);
                }
            }
        }
        self.is_known = true;
        Ok(Known::All)
    }
}
