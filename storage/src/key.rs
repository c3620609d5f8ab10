//! How keys are laid out.
//!
//! ```text
//! partition u32 | 1 | kind u8      | id u64                      record
//! partition u32 | 2 | index u16    | value, escaped, 00 01 | id  index entry
//! partition u32 | 3 | relation u16 | 0 | from u64 | to u64       link
//! partition u32 | 3 | relation u16 | 1 | to u64   | from u64     the same link backwards
//! partition u32 | 4 | kind u8      | id u64                      secret
//! partition u32 | 5                                              sealed data key
//! partition u32 | 6                                              next id
//! 0             | 7 | partition u32                              partition being erased
//! 0             | 8                                              text sealed by the master key
//! ```
//!
//! Numbers are big endian, so that keys sort as their components do. In an index value `00` is
//! written `00 FF`, and `00 01` ends it: entries sort by value, and no value is the beginning of
//! another.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::{Id, Index, Kind, Partition, Relation};

/// The most octets that an indexed value may have.
pub const MAX_VALUE: usize = 1024;

/// A key; most fit without a heap allocation.
pub(crate) type Key = SmallVec<[u8; 96]>;

/// A half-open range of keys. Without an end it reaches to the last key.
pub(crate) struct KeyRange {
    pub(crate) start: Key,
    pub(crate) end: Option<Key>,
}

/// What a key holds, by its fifth octet.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Space {
    Record = 1,
    Index = 2,
    Link = 3,
    Secret = 4,
    DataKey = 5,
    NextId = 6,
    Erasure = 7,
    MasterKeyCheck = 8,
}

/// In which direction a link is read.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Direction {
    Forward = 0,
    Backward = 1,
}

pub(crate) fn record(partition: Partition, kind: Kind, id: Id) -> Key {
    numbered(partition, Space::Record, kind, id)
}

pub(crate) fn secret(partition: Partition, kind: Kind, id: Id) -> Key {
    numbered(partition, Space::Secret, kind, id)
}

pub(crate) fn data_key(partition: Partition) -> Key {
    space(partition, Space::DataKey)
}

pub(crate) fn next_id(partition: Partition) -> Key {
    space(partition, Space::NextId)
}

pub(crate) fn erasure(erased: Partition) -> Key {
    let mut key = space(Partition::Provider, Space::Erasure);
    key.extend_from_slice(&erased.number().to_be_bytes());
    key
}

/// The marks of all partitions that are being erased.
pub(crate) fn erasures() -> KeyRange {
    starting_with(space(Partition::Provider, Space::Erasure))
}

/// The partition that an erasure mark names.
pub(crate) fn erased(mark: &[u8]) -> Option<Partition> {
    mark.last_chunk().map(|number| Partition::from_number(u32::from_be_bytes(*number)))
}

pub(crate) fn master_key_check() -> Key {
    space(Partition::Provider, Space::MasterKeyCheck)
}

pub(crate) fn index_entry(partition: Partition, index: Index, value: &[u8], id: Id) -> Key {
    let mut key = index_value(partition, index, value);
    key.extend_from_slice(&id.to_be_bytes());
    key
}

/// The beginning that all entries of exactly this value share.
pub(crate) fn index_value(partition: Partition, index: Index, value: &[u8]) -> Key {
    let mut key = index_prefix(partition, index, value);
    key.extend_from_slice(&END_OF_VALUE);
    key
}

/// A key behind all entries of exactly this value and before those of any greater one.
pub(crate) fn index_after(partition: Partition, index: Index, value: &[u8]) -> Key {
    let mut key = index_prefix(partition, index, value);
    key.extend_from_slice(&BEHIND_VALUE);
    key
}

/// The beginning that all entries share whose value starts with `prefix`.
pub(crate) fn index_prefix(partition: Partition, index: Index, prefix: &[u8]) -> Key {
    let mut key = space(partition, Space::Index);
    key.extend_from_slice(&index.0.to_be_bytes());
    for &octet in prefix {
        key.push(octet);
        if octet == 0 {
            key.push(0xFF);
        }
    }
    key
}

pub(crate) fn link(
    partition: Partition,
    relation: Relation,
    direction: Direction,
    ends: (Id, Id),
) -> Key {
    let mut key = links(partition, relation, direction, ends.0);
    key.extend_from_slice(&ends.1.to_be_bytes());
    key
}

/// The beginning that all links of a record in one direction share.
pub(crate) fn links(partition: Partition, relation: Relation, direction: Direction, id: Id) -> Key {
    let mut key = space(partition, Space::Link);
    key.extend_from_slice(&relation.0.to_be_bytes());
    key.push(direction as u8);
    key.extend_from_slice(&id.to_be_bytes());
    key
}

