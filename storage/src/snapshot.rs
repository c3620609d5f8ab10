//! A consistent state of the store.

use std::sync::{Arc, Weak};

use redb::{ReadOnlyTable, ReadTransaction};

use crate::seal::Vault;
use crate::table::DATA;
use crate::view::View;
use crate::{ReadError, Reading};

/// The store as it was at one commit.
///
/// Hold one for a request, not longer: as long as it lives, space that later changes free cannot
/// be used again.
#[derive(Clone)]
pub struct Snapshot {
    inner: Arc<Inner>,
}

struct Inner {
    data: ReadOnlyTable<&'static [u8], &'static [u8]>,
    vault: Arc<Vault>,
}

impl Snapshot {
    pub(crate) fn new(transaction: &ReadTransaction, vault: Arc<Vault>) -> Result<Self, ReadError> {
        let data = transaction.open_table(DATA).map_err(ReadError::of)?;
        Ok(Self { inner: Arc::new(Inner { data, vault }) })
    }
}

/// Recognizes a snapshot without holding it.
#[derive(Clone)]
pub struct Mark(Weak<Inner>);

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
