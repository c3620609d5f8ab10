//! A consistent state of the store.

use std::fmt;
use std::sync::{Arc, Weak};

use redb::{ReadOnlyTable, ReadTransaction};

use crate::changes::LastChanges;
use crate::seal::Vault;
use crate::table::{DATA, LOG};
use crate::view::View;
use crate::{Changed, Commit, Partition, ReadError, Reading, format};

/// The store as it was at one commit.
///
/// Hold one for a request, not longer: as long as it lives, space that later changes free cannot
/// be used again.
#[derive(Clone)]
pub struct Snapshot {
    inner: Arc<Inner>,
}

struct Inner {
    transaction: ReadTransaction,
    data: ReadOnlyTable<&'static [u8], &'static [u8]>,
    vault: Arc<Vault>,
    /// The last change that it holds.
    sequence: u64,
    changes: Arc<LastChanges>,
}

impl Snapshot {
    pub(crate) fn new(
        transaction: ReadTransaction,
        vault: Arc<Vault>,
        changes: Arc<LastChanges>,
    ) -> Result<Self, ReadError> {
        let data = transaction.open_table(DATA).map_err(ReadError::of)?;
        let sequence = format::position(&transaction)?.sequence;
        Ok(Self { inner: Arc::new(Inner { transaction, data, vault, sequence, changes }) })
    }

    /// The sequence number of the last change that the snapshot holds; 0 when there is none.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.inner.sequence
    }

    /// Whether what was read of a partition from the snapshot with this sequence number holds in
    /// this one: no change of the partition came between them.
    ///
    /// Partitions far apart share a note, and a partition's note tells of its last change alone,
    /// so that it may say no where yes were right.
    #[must_use]
    pub fn agrees_with(&self, partition: Partition, sequence: u64) -> bool {
        self.inner.changes.is_same(partition, sequence, self.inner.sequence)
    }
}

impl Snapshot {
    /// Shows every change that the snapshot holds and that came after the one with this sequence
    /// number to `visit`, in order. Says no, and shows nothing, when there are more than `most`,
    /// when the log does not reach so far back, or when that change is none of the snapshot's.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn changes_since(
        &self,
        sequence: u64,
        most: u64,
        visit: &mut dyn FnMut(&Changed),
    ) -> Result<bool, ReadError> {
        let last = self.inner.sequence;
        let Some(wanted) = last.checked_sub(sequence).filter(|wanted| *wanted <= most) else {
            return Ok(false);
        };
        if wanted == 0 {
            return Ok(true);
        }
        let log = self.inner.transaction.open_table(LOG).map_err(ReadError::of)?;
        let kept = log.get(sequence.saturating_add(1)).map_err(ReadError::of)?.is_some();
        if !kept {
            return Ok(false);
        }
        for entry in log.range(sequence.saturating_add(1)..=last).map_err(ReadError::of)? {
            let (_, commit) = entry.map_err(ReadError::of)?;
            crate::decode::<Commit>(commit.value())?.changes.iter().for_each(&mut *visit);
        }
        Ok(true)
    }

    /// Shows what the changes with these sequence numbers did to `visit`, in this order. Says no, and
    /// perhaps shows some of it, when the log does not have them all, or one is none of the snapshot's.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn changes_at(
        &self,
        sequences: &[u64],
        visit: &mut dyn FnMut(&Changed),
    ) -> Result<bool, ReadError> {
        if sequences.is_empty() {
            return Ok(true);
        }
        let log = self.inner.transaction.open_table(LOG).map_err(ReadError::of)?;
        for sequence in sequences {
            let Some(commit) = log.get(*sequence).map_err(ReadError::of)? else { return Ok(false) };
            crate::decode::<Commit>(commit.value())?.changes.iter().for_each(&mut *visit);
        }
        Ok(true)
    }
}

/// Recognizes a snapshot without holding it.
#[derive(Clone)]
pub struct Mark(Weak<Inner>);

impl fmt::Debug for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Mark")
    }
}

impl Snapshot {
    /// A mark by which this snapshot is known again.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(Arc::downgrade(&self.inner))
    }

    /// Whether the mark was made of this very snapshot: what was read then still holds.
    #[must_use]
    pub fn bears(&self, mark: &Mark) -> bool {
        std::ptr::eq(mark.0.as_ptr(), Arc::as_ptr(&self.inner))
    }
}

impl Reading for Snapshot {
    fn view(&self) -> View<'_> {
        View { data: &self.inner.data, pending: None, vault: &self.inner.vault }
    }
}
