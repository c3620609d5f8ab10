//! One shape for all collections: look up, list, create, update, delete.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::Serialize;
use storage::{Change, Partition, Reading, encode};
use uuid::Uuid;

use super::entity::Entity;
use super::site::Site;
use crate::error::Error;
use crate::events::{Action, Difference, differences};
use crate::id::RecordId;
use crate::records::Stamp;
use crate::text::prepare;

/// The records of one entity at the grant's place.
pub struct Collection<'g, S, E> {
    pub(crate) site: Site<'g, S>,
    entity: PhantomData<E>,
}

/// A page of a list.
pub struct Page<E: Entity> {
    /// The records, in the order in which they were made.
    pub records: Vec<(E::Id, E)>,
    /// Where the next page starts; absent on the last.
    pub next: Option<E::Id>,
}

/// What an event tells of a record.
#[derive(Serialize)]
struct Told<'a, E: Entity> {
    #[serde(flatten)]
    fields: &'a E::Fields,
    state: Option<&'static str>,
    #[serde(flatten)]
    named: BTreeMap<String, serde_json::Value>,
}

impl<'a, E: Entity> Told<'a, E> {
    fn of(record: &'a E, source: &impl Reading, partition: Partition) -> Result<Self, Error> {
        let named = record.named_values(source, partition)?.into_iter().collect();
        Ok(Self { fields: record.fields(), state: record.state(), named })
    }
}

impl<'g, S, E> Collection<'g, S, E> {
    pub(crate) fn new(site: Site<'g, S>) -> Self {
        Self { site, entity: PhantomData }
    }
}

