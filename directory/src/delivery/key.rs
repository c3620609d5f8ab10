//! Which destination, and whose events.

use storage::{Change, Reading};

use crate::error::Error;
use crate::id::{EventDestinationId, OrganizationId, Place, RecordId};
use crate::records::{DeadLetter, DeliveryProgress, Reach, ReachedProgress, indices};

/// A destination: whose it is and its number there, and whose events go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestinationKey {
    /// Whose events go there.
    pub place: Place,
    /// Whose destination it is: that is another place where the provider's takes those of all
    /// organizations.
    pub home: Place,
    /// Which of the destinations there.
    pub id: EventDestinationId,
}

impl DestinationKey {
    /// A destination of a place's own events.
    pub(super) fn own(place: Place, id: EventDestinationId) -> Self {
        Self { place, home: place, id }
    }

    /// What the destination's record must say for these events to go there.
    pub(super) fn reach(self) -> Reach {
        if self.home == self.place { Reach::Own } else { Reach::All }
    }

    /// Whose events are meant beside the place's that has the destination.
    pub(super) fn reached(self) -> Option<OrganizationId> {
        match self.reach() {
            Reach::Own => None,
            Reach::All => self.place.organization(),
        }
    }

    /// What its dead letters are found by that are to be sent again.
    pub(super) fn wanted(self) -> Vec<u8> {
        DeadLetter::wanted_by(self.id.record(), self.reached())
    }

    /// How far it is.
    pub(super) fn progress(self, source: &impl Reading) -> Result<DeliveryProgress, Error> {
        let (partition, number) = (self.place.partition(), self.id.record());
        let progress = match self.reach() {
            Reach::Own => source.get::<DeliveryProgress>(partition, number)?,
            Reach::All => reached_at(source, self)?.map(|(_, reached)| reached.progress),
        };
        Ok(progress.unwrap_or_default())
    }

    /// Keeps how far it is.
    pub(crate) fn keep(
        self,
        change: &mut Change<'_>,
        progress: DeliveryProgress,
    ) -> Result<(), Error> {
        let (partition, destination) = (self.place.partition(), self.id.record());
        if self.reach() == Reach::Own {
            return Ok(change.put(partition, destination, &progress)?);
        }
        let number = match reached_at(&*change, self)? {
            Some((number, _)) => number,
            None => change.allocate(partition)?,
        };
        Ok(change.put(partition, number, &ReachedProgress { destination, progress })?)
    }

    /// Notes with the destination itself whether it is told that nothing gets there; says whether an
    /// event is to tell it. Where the events of all organizations go, one does for all of them.
    pub(super) fn is_news(self, change: &mut Change<'_>, told: bool) -> Result<bool, Error> {
        match self.reach() {
            Reach::Own => Ok(true),
            Reach::All => self.note_whole(change, |whole| whole.told = told),
        }
    }

    /// Notes with the destination itself that a full list of dead letters holds it up, which it did
    /// or did not before; says whether an event is to tell that this is otherwise. Where the events of
    /// all organizations go, one does for all of them: that those of one go on says nothing of
    /// another's, which are held up with the next attempt again.
    pub(super) fn is_held_otherwise(
        self,
        change: &mut Change<'_>,
        (was, is): (bool, bool),
    ) -> Result<bool, Error> {
        match self.reach() {
            Reach::Own => Ok(was != is),
            Reach::All if !was && !is => Ok(false),
            Reach::All => self.note_whole(change, |whole| whole.held_up = is),
        }
    }

    /// Changes what is noted for all organizations of a destination that takes their events; says
    /// whether it was otherwise.
    fn note_whole(
        self,
        change: &mut Change<'_>,
        edit: impl FnOnce(&mut DeliveryProgress),
    ) -> Result<bool, Error> {
        let (partition, number) = (self.home.partition(), self.id.record());
        let before = change.get::<DeliveryProgress>(partition, number)?.unwrap_or_default();
        let mut whole = before.clone();
        edit(&mut whole);
        let is_other = whole != before;
        if is_other {
            change.put(partition, number, &whole)?;
        }
        Ok(is_other)
    }

    /// Forgets how far it is with events that are not of the place that has the destination.
    pub(crate) fn forget(self, change: &mut Change<'_>) -> Result<(), Error> {
        if let Some((number, _)) = reached_at(&*change, self)? {
            change.delete::<ReachedProgress>(self.place.partition(), number)?;
        }
        Ok(())
    }

    /// Has nothing wait for the time of the next attempt.
    pub(super) fn hurry(self, change: &mut Change<'_>) -> Result<(), Error> {
        let progress = self.progress(&*change)?;
        if progress.retry.is_none() {
            return Ok(());
        }
        self.keep(change, DeliveryProgress { retry: None, ..progress })
    }

    /// Lets what waits be tried at once.
    pub(crate) fn try_again(self, change: &mut Change<'_>) -> Result<(), Error> {
        let mut progress = self.progress(&*change)?;
        if progress.attempts == 0 && progress.retry.is_none() {
            return Ok(());
        }
        (progress.attempts, progress.retry) = (0, None);
        self.keep(change, progress)
    }
}

/// How far a destination of the provider's is with an organization's events.
fn reached_at(
    source: &impl Reading,
    key: DestinationKey,
) -> Result<Option<(storage::Id, ReachedProgress)>, Error> {
    let (partition, own) = (key.place.partition(), key.id.record().to_be_bytes());
    let Some(number) = source.find_first(partition, indices::REACHED_BY, &own)? else {
        return Ok(None);
    };
    Ok(source.get::<ReachedProgress>(partition, number)?.map(|reached| (number, reached)))
}

/// Whose events go to a destination at a place: the place's own, or those of each organization there
/// is.
///
/// # Errors
/// When the store fails.
pub(crate) fn keys(
    source: &impl Reading,
    (home, id): (Place, EventDestinationId),
    reach: Reach,
) -> Result<Vec<DestinationKey>, Error> {
    if reach == Reach::Own {
        return Ok(vec![DestinationKey::own(home, id)]);
    }
    let mut keys = Vec::new();
    for place in source.partitions()?.into_iter().filter_map(super::lanes::place_of) {
        // Of what is being erased there is something left for a while.
        if place != home && source.partition_exists(place.partition())? {
            keys.push(DestinationKey { place, home, id });
        }
    }
    Ok(keys)
}
