//! Erasing destroyed partitions.
//!
//! A destroyed partition has lost its data key and its counter with the change that destroyed it,
//! and a mark says that the rest is to be erased. The writer does so in steps of bounded size
//! between changes; a crash in between leaves the mark.

use crate::core::Core;
use crate::key::{self, Key, KeyRange};
use crate::table::{DATA, Data};
use crate::view::Pending;
use crate::{Partition, ReadError, writer};

/// Erases some keys of a destroyed partition, and says whether there may be more to erase.
pub(crate) fn step(core: &Core) -> Result<bool, ReadError> {
    if !is_needed(core)? {
        return Ok(false);
    }
    let transaction = core.begin_write()?;
    let mut data = transaction.open_table(DATA).map_err(ReadError::of)?;
    let Some(mark) = first_key(&data, &key::erasures())? else {
        return Ok(false);
    };
    let erased = key::erased(&mark).ok_or_else(|| crate::Corrupt::new("an erasure mark"))?;
    let mut removed = Pending::new();
    for entry in Data::range(&data, &keys_of(erased)).map_err(ReadError::of)?.take(STEP) {
        let (key, _) = entry.map_err(ReadError::of)?;
        removed.insert(Key::from_slice(key.value()), None);
    }
    if removed.len() < STEP {
        removed.insert(mark, None);
    }
    writer::apply(&mut data, &removed)?;
    drop(data);
    transaction.commit().map_err(ReadError::of)?;
    core.expire();
    Ok(true)
}

fn is_needed(core: &Core) -> Result<bool, ReadError> {
    let data = core.begin_read()?.open_table(DATA).map_err(ReadError::of)?;
    Ok(first_key(&data, &key::erasures())?.is_some())
}

fn first_key(data: &dyn Data, range: &KeyRange) -> Result<Option<Key>, ReadError> {
    let first = data.range(range).map_err(ReadError::of)?.next();
    let first = first.transpose().map_err(ReadError::of)?;
    Ok(first.map(|(key, _)| Key::from_slice(key.value())))
}

fn keys_of(partition: Partition) -> KeyRange {
    key::starting_with(key::partition(partition))
}

/// How many keys one transaction erases.
const STEP: usize = 4096;
