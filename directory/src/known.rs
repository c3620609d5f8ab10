//! What was read from the store a moment ago, kept as long as its partition stays as it was.
//!
//! Records that each bind reads (which organization has a base, who has a login) are worth keeping
//! decoded. What is kept counts only while no change of the same partition was acknowledged since
//! the snapshot that it was read from, so nobody has to remember to forget it.

use std::hash::Hash;
use std::sync::Arc;

use quick_cache::Equivalent;
use quick_cache::sync::Cache;
use storage::{Partition, ReadError, Reading, Snapshot};

use crate::authentication::KnownAccounts;
use crate::id::{OrganizationId, RecordId};
use crate::records::Organization;

/// What is looked up by each bind and each request.
pub(crate) struct Lookups {
    /// Active organizations by their bases.
    pub(crate) bases: Known<String, OrganizationId>,
    /// Accounts by their names.
    pub(crate) accounts: KnownAccounts,
    organizations: Known<OrganizationId, Arc<Organization>>,
}

impl Lookups {
    /// Keeps so many organizations and accounts.
    pub(crate) fn new(organizations: usize, accounts: usize) -> Self {
        Self {
            bases: Known::new(organizations),
            accounts: Known::new(accounts),
            organizations: Known::new(organizations),
        }
    }

    /// Reads an organization's record, or knows it.
    pub(crate) fn organization(
        &self,
        snapshot: &Snapshot,
        id: OrganizationId,
    ) -> Result<Option<Arc<Organization>>, ReadError> {
        if let Some(known) = self.organizations.get(snapshot, Partition::Provider, &id) {
            return Ok(Some(known));
        }
        let Some(record) = snapshot.get::<Organization>(Partition::Provider, id.record())? else {
            return Ok(None);
        };
        let record = Arc::new(record);
        self.organizations.keep(snapshot, id, Arc::clone(&record));
        Ok(Some(record))
    }
}

/// A bounded number of values read from the store.
pub(crate) struct Known<K, V> {
    kept: Cache<K, Kept<V>>,
}

#[derive(Clone)]
struct Kept<V> {
    /// The snapshot that it was read from.
    sequence: u64,
    value: V,
}

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    /// Keeps at most about `capacity` values.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { kept: Cache::new(capacity) }
    }

    /// The value of a key in a partition, if it is kept and still holds.
    pub(crate) fn get<Q>(&self, snapshot: &Snapshot, partition: Partition, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let kept = self.kept.get(key)?;
        snapshot.unchanged_since(partition, kept.sequence).then_some(kept.value)
    }

    /// Keeps a value that was read from a snapshot.
    pub(crate) fn keep(&self, snapshot: &Snapshot, key: K, value: V) {
        self.kept.insert(key, Kept { sequence: snapshot.sequence(), value });
    }
}
