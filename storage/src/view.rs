//! Stored data with the pending writes of a change laid over it.

use std::collections::{BTreeMap, btree_map};
use std::iter::Peekable;
use std::ops::Bound;

use crate::key::{self, Key, KeyRange};
use crate::reading::bad_key;
use crate::seal::Vault;
use crate::table::{Data, Stored, StoredRange};
use crate::{Id, ReadError};

/// What a change has written and the transaction has not; `None` deletes.
pub(crate) type Pending = BTreeMap<Key, Option<Vec<u8>>>;

/// The data that a [`Snapshot`](crate::Snapshot) or a [`Change`](crate::Change) sees.
#[derive(Copy, Clone)]
pub struct View<'a> {
    pub(crate) data: &'a dyn Data,
    pub(crate) pending: Option<&'a Pending>,
    pub(crate) vault: &'a Vault,
}

impl<'a> View<'a> {
    pub(crate) fn value(self, key: &[u8]) -> Result<Option<Value<'a>>, ReadError> {
        if let Some(written) = self.pending.and_then(|pending| pending.get(key)) {
            return Ok(written.as_deref().map(Value::Pending));
        }
        let stored = self.data.value(key).map_err(ReadError::of)?;
        Ok(stored.map(Value::Stored))
    }

    pub(crate) fn walk(self, range: &KeyRange) -> Walk<'a> {
        if range.end.as_ref().is_some_and(|end| *end <= range.start) {
            return Walk { stored: Rest::Nothing, pending: None };
        }
        let pending = self.pending.filter(|pending| !pending.is_empty());
        Walk {
            stored: match self.data.range(range) {
                Ok(stored) => Rest::Range { stored, ahead: None },
                Err(error) => Rest::Failed(error.into()),
            },
            pending: pending.map(|pending| pending.range::<[u8], _>(bounds(range)).peekable()),
        }
    }
}

impl View<'_> {
    /// The number at the end of the first key that starts with `prefix`.
    pub(crate) fn first(self, prefix: Key) -> Result<Option<Id>, ReadError> {
        let is_near = |pending: &Pending| {
            let behind = (Bound::Included(prefix.as_slice()), Bound::Unbounded);
            let next = pending.range::<[u8], _>(behind).next();
            next.is_some_and(|(key, _)| key.starts_with(&prefix))
        };
        if self.pending.is_some_and(is_near) {
            let mut walk = self.walk(&key::starting_with(prefix));
            return walk.step(|key, _| key::last_id(key).ok_or_else(bad_key)).transpose();
        }
        // Looking at one key costs less than comparing it with an end.
        let all = KeyRange { start: prefix.clone(), end: None };
        let mut stored = self.data.range(&all).map_err(ReadError::of)?;
        let Some((key, _)) = stored.next().transpose().map_err(ReadError::of)? else {
            return Ok(None);
        };
        let key = key.value();
        let found = key.starts_with(&prefix);
        found.then(|| key::last_id(key).ok_or_else(bad_key)).transpose()
    }
}

/// The octets of a value, wherever they lie.
pub(crate) enum Value<'a> {
    Stored(Stored<'a>),
    Pending(&'a [u8]),
}

impl Value<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Stored(stored) => stored.value(),
            Self::Pending(octets) => octets,
        }
    }
}

/// A walk through keys and values in order.
pub(crate) struct Walk<'a> {
    stored: Rest<'a>,
    pending: Option<Peekable<btree_map::Range<'a, Key, Option<Vec<u8>>>>>,
}

/// A pending write.
type Write<'a> = (&'a Key, &'a Option<Vec<u8>>);

/// What is left of the stored side of a walk.
#[expect(clippy::large_enum_variant, reason = "a search must not allocate to begin a walk")]
enum Rest<'a> {
    Range { stored: StoredRange<'a>, ahead: Option<(Stored<'a>, Stored<'a>)> },
    Failed(redb::Error),
    Nothing,
}

impl<'a> Walk<'a> {
    /// Hands the next key and value to `read`. After a failure the walk is at its end.
    pub(crate) fn step<T>(
        &mut self,
        read: impl FnOnce(&[u8], &[u8]) -> Result<T, ReadError>,
    ) -> Option<Result<T, ReadError>> {
        let step = self.advance(read).transpose();
        if matches!(step, Some(Err(_))) {
            *self = Walk { stored: Rest::Nothing, pending: None };
        }
        step
    }

    fn advance<T>(
        &mut self,
        read: impl FnOnce(&[u8], &[u8]) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        loop {
            let stored = self.stored.take()?;
            let Some((key, written)) = self.pending_up_to(stored.as_ref()) else {
                return stored.map(|(key, value)| read(key.value(), value.value())).transpose();
            };
            if let Some(stored) = stored.filter(|(stored, _)| stored.value() != key.as_slice()) {
                self.stored.put_back(stored);
            }
            if let Some(value) = written {
                return read(key, value).map(Some);
            }
        }
    }

    /// Takes the next pending write unless its key lies behind the stored one.
    fn pending_up_to(&mut self, stored: Option<&(Stored<'_>, Stored<'_>)>) -> Option<Write<'a>> {
        let pending = self.pending.as_mut()?;
        match stored {
            None => pending.next(),
            Some((stored, _)) => pending.next_if(|(key, _)| key.as_slice() <= stored.value()),
        }
    }
}

impl<'a> Rest<'a> {
    fn take(&mut self) -> Result<Option<(Stored<'a>, Stored<'a>)>, ReadError> {
        // The range is large: it stays where it is.
        if let Self::Range { stored, ahead } = self {
            return match ahead.take() {
                Some(ahead) => Ok(Some(ahead)),
                None => stored.next().transpose().map_err(ReadError::of),
            };
        }
        match std::mem::replace(self, Rest::Nothing) {
            Self::Failed(error) => Err(error.into()),
            Self::Nothing | Self::Range { .. } => Ok(None),
        }
    }

    fn put_back(&mut self, entry: (Stored<'a>, Stored<'a>)) {
        if let Self::Range { ahead, .. } = self {
            *ahead = Some(entry);
        }
    }
}

fn bounds(range: &KeyRange) -> (Bound<&[u8]>, Bound<&[u8]>) {
    let end = match &range.end {
        Some(end) => Bound::Excluded(end.as_slice()),
        None => Bound::Unbounded,
    };
    (Bound::Included(range.start.as_slice()), end)
}
