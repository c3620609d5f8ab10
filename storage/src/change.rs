//! Changing things.

use crate::key::{self, Direction, Key};
use crate::log::{Changed, What};
use crate::record::{EntryList, encode_record};
use crate::seal::Vault;
use crate::table::Data;
use crate::view::{Pending, View};
use crate::{
    Corrupt, Entries, Event, Id, Index, Kind, MAX_VALUE, MasterKey, Partition, ReadError, Reading,
    Record, Relation, format,
};

/// Why a change could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What the change builds on could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record does not encode.
    #[error("a record cannot be stored: {0}")]
    Unstorable(Corrupt),
    /// An indexed value is longer than [`MAX_VALUE`] octets.
    #[error("a value of {length} octets is too long for index {}; the limit is {MAX_VALUE}", .index.0)]
    ValueTooLong {
        /// The index that the value was meant for.
        index: Index,
        /// The length of the value in octets.
        length: usize,
    },
    /// The partition was not created, or it was destroyed.
    #[error("there is no partition {}", .0.number())]
    NoPartition(Partition),
    /// The partition exists already, or its data is still being erased.
    #[error("partition {} exists already or is still being erased", .0.number())]
    PartitionTaken(Partition),
    /// A partition has used up its record numbers.
    #[error("partition {} has no more record numbers", .0.number())]
    NumbersExhausted(Partition),
}

/// A change under way: it reads what is there and what it wrote itself, and writes all or nothing.
pub struct Change<'a> {
    data: &'a dyn Data,
    vault: &'a Vault,
    sequence: u64,
    outbox: u64,
    pub(crate) made: Made,
}

/// What a change has made so far.
#[derive(Default)]
pub(crate) struct Made {
    pub(crate) pending: Pending,
    pub(crate) changes: Vec<Changed>,
    pub(crate) events: Vec<Event>,
}

impl Reading for Change<'_> {
    fn view(&self) -> View<'_> {
        View { data: self.data, pending: Some(&self.made.pending), vault: self.vault }
    }
}

impl<'a> Change<'a> {
    pub(crate) fn new(data: &'a dyn Data, vault: &'a Vault, sequence: u64, outbox: u64) -> Self {
        Self { data, vault, sequence, outbox, made: Made::default() }
    }

    /// The sequence number that this change will have in the change log.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Takes the next free record number of a partition.
    ///
    /// # Errors
    /// When the partition does not exist, or its counter cannot be read or is used up.
    pub fn allocate(&mut self, partition: Partition) -> Result<Id, ChangeError> {
        let id = self.next_id(partition)?;
        self.claim(partition, id)?;
        Ok(id)
    }

    /// Writes a record and its index entries in place of what was there.
    ///
    /// The number need not come from [`allocate`](Self::allocate); numbers up to it will not be
    /// allocated again.
    ///
    /// # Errors
    /// When the partition does not exist, the record there before cannot be read, the new one
    /// does not encode, or a value to be indexed is too long.
    pub fn put<R: Record>(
        &mut self,
        partition: Partition,
        id: Id,
        record: &R,
    ) -> Result<(), ChangeError> {
        if id >= self.next_id(partition)? {
            self.claim(partition, id)?;
        }
        let new = Entries::of(record);
        if let Some((index, value)) = new.iter().find(|(_, value)| value.len() > MAX_VALUE) {
            return Err(ChangeError::ValueTooLong { index: *index, length: value.len() });
        }
        let (before, old) = self.stored::<R>(partition, id)?.unzip();
        let old = old.unwrap_or_default();
        for (index, value) in old.iter().filter(|entry| new.binary_search(entry).is_err()) {
            self.remove(key::index_entry(partition, *index, value, id));
        }
        for (index, value) in new.iter().filter(|entry| old.binary_search(entry).is_err()) {
            self.insert(key::index_entry(partition, *index, value, id), Vec::new());
        }
        self.put_body(partition, id, record)?;
        let called = before.as_ref().and_then(Record::called);
        let same = called.is_some() && called == record.called();
        if R::LOGGED {
            self.note(partition, R::KIND, id, if same { What::Rewritten } else { What::Put });
        }
        Ok(())
    }

    /// Writes a record with its index entries under a number that [`allocate`](Self::allocate) gave
    /// and under which nothing of its kind was written: as [`put`](Self::put), without looking.
    ///
    /// # Errors
    /// When the record does not encode, or a value to be indexed is too long.
    pub fn put_first<R: Record>(
        &mut self,
        partition: Partition,
        id: Id,
        record: &R,
    ) -> Result<(), ChangeError> {
        let entries = Entries::of(record);
        if let Some((index, value)) = entries.iter().find(|(_, value)| value.len() > MAX_VALUE) {
            return Err(ChangeError::ValueTooLong { index: *index, length: value.len() });
        }
        self.put_body(partition, id, record)?;
        for (index, value) in &entries {
            self.insert(key::index_entry(partition, *index, value, id), Vec::new());
        }
        if R::LOGGED {
            self.note(partition, R::KIND, id, What::Put);
        }
        Ok(())
    }