impl<S, E> Collection<'_, S, E>
where
    S: Deref,
    S::Target: Reading + Sized,
    E: Entity,
{
    /// Reads one record.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub fn read(&self, id: E::Id) -> Result<E, Error> {
        self.site.source.get(self.site.partition(), id.record())?.ok_or(Error::Missing)
    }

    /// Finds the record with an external id.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub fn id_of(&self, uuid: Uuid) -> Result<E::Id, Error> {
        let found =
            self.site.source.find_first(self.site.partition(), E::UUIDS, uuid.as_bytes())?;
        found.and_then(E::Id::from_record).ok_or(Error::Missing)
    }

    /// Finds the record with a name, compared without case.
    ///
    /// # Errors
    /// When the store fails.
    pub fn named(&self, name: &str) -> Result<Option<E::Id>, Error> {
        let name = prepare(name);
        let found =
            self.site.source.find_first(self.site.partition(), E::NAMES, name.as_bytes())?;
        Ok(found.and_then(E::Id::from_record))
    }

    /// Reads at most `limit` records behind `after`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn list(&self, after: Option<E::Id>, limit: usize) -> Result<Page<E>, Error> {
        let after = after.map(E::Id::record);
        let mut records = Vec::new();
        for found in self.site.source.scan::<E>(self.site.partition(), after) {
            let (id, record) = found?;
            let Some(id) = E::Id::from_record(id) else { continue };
            if records.len() == limit {
                let next = records.last().map(|(id, _)| *id);
                return Ok(Page { records, next });
            }
            records.push((id, record));
        }
        Ok(Page { records, next: None })
    }

    /// Reads at most `limit` records behind `after`, or of those only the one with a name, compared
    /// without case.
    ///
    /// # Errors
    /// When the store fails.
    pub fn page(
        &self,
        name: Option<&str>,
        after: Option<E::Id>,
        limit: usize,
    ) -> Result<Page<E>, Error> {
        let Some(name) = name else { return self.list(after, limit) };
        let behind = |id: &E::Id| after.is_none_or(|after| id.record() > after.record());
        let found = self.named(name)?.filter(behind);
        let records = found.map(|id| Ok::<_, Error>((id, self.read(id)?))).transpose()?;
        Ok(Page { records: records.into_iter().collect(), next: None })
    }

    /// What is told of a change from one state of a record to another.
    pub(crate) fn told(&self, before: &E, after: &E) -> Result<Vec<Difference>, Error> {
        let told = |record| Told::of(record, &*self.site.source, self.site.partition());
        let mut all = differences(Some(&told(before)?), Some(&told(after)?));
        all.extend(E::concealed(before, after));
        Ok(all)
    }

    /// What is told of a record that is to be made.
    pub(crate) fn told_made(&self, record: &E) -> Result<Vec<Difference>, Error> {
        let told = Told::of(record, &*self.site.source, self.site.partition())?;
        Ok(differences(None, Some(&told)))
    }

    /// What is told of a record that goes.
    pub(crate) fn told_gone(&self, record: &E) -> Result<Vec<Difference>, Error> {
        let told = Told::of(record, &*self.site.source, self.site.partition())?;
        Ok(differences(Some(&told), None))
    }

    pub(crate) fn check_name_is_free(
        &self,
        fields: &E::Fields,
        own: Option<E::Id>,
    ) -> Result<(), Error> {
        match self.named(E::name(fields))? {
            Some(other) if Some(other) != own => {
                Err(Error::Taken { pointer: E::NAME_POINTER.into() })
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl<E: Entity> Collection<'_, &mut Change<'_>, E> {
    pub(crate) fn add(&mut self, fields: E::Fields) -> Result<(E::Id, E), Error> {
        self.add_as(fields, |_| {})
    }

    /// Makes a record that is not quite as fresh ones are.
    pub(crate) fn add_as(
        &mut self,
        mut fields: E::Fields,
        prepare: impl FnOnce(&mut E),
    ) -> Result<(E::Id, E), Error> {
        let partition = self.site.partition();
        let number = self.site.source.allocate(partition)?;
        let id =
            E::Id::from_record(number).ok_or(Error::Forbidden("there are too many of these"))?;
        E::check_new(&fields, None)?;
        E::complete(&mut fields, number, &*self.site.source, partition)?;
        E::check(&fields)?;
        E::check_references(&fields, number, &*self.site.source, partition)?;
        self.check_name_is_free(&fields, None)?;
        let uuid = self.site.tools.uuid(self.site.now());
        let mut record = E::new(uuid, Stamp::new(self.site.now()), fields);
        prepare(&mut record);
        record.settle(None, self.site.tools.known_names(), (&*self.site.source, partition))?;
        self.site.source.put(partition, number, &record)?;
        let told = differences(None, Some(&Told::of(&record, &*self.site.source, partition)?));
        let name = E::name(record.fields()).to_owned();
        self.site.tell(Action::Created, (E::SUBJECT, uuid, &name), told)?;
        Ok((id, record))
    }

    /// Changes a record. What says afterwards what it said before is no change: its revision stays,
    /// and nothing is told.
    pub(crate) fn edit(
        &mut self,
        id: E::Id,
        revision: Option<u64>,
        edit: impl FnOnce(&mut E) -> Result<(), Error>,
    ) -> Result<E, Error> {
        self.edit_with(id, revision, Vec::new(), edit)
    }

    /// Changes a record as [`Self::edit`] does, and tells what else comes of it.
    pub(crate) fn edit_with(
        &mut self,
        id: E::Id,
        revision: Option<u64>,
        more: Vec<Difference>,
        edit: impl FnOnce(&mut E) -> Result<(), Error>,
    ) -> Result<E, Error> {
        let before = self.read_at(id, revision)?;
        let mut record = self.read(id)?;
        edit(&mut record)?;
        E::check(record.fields())?;
        E::check_new(record.fields(), Some(before.fields()))?;
        let partition = self.site.partition();
        E::check_references(record.fields(), id.record(), &*self.site.source, partition)?;
        self.check_name_is_free(record.fields(), Some(id))?;
        let at = (&*self.site.source, partition);
        record.settle(Some(&before), self.site.tools.known_names(), at)?;
        if encode(&record)? == encode(&before)? {
            return Ok(before);
        }
        record.stamp().touch(self.site.now());
        self.site.source.put(partition, id.record(), &record)?;
        let mut told = self.told(&before, &record)?;
        told.extend(more);
        let name = E::name(record.fields()).to_owned();
        self.site.tell(Action::Changed, (E::SUBJECT, record.uuid(), &name), told)?;
        Ok(record)
    }

    pub(crate) fn remove(&mut self, id: E::Id, revision: Option<u64>) -> Result<(), Error> {
        self.remove_with(id, revision, Vec::new())
    }

    /// Deletes a record, and tells what else ends with it.
    pub(crate) fn remove_with(
        &mut self,
        id: E::Id,
        revision: Option<u64>,
        more: Vec<Difference>,
    ) -> Result<(), Error> {
        let record = self.read_at(id, revision)?;
        let partition = self.site.partition();
        record.let_go(self.site.source, partition, id)?;
        self.site.source.delete::<E>(partition, id.record())?;
        let mut told = self.told_gone(&record)?;
        told.extend(more);
        let name = E::name(record.fields()).to_owned();
        self.site.tell(Action::Deleted, (E::SUBJECT, record.uuid(), &name), told)
    }

    /// Raises the revision of a record of which more is about to change than it holds itself; with
    /// `revision`, only when nobody changed it in between.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn touch(&mut self, id: E::Id, revision: Option<u64>) -> Result<(), Error> {
        let mut record = self.read_at(id, revision)?;
        record.stamp().touch(self.site.now());
        self.site.source.put(self.site.partition(), id.record(), &record)?;
        Ok(())
    }

    /// Compares a record's revision with the one the caller has seen, where something beside it may
    /// change, which raises the revision then.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn require_seen(&self, id: E::Id, revision: Option<u64>) -> Result<(), Error> {
        self.read_at(id, revision).map(drop)
    }

    /// Reads a record and compares its revision with the one the caller has seen.
    pub(crate) fn read_at(&self, id: E::Id, revision: Option<u64>) -> Result<E, Error> {
        let record = self.read(id)?;
        match revision {
            Some(seen) if seen != record.revision() => Err(Error::Stale),
            Some(_) | None => Ok(record),
        }
    }
}
