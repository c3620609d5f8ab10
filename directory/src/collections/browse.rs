//! Browsing what there is: by pages, by name, or by what an index finds.

use storage::{Id, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use crate::error::Error;
use crate::id::RecordId;

/// Some records, and whether there may be more behind them.
pub type Batch<I, R> = (Records<I, R>, bool);

/// Records with their ids.
pub type Records<I, R> = Vec<(I, R)>;

/// A member of what is shown, as somebody looks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sought<'s> {
    /// The member.
    pub member: &'s str,
    /// Its value, or the beginning of it, [prepared](crate::text::prepare).
    pub value: &'s str,
    /// Whether it is the whole value.
    pub is_whole: bool,
}

/// What can be listed.
pub trait Browse {
    /// An id, in whose order records are listed.
    type Id: RecordId;
    /// A record.
    type Record;

    /// At most `limit` records behind one.
    ///
    /// # Errors
    /// When the store fails, or who asks may not.
    fn batch(
        &self,
        after: Option<Self::Id>,
        limit: usize,
    ) -> Result<Batch<Self::Id, Self::Record>, Error>;

    /// Whether one is meant of those that are found; each was looked at then.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    fn admits(&self, id: Self::Id, record: &Self::Record) -> Result<bool, Error> {
        let _all_are = (id, record);
        Ok(true)
    }

    /// Those of a name, compared without case, in the order of their ids.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    fn called(&self, name: &str) -> Result<Records<Self::Id, Self::Record>, Error> {
        let _none_has_one = name;
        Ok(Vec::new())
    }

    /// Those that an index finds, in the order of their ids: every record whose member is what is
    /// sought is among them. `None` where no index serves, or more than `most` are found.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    fn candidates(&self, sought: Sought<'_>, most: usize) -> Result<Option<Vec<Self::Id>>, Error> {
        let _nothing_serves = (sought, most);
        Ok(None)
    }

    /// A record that was found.
    ///
    /// # Errors
    /// As [`batch`](Self::batch).
    fn candidate(&self, id: Self::Id) -> Result<Option<Self::Record>, Error>;
}

/// Some of the records of a collection, in the order of their ids.
pub struct Among<'g, E: Entity> {
    pub(crate) all: Collection<'g, &'g Snapshot, E>,
    pub(crate) ids: Vec<E::Id>,
}

impl<E: Entity> Among<'_, E> {
    fn holds(&self, id: E::Id) -> bool {
        self.ids.binary_search_by_key(&id.record(), |own| own.record()).is_ok()
    }
}

impl<E: Entity> Browse for Among<'_, E> {
    type Id = E::Id;
    type Record = E;

    fn batch(&self, after: Option<E::Id>, limit: usize) -> Result<Batch<E::Id, E>, Error> {
        let behind = |id: &&E::Id| after.is_none_or(|after| id.record() > after.record());
        let mut records = Vec::new();
        for id in self.ids.iter().filter(behind) {
            if records.len() == limit {
                return Ok((records, true));
            }
            records.extend(self.all.candidate(*id)?.map(|record| (*id, record)));
        }
        Ok((records, false))
    }

    fn called(&self, name: &str) -> Result<Records<E::Id, E>, Error> {
        let mut found = self.all.called(name)?;
        found.retain(|(id, _)| self.holds(*id));
        Ok(found)
    }

    fn candidates(&self, sought: Sought<'_>, most: usize) -> Result<Option<Vec<E::Id>>, Error> {
        let mut found = self.all.candidates(sought, most)?;
        found.iter_mut().for_each(|ids| ids.retain(|id| self.holds(*id)));
        Ok(found)
    }

    fn candidate(&self, id: E::Id) -> Result<Option<E>, Error> {
        self.all.candidate(id)
    }
}

impl<E: Entity> Browse for Collection<'_, &Snapshot, E> {
    type Id = E::Id;
    type Record = E;

    fn batch(&self, after: Option<E::Id>, limit: usize) -> Result<Batch<E::Id, E>, Error> {
        let mut page = self.list(after, limit)?;
        page.records.retain(|(_, record)| !record.is_hidden());
        Ok((page.records, page.next.is_some()))
    }

    fn called(&self, name: &str) -> Result<Vec<(E::Id, E)>, Error> {
        let found = self.named(name)?;
        found.map(|id| Ok((id, self.read(id)?))).into_iter().collect()
    }

    fn candidates(&self, sought: Sought<'_>, most: usize) -> Result<Option<Vec<E::Id>>, Error> {
        let Sought { member, value, is_whole } = sought;
        let (source, partition) = (self.site.source, self.site.partition());
        if member == "id" && is_whole {
            return identified(source, (partition, E::UUIDS), value).map(Some);
        }
        match E::index_for(member) {
            Some(index) => indexed(source, (partition, index), sought, most),
            None => Ok(None),
        }
    }

    fn candidate(&self, id: E::Id) -> Result<Option<E>, Error> {
        Ok(self.site.source.get(self.site.partition(), id.record())?)
    }
}

/// What an index of ids finds by the text of one, which may be none.
pub(crate) fn identified<I: RecordId>(
    source: &Snapshot,
    (partition, index): (Partition, Index),
    text: &str,
) -> Result<Vec<I>, Error> {
    let Ok(uuid) = Uuid::try_parse(text) else { return Ok(Vec::new()) };
    let found = source.find_first(partition, index, uuid.as_bytes())?;
    Ok(found.and_then(I::from_record).into_iter().collect())
}

/// What an index finds, in the order of ids; `None` where that is more than `most`.
pub(crate) fn indexed<I: RecordId>(
    source: &Snapshot,
    (partition, index): (Partition, Index),
    sought: Sought<'_>,
    most: usize,
) -> Result<Option<Vec<I>>, Error> {
    let value = sought.value.as_bytes();
    let found = match sought.is_whole {
        true => source.find(partition, index, value),
        false => source.prefix(partition, index, value).ids(),
    };
    let mut ids: Vec<Id> = found.take(most.saturating_add(1)).collect::<Result<_, _>>()?;
    if ids.len() > most {
        return Ok(None);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids.into_iter().filter_map(I::from_record).collect()))
}
