//! Records follow a changed definition of a custom attribute, little by little.

use storage::{Change, Id, Partition, Reading, Record};

use super::custom_attributes::mark;
use super::entity::Entity;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RecordId};
use crate::records::{CustomAttribute, CustomValues, Group, User, Work, indices};
use crate::schema::follow;
use crate::time::Time;

/// So many records are looked at in one change: some milliseconds of the writer's time.
const STEP: usize = 500;

/// A record that has values of custom attributes.
pub(crate) trait WithCustomValues: Entity + Record {
    /// These values.
    fn custom_mut(&mut self) -> &mut CustomValues;
}

impl WithCustomValues for User {
    fn custom_mut(&mut self) -> &mut CustomValues {
        &mut self.fields.custom
    }
}

impl WithCustomValues for Group {
    fn custom_mut(&mut self) -> &mut CustomValues {
        &mut self.fields.custom
    }
}

/// Makes the next records follow the first definition that changed; says whether there was one.
fn advance_custom_work(change: &mut Change<'_>, now: Time) -> Result<bool, Error> {
    let waiting = change.find_first(Partition::Provider, indices::ORGANIZATION_WORK, &[])?;
    let Some(organization) = waiting.and_then(OrganizationId::from_record) else {
        return Ok(false);
    };
    let partition = organization.partition();
    let next = change
        .scan::<CustomAttribute>(partition, None)
        .find(|found| !matches!(found, Ok((_, attribute)) if attribute.work == Work::Done))
        .transpose()?;
    if let Some((id, attribute)) = next {
        advance(change, partition, now, id, attribute)?;
    }
    mark(change, organization)?;
    Ok(true)
}

impl Directory {
    /// Makes some records follow a definition of a custom attribute that changed: indexed or not any
    /// more, or deleted. Says whether there was one; then there may be more to do.
    ///
    /// # Errors
    /// When the store fails.
    pub fn advance_custom_work(&self, now: Time) -> Result<bool, Error> {
        let waiting = {
            let snapshot = self.inner.store.read()?;
            snapshot.find_first(Partition::Provider, indices::ORGANIZATION_WORK, &[])?
        };
        if waiting.is_none() {
            return Ok(false);
        }
        let done = self.inner.store.write(move |change| advance_custom_work(change, now));
        done.map_err(Error::from)
    }
}

fn advance(
    change: &mut Change<'_>,
    partition: Partition,
    now: Time,
    id: Id,
    mut attribute: CustomAttribute,
) -> Result<(), Error> {
    let mut step = Step { change, partition, now, attribute: &attribute };
    let work = match attribute.work {
        Work::Done => Work::Done,
        Work::Users(after) => step.take::<User>(after)?.map_or(Work::Groups(0), Work::Users),
        Work::Groups(after) => step.take::<Group>(after)?.map_or(Work::Done, Work::Groups),
    };
    attribute.work = work;
    if work == Work::Done && attribute.is_deleted() {
        change.delete::<CustomAttribute>(partition, id)?;
    } else {
        change.put(partition, id, &attribute)?;
    }
    Ok(())
}

struct Step<'a, 'c> {
    change: &'a mut Change<'c>,
    partition: Partition,
    now: Time,
    attribute: &'a CustomAttribute,
}

impl Step<'_, '_> {
    /// Goes through the next records behind one; the last of them, or `None` after all.
    fn take<E: WithCustomValues>(&mut self, after: Id) -> Result<Option<Id>, Error> {
        let batch: Vec<(Id, E)> = self
            .change
            .scan::<E>(self.partition, Some(after))
            .take(STEP)
            .collect::<Result<_, _>>()?;
        let last = batch.last().map(|(id, _)| *id);
        for (id, mut record) in batch {
            let (changed, gone) = follow(&mut record, self.attribute);
            if gone {
                record.stamp().touch(self.now);
            }
            if changed {
                self.change.put(self.partition, id, &record)?;
            }
        }
        Ok(last)
    }
}