/// All records of a kind whose number is greater than `after`.
pub(crate) fn records(partition: Partition, kind: Kind, after: Option<Id>) -> KeyRange {
    let mut all = space(partition, Space::Record);
    all.push(kind.0);
    let end = successor(&all);
    let start = match after {
        None => all,
        Some(Id::MAX) => {
            return KeyRange { start: all.clone(), end: Some(all) };
        }
        Some(after) => record(partition, kind, after + 1),
    };
    KeyRange { start, end }
}

/// All keys that start with `prefix`.
pub(crate) fn starting_with(prefix: Key) -> KeyRange {
    let end = successor(&prefix);
    KeyRange { start: prefix, end }
}

/// The partition that a key belongs to.
pub(crate) fn partition_of(key: &[u8]) -> Option<Partition> {
    key.first_chunk().map(|number| Partition::from_number(u32::from_be_bytes(*number)))
}

/// The beginning that all keys of a partition share.
pub(crate) fn partition(partition: Partition) -> Key {
    Key::from_slice(&partition.number().to_be_bytes())
}

/// All index entries of a partition.
pub(crate) fn index_entries(partition: Partition) -> KeyRange {
    starting_with(space(partition, Space::Index))
}

/// What a key holds.
pub(crate) fn space_of(key: &[u8]) -> Option<Space> {
    match key.get(PARTITION)? {
        1 => Some(Space::Record),
        2 => Some(Space::Index),
        3 => Some(Space::Link),
        4 => Some(Space::Secret),
        5 => Some(Space::DataKey),
        6 => Some(Space::NextId),
        7 => Some(Space::Erasure),
        8 => Some(Space::MasterKeyCheck),
        _ => None,
    }
}

/// The kind and number in the key of a record or a secret.
pub(crate) fn kind_and_id(key: &[u8]) -> Option<(Kind, Id)> {
    let (kind, id) = key.get(PARTITION + 1..)?.split_first()?;
    Some((Kind(*kind), Id::from_be_bytes(id.try_into().ok()?)))
}

/// The direction of a link, and the key of the same link in the other direction.
pub(crate) fn turned(partition: Partition, key: &[u8]) -> Option<(Direction, Key)> {
    let (relation, rest) = key.get(PARTITION + 1..)?.split_first_chunk()?;
    let (direction, rest) = rest.split_first()?;
    let (from, rest) = rest.split_first_chunk()?;
    let to = rest.try_into().ok()?;
    let (direction, other) = match direction {
        0 => (Direction::Forward, Direction::Backward),
        1 => (Direction::Backward, Direction::Forward),
        _ => return None,
    };
    let relation = Relation(u16::from_be_bytes(*relation));
    let ends = (Id::from_be_bytes(to), Id::from_be_bytes(*from));
    Some((direction, link(partition, relation, other, ends)))
}

/// The record number at the end of an index entry or a link.
pub(crate) fn last_id(key: &[u8]) -> Option<Id> {
    key.last_chunk().map(|id| Id::from_be_bytes(*id))
}

/// The value of an index entry as it was before escaping.
pub(crate) fn value_in(key: &[u8]) -> Option<Cow<'_, [u8]>> {
    let escaped = key.get(INDEX_HEADER..)?;
    let escaped = escaped.get(..escaped.len().checked_sub(ID + END_OF_VALUE.len())?)?;
    if !escaped.contains(&0) {
        return Some(Cow::Borrowed(escaped));
    }
    let mut value = Vec::with_capacity(escaped.len());
    let mut octets = escaped.iter();
    while let Some(&octet) = octets.next() {
        value.push(octet);
        if octet == 0 {
            octets.next().filter(|mark| **mark == 0xFF)?;
        }
    }
    Some(Cow::Owned(value))
}

const END_OF_VALUE: [u8; 2] = [0, 1];
const BEHIND_VALUE: [u8; 2] = [0, 2];
const ID: usize = size_of::<Id>();
const PARTITION: usize = size_of::<u32>();
const INDEX_HEADER: usize = PARTITION + 1 + size_of::<u16>();

fn space(partition: Partition, space: Space) -> Key {
    let mut key = self::partition(partition);
    key.push(space as u8);
    key
}

fn numbered(partition: Partition, space: Space, kind: Kind, id: Id) -> Key {
    let mut key = self::space(partition, space);
    key.push(kind.0);
    key.extend_from_slice(&id.to_be_bytes());
    key
}

/// The first key behind all that start with `prefix`, if there is one.
fn successor(prefix: &[u8]) -> Option<Key> {
    let (&last, rest) = prefix.split_last()?;
    match last.checked_add(1) {
        None => successor(rest),
        Some(next) => {
            let mut key = Key::from_slice(rest);
            key.push(next);
            Some(key)
        }
    }
}
