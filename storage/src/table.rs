//! The tables of the database file, and what reading needs of them.

use redb::{
    AccessGuard, Range, ReadOnlyTable, ReadableTable, StorageError, Table, TableDefinition,
};

use crate::key::KeyRange;

/// All data, by keys that start with their partition.
pub(crate) const DATA: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("data");

/// The change log, by sequence number.
pub(crate) const LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");

/// Events that may not yet be in the event log, by outbox number.
pub(crate) const OUTBOX: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("outbox");

/// Facts about the file itself, by name.
pub(crate) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// A stored key or value.
pub(crate) type Stored<'a> = AccessGuard<'a, &'static [u8]>;

/// Stored keys and values, in the order of keys.
pub(crate) type StoredRange<'a> = Range<'a, &'static [u8], &'static [u8]>;

/// The data table, whether it is open for reading or for writing.
pub(crate) trait Data {
    fn value(&self, key: &[u8]) -> Result<Option<Stored<'_>>, StorageError>;
    fn range(&self, range: &KeyRange) -> Result<StoredRange<'_>, StorageError>;
}

impl Data for ReadOnlyTable<&'static [u8], &'static [u8]> {
    fn value(&self, key: &[u8]) -> Result<Option<Stored<'_>>, StorageError> {
        self.get(key)
    }

    fn range(&self, range: &KeyRange) -> Result<StoredRange<'_>, StorageError> {
        match &range.end {
            Some(end) => Self::range::<&[u8]>(self, range.start.as_slice()..end.as_slice()),
            None => Self::range::<&[u8]>(self, range.start.as_slice()..),
        }
    }
}

impl Data for Table<'_, &'static [u8], &'static [u8]> {
    fn value(&self, key: &[u8]) -> Result<Option<Stored<'_>>, StorageError> {
        ReadableTable::get(self, key)
    }

    fn range(&self, range: &KeyRange) -> Result<StoredRange<'_>, StorageError> {
        match &range.end {
            Some(end) => {
                ReadableTable::range::<&[u8]>(self, range.start.as_slice()..end.as_slice())
            }
            None => ReadableTable::range::<&[u8]>(self, range.start.as_slice()..),
        }
    }
}
