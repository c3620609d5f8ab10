//! The dead letters of a destination, to be browsed.

use storage::{Partition, Reading, Snapshot};
use uuid::Uuid;

use crate::access::{Grant, Rights, View};
use crate::collections::{Batch, Browse};
use crate::error::Error;
use crate::id::{DeadLetterId, EventDestinationId, RecordId};
use crate::records::{DeadLetter, indices};

/// The dead letters of a destination, those that were given up first before others.
pub struct DeadLettersOf<'g> {
    source: &'g Snapshot,
    partition: Partition,
    destination: EventDestinationId,
    /// Of whose events dead letters are shown.
    rights: Rights,
}

impl<'t> Grant<'t, &'t Snapshot, View> {
    /// The dead letters of the destination with an external id, to be browsed.
    ///
    /// # Errors
    /// `Missing` when there is no such destination; when the store fails.
    pub fn dead_letters_of(&self, destination: Uuid) -> Result<DeadLettersOf<'t>, Error> {
        let destination = self.event_destinations().id_of(destination)?;
        let (source, partition) = (self.source, self.place.partition());
        let rights = self.rights_beyond()?;
        Ok(DeadLettersOf { source, partition, destination, rights })
    }
}

impl Browse for DeadLettersOf<'_> {
    type Id = DeadLetterId;
    type Record = DeadLetter;

    fn batch(
        &self,
        after: Option<DeadLetterId>,
        limit: usize,
    ) -> Result<Batch<DeadLetterId, DeadLetter>, Error> {
        let value = self.destination.record().to_be_bytes();
        let (index, after) = (indices::DEAD_LETTER_OF, after.map(DeadLetterId::record));
        let mut letters = Vec::new();
        for found in self.source.find_behind(self.partition, index, &value, after) {
            let number = found?;
            if letters.len() == limit {
                return Ok((letters, true));
            }
            let letter = self.source.get::<DeadLetter>(self.partition, number)?;
            let letter = letter.filter(|letter| letter.of.is_none_or(|of| self.rights.covers(of)));
            letters.extend(DeadLetterId::from_record(number).zip(letter));
        }
        Ok((letters, false))
    }

    fn candidate(&self, _: DeadLetterId) -> Result<Option<DeadLetter>, Error> {
        // No index serves.
        Ok(None)
    }
}
