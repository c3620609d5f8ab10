//! What is stored: records and the index entries they name.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Index, Kind};

/// Something that is stored under a number in a partition.
pub trait Record: Serialize + DeserializeOwned {
    /// The kind that this type has in keys. It never changes and is never reused.
    const KIND: Kind;

    /// The version of the body that this type writes.
    const VERSION: u8;

    /// Whether the change log tells of it, and what was remembered of its partition counts no more
    /// once it changed. Not for what changes all the time and is never remembered.
    const LOGGED: bool = true;

    /// Reads a body that was written at an older version.
    ///
    /// The record is rewritten at [`VERSION`](Self::VERSION) with its next change.
    ///
    /// # Errors
    /// When the version is not known or the body does not decode.
    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        let _ = body;
        Err(Corrupt::version(Self::KIND, version))
    }

    /// Names every index entry of this record.
    fn index(&self, entries: &mut Entries);

    /// What other records show of this one, if that is one text.
    fn called(&self) -> Option<&str> {
        None
    }

    /// The id by which others know the record, if the change log is to keep it when the record is
    /// deleted.
    fn known_as(&self) -> Option<[u8; 16]> {
        None
    }

    /// Names every index entry of this record as one that was written at an older version, and has
    /// not been since, stands in the indices.
    ///
    /// A kind whose entries took another form keeps the former one here, so that the next change of
    /// a record takes away what it really left.
    fn index_of(&self, version: u8, entries: &mut Entries) {
        let _ = version;
        self.index(entries);
    }
}

/// Stored bytes that do not say what they should.
#[derive(Clone, Eq, PartialEq, Debug, thiserror::Error)]
#[error("corrupt data: {0}")]
pub struct Corrupt(String);

impl Corrupt {
    /// Says what is wrong with the data.
    #[must_use]
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// Says that a record was written at a version that nobody can read.
    #[must_use]
    pub fn version(kind: Kind, version: u8) -> Self {
        Self(format!("a record of kind {} has unknown version {version}", kind.0))
    }
}

/// Index entries: indices with values.
pub(crate) type EntryList = Vec<(Index, Vec<u8>)>;

/// Collects the index entries of a record.
#[derive(Default)]
pub struct Entries {
    list: EntryList,
}

impl Entries {
    /// Adds an entry; one that is there already counts once.
    ///
    /// A change that puts a record with a value longer than [`MAX_VALUE`](crate::MAX_VALUE)
    /// octets fails.
    pub fn add(&mut self, index: Index, value: &[u8]) {
        self.list.push((index, value.to_vec()));
    }

    /// The entries of `record`, in order and without repetition.
    pub(crate) fn of<R: Record>(record: &R) -> EntryList {
        let mut entries = Self::default();
        record.index(&mut entries);
        entries.settled()
    }

    /// A record with the entries that it has as it is stored, in order and without repetition.
    pub(crate) fn stored<R: Record>(stored: &[u8]) -> Result<(R, EntryList), Corrupt> {
        let record: R = decode_record(stored)?;
        let mut entries = Self::default();
        match stored.first() {
            Some(&version) if version != R::VERSION => record.index_of(version, &mut entries),
            Some(_) | None => record.index(&mut entries),
        }
        Ok((record, entries.settled()))
    }

    fn settled(mut self) -> EntryList {
        self.list.sort_unstable();
        self.list.dedup();
        self.list
    }
}

/// Reads a value from the body of a record.
///
/// # Errors
/// When the body does not hold such a value, or more than that.
pub fn decode<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Corrupt> {
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(Corrupt::new("octets behind the end of a value")),
        Err(error) => Err(Corrupt::new(error.to_string())),
    }
}

/// Writes a value as [`decode`] reads it.
///
/// # Errors
/// When the value has a shape that cannot be written.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Corrupt> {
    postcard::to_stdvec(value).map_err(|error| Corrupt::new(error.to_string()))
}

/// Writes a value as [`encode`] does, behind what `out` holds.
///
/// # Errors
/// When the value has a shape that cannot be written.
pub fn encode_behind<T: Serialize>(out: Vec<u8>, value: &T) -> Result<Vec<u8>, Corrupt> {
    postcard::to_extend(value, out).map_err(|error| Corrupt::new(error.to_string()))
}

/// Reads a record with its leading version octet.
pub(crate) fn decode_record<R: Record>(stored: &[u8]) -> Result<R, Corrupt> {
    match stored.split_first() {
        None => Err(Corrupt::new("an empty record")),
        Some((&version, body)) if version == R::VERSION => decode(body),
        Some((&version, body)) => R::upgrade(version, body),
    }
}

/// Writes a record with its leading version octet.
pub(crate) fn encode_record<R: Record>(record: &R) -> Result<Vec<u8>, Corrupt> {
    encode_behind(vec![R::VERSION], record)
}
