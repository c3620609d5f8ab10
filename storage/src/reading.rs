//! Reading, the same from a snapshot and inside a change.

use std::marker::PhantomData;
use std::ops::Bound;

use crate::change::decode_id;
use crate::key::{self, Direction, KeyRange};
use crate::record::decode_record;
use crate::view::{View, Walk};
use crate::{Corrupt, Id, Index, Kind, Partition, Record, Relation, Secret};

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk or the file failed.
    #[error("the database cannot be read: {0}")]
    Database(#[from] redb::Error),
    /// The disk takes no writes; until it does the store can only be read.
    #[error("the disk takes no writes; the store can only be read")]
    Frozen,
    /// The disk failed and cannot be read; the next change tries to open the database again.
    #[error("the disk failed and cannot be read")]
    Lost,
    /// The stored bytes are not what they should be.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
    /// A secret cannot be unsealed: its data key is gone, or it was tampered with.
    #[error("a secret cannot be unsealed")]
    Sealed,
}

impl ReadError {
    pub(crate) fn of(error: impl Into<redb::Error>) -> Self {
        Self::Database(error.into())
    }
}

/// The ways of reading that [`Snapshot`](crate::Snapshot) and [`Change`](crate::Change) share.
///
/// A change reads what it has written itself. An iterator that meets a failure yields it and
/// ends.
pub trait Reading {
    /// What is read.
    fn view(&self) -> View<'_>;

    /// Reads a record.
    ///
    /// # Errors
    /// When the database cannot be read or the record does not decode.
    fn get<R: Record>(&self, partition: Partition, id: Id) -> Result<Option<R>, ReadError> {
        match self.view().value(&key::record(partition, R::KIND, id))? {
            Some(value) => Ok(Some(decode_record(value.bytes())?)),
            None => Ok(None),
        }
    }

