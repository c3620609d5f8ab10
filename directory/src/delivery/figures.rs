//! How destinations stand, all of them together.

use std::collections::{BTreeMap, BTreeSet};

use storage::{EventHash, Reading};

use crate::directory::Directory;
use crate::error::Error;
use crate::id::{Place, RecordId};
use crate::records::indices;
use crate::time::Time;

/// So many dead letters are counted at most.
pub const LETTERS_COUNTED: usize = 10_000;

/// How the destinations that take events stand, of all organizations and the provider. One that takes the
/// events of all organizations counts once for each of them, but its dead letters once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFigures {
    /// So many there are.
    pub destinations: usize,
    /// Of so many not all events were looked at.
    pub behind: usize,
    /// At so many the last attempt was in vain, and the next one is not due yet.
    pub failing: usize,
    /// So many dead letters they have, of [`LETTERS_COUNTED`] at most.
    pub dead_letters: usize,
}

impl Directory {
    /// How destinations stand, as far as it was looked for them since the start.
    ///
    /// # Errors
    /// When the store fails.
    pub fn delivery_figures(&self, now: Time) -> Result<DeliveryFigures, Error> {
        let known = self.inner.deliveries.standing(now);
        let events = self.inner.store.events();
        let mut heads = BTreeMap::<Place, EventHash>::new();
        let (mut figures, mut destinations) = (DeliveryFigures::default(), BTreeSet::new());
        for standing in known {
            let place = standing.key.place;
            let head = heads.entry(place).or_insert_with(|| events.end(place.partition()).1);
            figures.destinations += 1;
            figures.behind += usize::from(standing.seen != Some(*head));
            figures.failing += usize::from(standing.waits);
            destinations.insert((standing.key.home, standing.key.id));
        }
        let snapshot = self.inner.store.read()?;
        for (home, id) in destinations {
            let own = id.record().to_be_bytes();
            let letters = snapshot.find(home.partition(), indices::DEAD_LETTER_OF, &own);
            figures.dead_letters += letters.take(LETTERS_COUNTED - figures.dead_letters).count();
        }
        Ok(figures)
    }
}
