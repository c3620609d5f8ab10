//! Dead letters: what was given up, and what becomes of it.

use storage::{Change, Id, Reading};
use uuid::Uuid;

use super::{DestinationKey, keys};
use crate::access::{Grant, ManageDelivery};
use crate::collections::{Site, require_reach};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind};
use crate::id::{EventDestinationId, Place, RecordId};
use crate::records::{DeadLetter, EventDestination, Reach, indices};

/// Dead letters that are named at once at most.
const NAMED: usize = 1_000;

/// The dead letters of one destination, to be sent again or discarded.
pub struct DeadLetters<'g, 'c> {
    site: Site<'g, &'g mut Change<'c>>,
    id: EventDestinationId,
    destination: EventDestination,
}

impl<'c> Grant<'_, &mut Change<'c>, ManageDelivery> {
    /// The dead letters of the destination with an external id.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub fn dead_letters(&mut self, destination: Uuid) -> Result<DeadLetters<'_, 'c>, Error> {
        let destinations = self.event_destinations();
        let id = destinations.id_of(destination)?;
        let destination = destinations.read(id)?;
        let site = self.site_mut();
        require_reach(&*site.source, site.context, site.place, destination.reach)?;
        Ok(DeadLetters { site, id, destination })
    }
}

impl DeadLetters<'_, '_> {
    /// Has some of them sent again, or all of them, in turn with whatever comes next; returns how
    /// many.
    ///
    /// # Errors
    /// `Invalid` when one that is named is none of the destination's.
    pub fn redeliver(&mut self, named: Option<&[Uuid]>) -> Result<usize, Error> {
        let (home, mut count) = (self.site.place, 0);
        for (id, mut letter) in self.chosen(named)? {
            letter.wanted = true;
            self.site.source.put(home.partition(), id, &letter)?;
            // Whoever wants them sent does not want to wait for it.
            let place = letter.of.map_or(home, Place::from);
            DestinationKey { place, home, id: self.id }.hurry(self.site.source)?;
            count += 1;
        }
        self.tell(Action::DeadLettersRedelivered, count)?;
        Ok(count)
    }

    /// Gives some of them up for good, or all of them; returns how many. The events stay in the log.
    ///
    /// # Errors
    /// `Invalid` when one that is named is none of the destination's.
    pub fn discard(&mut self, named: Option<&[Uuid]>) -> Result<usize, Error> {
        let partition = self.site.partition();
        let chosen = self.chosen(named)?;
        for (id, _) in &chosen {
            self.site.source.delete::<DeadLetter>(partition, *id)?;
        }
        if !chosen.is_empty() {
            let at = (self.site.place, self.id);
            make_way(self.site.source, at, self.destination.reach)?;
        }
        self.tell(Action::DeadLettersDiscarded, chosen.len())?;
        Ok(chosen.len())
    }

    fn chosen(&self, named: Option<&[Uuid]>) -> Result<Vec<(Id, DeadLetter)>, Error> {
        let (partition, source) = (self.site.partition(), &*self.site.source);
        let Some(named) = named else {
            let own = self.id.record().to_be_bytes();
            let found = source.find(partition, indices::DEAD_LETTER_OF, &own);
            let numbers: Vec<Id> = found.collect::<Result<_, _>>()?;
            let mut all = Vec::new();
            for number in numbers {
                all.extend(source.get::<DeadLetter>(partition, number)?.map(|it| (number, it)));
            }
            return Ok(all);
        };
        crate::limits::count("/dead_letters", named.len(), NAMED)?;
        let mut chosen: Vec<(Id, DeadLetter)> = Vec::new();
        for (position, uuid) in named.iter().enumerate() {
            let found = source.find_first(partition, indices::DEAD_LETTER_UUID, uuid.as_bytes())?;
            let letter = match found {
                Some(number) => source.get::<DeadLetter>(partition, number)?.map(|it| (number, it)),
                None => None,
            };
            let letter = letter.filter(|(_, letter)| letter.destination == self.id.record());
            let missing = || {
                let pointer = format!("/dead_letters/{position}");
                Invalid::new(pointer, "there is no such dead letter of this destination")
            };
            let letter = letter.ok_or_else(missing)?;
            if chosen.iter().all(|(number, _)| *number != letter.0) {
                chosen.push(letter);
            }
        }
        Ok(chosen)
    }

    fn tell(&mut self, action: Action, count: usize) -> Result<(), Error> {
        if count == 0 {
            return Ok(());
        }
        let after = Some(count.to_string());
        let told = Difference { field: "dead_letters".into(), before: None, after };
        let name = self.destination.fields.name.as_str();
        let subject = (SubjectKind::EventDestination, self.destination.uuid, name);
        self.site.tell(action, subject, vec![told])
    }
}

/// Lets what a full list of a destination holds up be tried at once: there is room for it.
pub(super) fn make_way(
    change: &mut Change<'_>,
    at: (Place, EventDestinationId),
    reach: Reach,
) -> Result<(), Error> {
    for key in keys(&*change, at, reach)? {
        if key.progress(&*change)?.held_up {
            key.hurry(change)?;
        }
    }
    Ok(())
}

/// Removes the dead letters of a destination that is deleted.
pub(crate) fn bury(
    change: &mut Change<'_>,
    partition: storage::Partition,
    id: EventDestinationId,
) -> Result<(), Error> {
    let own = id.record().to_be_bytes();
    let found = change.find(partition, indices::DEAD_LETTER_OF, &own);
    let numbers: Vec<Id> = found.collect::<Result<_, _>>()?;
    for number in numbers {
        change.delete::<DeadLetter>(partition, number)?;
    }
    Ok(())
}