    /// Says whether a record is there, without decoding it.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn contains<R: Record>(&self, partition: Partition, id: Id) -> Result<bool, ReadError> {
        Ok(self.view().value(&key::record(partition, R::KIND, id))?.is_some())
    }

    /// Reads the records of one kind whose number is greater than `after`, in the order of
    /// their numbers.
    fn scan<R: Record>(&self, partition: Partition, after: Option<Id>) -> Records<'_, R> {
        let walk = self.view().walk(&key::records(partition, R::KIND, after));
        Records { walk, record: PhantomData }
    }

    /// The records that are indexed under exactly `value`, in the order of their numbers.
    fn find(&self, partition: Partition, index: Index, value: &[u8]) -> Ids<'_> {
        let entries = key::starting_with(key::index_value(partition, index, value));
        Ids { walk: self.view().walk(&entries) }
    }

    /// As [`find`](Self::find), only those whose number is greater than `after`.
    fn find_behind(
        &self,
        partition: Partition,
        index: Index,
        value: &[u8],
        after: Option<Id>,
    ) -> Ids<'_> {
        let mut entries = key::starting_with(key::index_value(partition, index, value));
        if let Some(after) = after {
            let last = key::index_entry(partition, index, value, after);
            // Nothing stands between an entry and the one with an octet more.
            entries.start = last;
            entries.start.push(0);
        }
        Ids { walk: self.view().walk(&entries) }
    }

    /// The first record that is indexed under exactly `value`.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn find_first(
        &self,
        partition: Partition,
        index: Index,
        value: &[u8],
    ) -> Result<Option<Id>, ReadError> {
        self.view().first(key::index_value(partition, index, value))
    }

    /// The entries whose value starts with `prefix`, in the order of values. An empty prefix
    /// gives the whole index.
    fn prefix(&self, partition: Partition, index: Index, prefix: &[u8]) -> Values<'_> {
        let entries = key::starting_with(key::index_prefix(partition, index, prefix));
        Values { walk: self.view().walk(&entries) }
    }

    /// The entries whose value lies between two bounds, in the order of values.
    fn range(
        &self,
        partition: Partition,
        index: Index,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Values<'_> {
        let all = key::starting_with(key::index_prefix(partition, index, &[]));
        let start = match from {
            Bound::Included(value) => key::index_value(partition, index, value),
            Bound::Excluded(value) => key::index_after(partition, index, value),
            Bound::Unbounded => all.start,
        };
        let end = match to {
            Bound::Included(value) => Some(key::index_after(partition, index, value)),
            Bound::Excluded(value) => Some(key::index_value(partition, index, value)),
            Bound::Unbounded => all.end,
        };
        Values { walk: self.view().walk(&KeyRange { start, end }) }
    }

    /// The records to which `from` is linked, in the order of their numbers.
    fn linked(&self, partition: Partition, relation: Relation, from: Id) -> Ids<'_> {
        let links = key::links(partition, relation, Direction::Forward, from);
        Ids { walk: self.view().walk(&key::starting_with(links)) }
    }

    /// As [`linked`](Self::linked), only those whose number is greater than `after`.
    fn linked_behind(
        &self,
        partition: Partition,
        relation: Relation,
        from: Id,
        after: Option<Id>,
    ) -> Ids<'_> {
        let direction = Direction::Forward;
        let mut links = key::starting_with(key::links(partition, relation, direction, from));
        if let Some(after) = after {
            links.start = key::link(partition, relation, direction, (from, after));
            // Nothing stands between a link and the one with an octet more.
            links.start.push(0);
        }
        Ids { walk: self.view().walk(&links) }
    }

    /// The records that are linked to `to`, in the order of their numbers.
    fn linking(&self, partition: Partition, relation: Relation, to: Id) -> Ids<'_> {
        let links = key::links(partition, relation, Direction::Backward, to);
        Ids { walk: self.view().walk(&key::starting_with(links)) }
    }

    /// Says whether `from` is linked to `to`.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn is_linked(
        &self,
        partition: Partition,
        relation: Relation,
        from: Id,
        to: Id,
    ) -> Result<bool, ReadError> {
        let link = key::link(partition, relation, Direction::Forward, (from, to));
        Ok(self.view().value(&link)?.is_some())
    }

    /// Unseals a secret.
    ///
    /// # Errors
    /// When the database cannot be read, or the secret cannot be unsealed.
    fn secret(
        &self,
        partition: Partition,
        kind: Kind,
        id: Id,
    ) -> Result<Option<Secret>, ReadError> {
        let view = self.view();
        let name = key::secret(partition, kind, id);
        let Some(sealed) = view.value(&name)? else {
            return Ok(None);
        };
        let wrapped_name = key::data_key(partition);
        let wrapped = view.value(&wrapped_name)?.ok_or(ReadError::Sealed)?;
        let data_key = view.vault.data_key(partition, &wrapped_name, wrapped.bytes())?;
        Ok(Some(data_key.unseal(&name, sealed.bytes())?))
    }

    /// All partitions that have any data, the provider first.
    ///
    /// One that is being erased is among them until nothing of it is left.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn partitions(&self) -> Result<Vec<Partition>, ReadError> {
        let mut found = Vec::new();
        let mut next = Some(0_u32);
        while let Some(number) = next {
            let start = key::partition(Partition::from_number(number));
            let mut walk = self.view().walk(&KeyRange { start, end: None });
            let partition = walk.step(|key, _| key::partition_of(key).ok_or_else(bad_key));
            let partition = partition.transpose()?;
            found.extend(partition);
            next = partition.and_then(|partition| partition.number().checked_add(1));
        }
        Ok(found)
    }

    /// The number that [`Change::allocate`](crate::Change::allocate) gives next in a partition; `None`
    /// where there is no such partition.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn next_number(&self, partition: Partition) -> Result<Option<Id>, ReadError> {
        let next = self.view().value(&key::next_id(partition))?;
        Ok(next.map(|next| decode_id(next.bytes())).transpose()?)
    }

    /// Says whether a partition was created and not destroyed.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn partition_exists(&self, partition: Partition) -> Result<bool, ReadError> {
        Ok(self.view().value(&key::next_id(partition))?.is_some())
    }
}

/// Records of one kind with their numbers.
pub struct Records<'a, R> {
    walk: Walk<'a>,
    record: PhantomData<fn() -> R>,
}

impl<R: Record> Iterator for Records<'_, R> {
    type Item = Result<(Id, R), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.walk.step(|key, value| {
            let id = key::last_id(key).ok_or_else(bad_key)?;
            Ok((id, decode_record(value)?))
        })
    }
}

/// Numbers of records.
pub struct Ids<'a> {
    walk: Walk<'a>,
}

impl Iterator for Ids<'_> {
    type Item = Result<Id, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.walk.step(|key, _| key::last_id(key).ok_or_else(bad_key))
    }
}

/// Index entries: values with the numbers of their records.
pub struct Values<'a> {
    walk: Walk<'a>,
}

impl<'a> Values<'a> {
    /// Hands the next value and its record's number to `read`, without a copy.
    pub fn step<T>(&mut self, read: impl FnOnce(&[u8], Id) -> T) -> Option<Result<T, ReadError>> {
        self.walk.step(|key, _| {
            let value = key::value_in(key).ok_or_else(bad_key)?;
            Ok(read(&value, key::last_id(key).ok_or_else(bad_key)?))
        })
    }

    /// The numbers alone.
    #[must_use]
    pub fn ids(self) -> Ids<'a> {
        Ids { walk: self.walk }
    }
}

impl Iterator for Values<'_> {
    type Item = Result<(Vec<u8>, Id), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.walk.step(|key, _| {
            let value = key::value_in(key).ok_or_else(bad_key)?;
            Ok((value.into_owned(), key::last_id(key).ok_or_else(bad_key)?))
        })
    }
}

pub(crate) fn bad_key() -> ReadError {
    ReadError::Corrupt(Corrupt::new("a key is cut short"))
}