    /// Writes a record in place of one of its kind that has the same index entries and is called the
    /// same: as [`put`](Self::put), without looking.
    ///
    /// # Errors
    /// When the record does not encode.
    pub fn put_again<R: Record>(
        &mut self,
        partition: Partition,
        id: Id,
        record: &R,
    ) -> Result<(), ChangeError> {
        self.put_body(partition, id, record)?;
        if R::LOGGED {
            self.note(partition, R::KIND, id, What::Rewritten);
        }
        Ok(())
    }

    /// Deletes a record and its index entries, and says whether it was there.
    ///
    /// Links and secrets of the record stay: the caller knows which there are.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn delete<R: Record>(&mut self, partition: Partition, id: Id) -> Result<bool, ChangeError> {
        let Some((record, entries)) = self.stored::<R>(partition, id)? else { return Ok(false) };
        for (index, value) in entries {
            self.remove(key::index_entry(partition, index, &value, id));
        }
        self.remove(key::record(partition, R::KIND, id));
        let known_as = record.known_as();
        let what = known_as.map_or(What::Deleted, |known_as| What::Removed { known_as });
        if R::LOGGED {
            self.note(partition, R::KIND, id, what);
        }
        Ok(true)
    }

    /// Links `from` to `to`, and says whether they were not linked before.
    ///
    /// # Errors
    /// When the partition does not exist or cannot be read.
    pub fn link(
        &mut self,
        partition: Partition,
        relation: Relation,
        from: Id,
        to: Id,
    ) -> Result<bool, ChangeError> {
        self.next_id(partition)?;
        if self.is_linked(partition, relation, from, to)? {
            return Ok(false);
        }
        for link in both_ways(partition, relation, from, to) {
            self.insert(link, Vec::new());
        }
        self.note(partition, Kind(0), from, What::Linked { relation, to });
        Ok(true)
    }

    /// Cuts the link from `from` to `to`, and says whether they were linked.
    ///
    /// # Errors
    /// When the partition cannot be read.
    pub fn unlink(
        &mut self,
        partition: Partition,
        relation: Relation,
        from: Id,
        to: Id,
    ) -> Result<bool, ChangeError> {
        if !self.is_linked(partition, relation, from, to)? {
            return Ok(false);
        }
        for link in both_ways(partition, relation, from, to) {
            self.remove(link);
        }
        self.note(partition, Kind(0), from, What::Unlinked { relation, to });
        Ok(true)
    }

    /// Seals a secret and keeps it in place of what was there.
    ///
    /// # Errors
    /// When the partition does not exist or its data key cannot be unsealed.
    pub fn put_secret(
        &mut self,
        partition: Partition,
        kind: Kind,
        id: Id,
        secret: &[u8],
    ) -> Result<(), ChangeError> {
        let name = key::data_key(partition);
        let view = self.view();
        let wrapped = view.value(&name)?.ok_or(ChangeError::NoPartition(partition))?;
        let data_key = self.vault.data_key(partition, &name, wrapped.bytes())?;
        let name = key::secret(partition, kind, id);
        let sealed = data_key.seal(&name, secret, self.vault.entropy())?;
        drop(wrapped);
        self.insert(name, sealed);
        self.note(partition, kind, id, What::SecretPut);
        Ok(())
    }

    /// Deletes a secret, and says whether it was there.
    ///
    /// # Errors
    /// When the partition cannot be read.
    pub fn delete_secret(
        &mut self,
        partition: Partition,
        kind: Kind,
        id: Id,
    ) -> Result<bool, ChangeError> {
        let name = key::secret(partition, kind, id);
        if self.view().value(&name)?.is_none() {
            return Ok(false);
        }
        self.remove(name);
        self.note(partition, kind, id, What::SecretDeleted);
        Ok(true)
    }

    /// Creates a partition: its counter and its sealed data key.
    ///
    /// # Errors
    /// When the partition exists, or one of its number is still being erased.
    pub fn create_partition(&mut self, partition: Partition) -> Result<(), ChangeError> {
        let erased = self.view().value(&key::erasure(partition))?.is_some();
        if erased || self.partition_exists(partition)? {
            return Err(ChangeError::PartitionTaken(partition));
        }
        let name = key::data_key(partition);
        let wrapped = self.vault.create_data_key(&name)?;
        self.insert(name, wrapped);
        self.insert(key::next_id(partition), encode_id(FIRST_ID));
        self.note(partition, Kind(0), 0, What::PartitionCreated);
        Ok(())
    }

    /// Destroys a partition.
    ///
    /// Its data key is gone with this change, so that no secret can be read again. The rest is
    /// erased by the writer in bounded steps soon after; until then the number stays taken.
    ///
    /// # Errors
    /// When the partition does not exist or cannot be read.
    pub fn destroy_partition(&mut self, partition: Partition) -> Result<(), ChangeError> {
        self.next_id(partition)?;
        let own = key::partition(partition);
        self.made.pending.retain(|key, _| !key.starts_with(&own));
        self.remove(key::data_key(partition));
        self.remove(key::next_id(partition));
        self.insert(key::erasure(partition), Vec::new());
        self.note(partition, Kind(0), 0, What::PartitionDestroyed);
        Ok(())
    }

    /// Adds an event that is kept exactly if this change is, and returns its outbox number.
    ///
    /// `time_ms` is in milliseconds since 1970.
    pub fn event(&mut self, partition: Partition, time_ms: u64, body: &[u8]) -> u64 {
        let number = self.outbox.saturating_add(self.made.events.len() as u64);
        self.made.events.push(Event { partition, time_ms, body: body.to_vec() });
        number
    }

    /// Seals all data keys with another master key, which is the one in force after the commit.
    pub(crate) fn rewrap(&mut self, new: &MasterKey) -> Result<(), ChangeError> {
        self.vault.prepare(new);
        let rewrapped = self.rewrap_data_keys();
        if rewrapped.is_err() {
            self.vault.settle(false);
        }
        rewrapped
    }

    fn rewrap_data_keys(&mut self) -> Result<(), ChangeError> {
        for partition in self.partitions()? {
            let name = key::data_key(partition);
            let wrapped = self.view().value(&name)?.map(|wrapped| wrapped.bytes().to_vec());
            if let Some(wrapped) = wrapped {
                let data_key = self.vault.unwrap(&name, &wrapped)?;
                let wrapped = self.vault.wrap(&name, data_key.expose())?;
                self.insert(name, wrapped);
            }
        }
        self.insert(key::master_key_check(), format::sealed_check(self.vault)?);
        Ok(())
    }

    fn put_body<R: Record>(
        &mut self,
        partition: Partition,
        id: Id,
        record: &R,
    ) -> Result<(), ChangeError> {
        let body = encode_record(record).map_err(ChangeError::Unstorable)?;
        self.insert(key::record(partition, R::KIND, id), body);
        Ok(())
    }

    fn next_id(&self, partition: Partition) -> Result<Id, ChangeError> {
        let view = self.view();
        let value = view.value(&key::next_id(partition))?;
        let value = value.ok_or(ChangeError::NoPartition(partition))?;
        Ok(decode_id(value.bytes()).map_err(ReadError::from)?)
    }

    fn claim(&mut self, partition: Partition, id: Id) -> Result<(), ChangeError> {
        let next = id.checked_add(1).ok_or(ChangeError::NumbersExhausted(partition))?;
        self.insert(key::next_id(partition), encode_id(next));
        Ok(())
    }

    /// A record with the index entries that it has as it is stored.
    fn stored<R: Record>(
        &self,
        partition: Partition,
        id: Id,
    ) -> Result<Option<(R, EntryList)>, ReadError> {
        match self.view().value(&key::record(partition, R::KIND, id))? {
            Some(stored) => Ok(Some(Entries::stored(stored.bytes())?)),
            None => Ok(None),
        }
    }

    fn insert(&mut self, key: Key, value: Vec<u8>) {
        self.made.pending.insert(key, Some(value));
    }

    fn remove(&mut self, key: Key) {
        self.made.pending.insert(key, None);
    }

    fn note(&mut self, partition: Partition, kind: Kind, id: Id, what: What) {
        self.made.changes.push(Changed { partition, kind, id, what });
    }
}

/// The first record number that [`Change::allocate`] gives.
const FIRST_ID: Id = 1;

pub(crate) fn encode_id(id: Id) -> Vec<u8> {
    id.to_be_bytes().to_vec()
}

pub(crate) fn decode_id(octets: &[u8]) -> Result<Id, Corrupt> {
    let octets = octets.try_into().map_err(|_| Corrupt::new("a counter of the wrong length"))?;
    Ok(Id::from_be_bytes(octets))
}

fn both_ways(partition: Partition, relation: Relation, from: Id, to: Id) -> [Key; 2] {
    [
        key::link(partition, relation, Direction::Forward, (from, to)),
        key::link(partition, relation, Direction::Backward, (to, from)),
    ]
}
