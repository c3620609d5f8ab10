//! What readers and the writer share: the open database and how to get it back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use redb::{Database, ReadTransaction, ReadableDatabase, WriteTransaction};

use crate::changes::LastChanges;
use crate::disk::Disk;
use crate::file::Lock;
use crate::journal::Journal;
use crate::seal::Vault;
use crate::store::Parts;
use crate::tally::Tally;
use crate::{Commit, EventLog, Options, Partition, ReadError, Snapshot, writer};

/// What readers and the writer share.
pub(crate) struct Core {
    disk: Disk,
    /// The snapshot of the last commit, once somebody has asked for it.
    latest: RwLock<Option<Snapshot>>,
    database: RwLock<Opened>,
    ailing: AtomicBool,
    pub(crate) vault: Arc<Vault>,
    last_changes: Arc<LastChanges>,
    pub(crate) events: EventLog,
    pub(crate) journal: Journal,
    pub(crate) options: Options,
    pub(crate) tally: Tally,
    watchers: RwLock<Vec<Watcher>>,
    sequence: AtomicU64,
    /// Held until the database above is closed.
    _lock: Option<Lock>,
}

/// Who is told of each durable change.
pub(crate) type Watcher = Box<dyn Fn(&Commit) + Send + Sync>;

/// In what state the database is.
enum Opened {
    Writable(Database),
    /// The disk takes no writes; what it holds can be read.
    Frozen(Database),
    /// The disk cannot even be read.
    Lost,
}

impl Core {
    pub(crate) fn new(
        (parts, events): (Parts, EventLog),
        database: Database,
        vault: Arc<Vault>,
        options: Options,
    ) -> Self {
        let Parts { disk, journal, lock, .. } = parts;
        Self {
            disk,
            latest: RwLock::default(),
            database: RwLock::new(Opened::Writable(database)),
            ailing: AtomicBool::new(false),
            vault,
            last_changes: Arc::new(LastChanges::new()),
            events,
            journal,
            options,
            tally: Tally::new(),
            watchers: RwLock::default(),
            sequence: AtomicU64::new(0),
            _lock: lock,
        }
    }

    /// The octets of the database's file; none while it cannot be asked.
    pub(crate) fn octets(&self) -> u64 {
        self.disk.octets()
    }

    /// The state of the last commit. Readers share it until the next one.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, ReadError> {
        let latest = self.latest.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(latest) = latest {
            return Ok(latest);
        }
        // Under the lock, so that `expire` cannot come between taking the snapshot and keeping it.
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(latest) = &*latest {
            return Ok(latest.clone());
        }
        let snapshot = self.fresh_snapshot()?;
        *latest = Some(snapshot.clone());
        Ok(snapshot)
    }

    /// A snapshot of the last commit that nobody shares.
    pub(crate) fn fresh_snapshot(&self) -> Result<Snapshot, ReadError> {
        let (vault, changes) = (Arc::clone(&self.vault), Arc::clone(&self.last_changes));
        Snapshot::new(self.begin_read()?, vault, changes)
    }

    /// Makes the next reader take a new snapshot; called after every commit.
    pub(crate) fn expire(&self) {
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn begin_read(&self) -> Result<ReadTransaction, ReadError> {
        match &*self.database.read().unwrap_or_else(PoisonError::into_inner) {
            Opened::Writable(database) | Opened::Frozen(database) => {
                database.begin_read().map_err(ReadError::of)
            }
            Opened::Lost => Err(ReadError::Lost),
        }
    }

    pub(crate) fn begin_write(&self) -> Result<WriteTransaction, ReadError> {
        match &*self.database.read().unwrap_or_else(PoisonError::into_inner) {
            Opened::Writable(database) => {
                writer::durable(database.begin_write().map_err(ReadError::of)?)
            }
            Opened::Frozen(_) => Err(ReadError::Frozen),
            Opened::Lost => Err(ReadError::Lost),
        }
    }

    /// Says whether the disk failed since the database was opened: redb then refuses everything
    /// that needs the disk.
    pub(crate) fn is_ailing(&self) -> bool {
        self.ailing.load(Ordering::Acquire) || self.disk.has_failed()
    }

    /// Says whether the database must be opened again before the next change.
    pub(crate) fn refuses_changes(&self) -> bool {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        self.is_ailing() || !matches!(*database, Opened::Writable(_))
    }

    pub(crate) fn mark_ailing(&self) {
        self.ailing.store(true, Ordering::Release);
    }

    /// Opens the database again, for reading alone if the disk takes no writes. Only the writer
    /// calls this, with no transaction open.
    pub(crate) fn reopen(&self) {
        if self.reads_frozen() {
            // Reads go on meanwhile: what opening writes lies where the frozen database, which
            // writes nothing, does not read.
            if let Ok(writable) = self.disk.open(self.options.cache_bytes) {
                *self.opened() = Opened::Writable(writable);
            }
        } else {
            self.expire();
            let mut database = self.opened();
            *database = Opened::Lost;
            *database = match self.disk.open(self.options.cache_bytes) {
                Ok(writable) => Opened::Writable(writable),
                Err(_) => match self.disk.open_frozen(self.options.cache_bytes) {
                    Ok(frozen) => Opened::Frozen(frozen),
                    Err(_) => Opened::Lost,
                },
            };
        }
        self.expire();
        let lost = matches!(*self.opened(), Opened::Lost);
        self.ailing.store(lost, Ordering::Release);
        self.disk.forget_failure();
    }

    fn reads_frozen(&self) -> bool {
        matches!(*self.opened(), Opened::Frozen(_)) && !self.is_ailing()
    }

    fn opened(&self) -> RwLockWriteGuard<'_, Opened> {
        self.database.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    /// Sets the sequence number of the last durable change when the store is opened.
    pub(crate) fn start_at(&self, sequence: u64) {
        self.sequence.store(sequence, Ordering::Release);
        self.last_changes.start_at(sequence);
    }

    /// Whether a partition is as it was after the change with this sequence number, as far as it is known.
    pub(crate) fn is_unchanged(&self, partition: Partition, since: u64) -> bool {
        self.last_changes.is_same(partition, since, since)
    }

    pub(crate) fn watch(&self, watcher: Watcher) {
        self.watchers.write().unwrap_or_else(PoisonError::into_inner).push(watcher);
    }

    /// Tells the watchers of a durable change. One that panics does not keep the others from it.
    pub(crate) fn announce(&self, commit: &Commit) {
        self.sequence.store(commit.sequence, Ordering::Release);
        self.last_changes.note(commit);
        for watcher in self.watchers.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let _panicked = catch_unwind(AssertUnwindSafe(|| watcher(commit)));
        }
    }
}
