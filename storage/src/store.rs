//! Opening the store, reading from it and handing changes to its writer.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use redb::{Database, ReadableDatabase, StorageBackend, WriteTransaction};

use crate::seal::Vault;
use crate::writer::{self, Job, Work};
use crate::{Change, Commit, Entropy, MasterKey, ReadError, Snapshot, WriteError};

/// How the store uses memory and time.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many bytes of the file redb keeps in memory.
    pub cache_bytes: usize,
    /// How many changes may wait for the writer; a caller beyond that waits.
    pub queue: usize,
    /// How many changes share one commit at most.
    pub group: usize,
    /// How many changes the change log keeps.
    pub log: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 64 << 20,
            queue: 1024,
            group: 256,
            log: 100_000,
        }
    }
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the store open.
    #[error("the data directory is in use by {owner}")]
    InUse {
        /// What the lock file says about its owner.
        owner: String,
    },
    /// The directory or a file in it cannot be used.
    #[error("the data directory cannot be used: {0}")]
    Directory(#[from] std::io::Error),
    /// The file was written by a newer version of this program.
    #[error(
        "the database has format {found}, and this version knows formats up to {known}; \
         it was written by a newer version, which may keep data that this one would destroy"
    )]
    Newer {
        /// The format of the file.
        found: u32,
        /// The newest format that this version knows.
        known: u32,
    },
    /// The master key is not the one the store was created with.
    #[error("the master key is not the one that this store was sealed with")]
    WrongMasterKey,
    /// The database cannot be opened or read.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] ReadError),
}

/// A store that is open. Clones share it; the last one closes it.
#[derive(Clone)]
pub struct Store {
    door: Arc<Door>,
    core: Arc<Core>,
}

impl Store {
    /// Opens the store in a directory, or creates it there.
    ///
    /// # Errors
    /// When another process has it open, the directory or the file cannot be used, the file is of
    /// a newer format, or the master key is not the one it was created with.
    pub fn open(
        directory: &Path,
        master: MasterKey,
        entropy: Arc<dyn Entropy>,
        options: Options,
    ) -> Result<Self, OpenError> {
        let database = redb::Builder::new()
            .set_cache_size(options.cache_bytes)
            .create(directory.join("tenantry.redb"))
            .map_err(|error| ReadError::Database(error.into()))?;
        Self::start(database, &master, entropy, options)
    }

    /// Opens a store that lies in a backend of redb, for tests.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_backend<B: StorageBackend>(
        backend: B,
        master: MasterKey,
        entropy: Arc<dyn Entropy>,
        options: Options,
    ) -> Result<Self, OpenError> {
        let database = redb::Builder::new()
            .set_cache_size(options.cache_bytes)
            .create_with_backend(backend)
            .map_err(|error| ReadError::Database(error.into()))?;
        Self::start(database, &master, entropy, options)
    }

    /// Takes a snapshot of the last durable state.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn read(&self) -> Result<Snapshot, ReadError> {
        let transaction = self
            .core
            .database()
            .begin_read()
            .map_err(redb::Error::from)?;
        Snapshot::new(&transaction, Arc::clone(&self.core.vault))
    }

    /// Runs `work` on the writer thread and returns after the durable commit that holds it.
    ///
    /// Other changes may share the commit; one that fails leaves nothing behind and does not harm
    /// the others.
    ///
    /// # Errors
    /// When `work` refuses or panics, the disk fails, or the store is closing.
    pub fn write<T, E, F>(&self, work: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut Change<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        self.door
            .hand_in(Box::new(Work::new(work, reply)))
            .map_err(|_| WriteError::Closed)?;
        answer.recv().unwrap_or(Err(WriteError::Closed))
    }

    /// Calls `watcher` for every change, in order, after its durable commit and before its caller
    /// is answered.
    ///
    /// It runs on the writer thread: it must be quick and must not write to the store.
    pub fn watch(&self, watcher: Box<dyn Fn(&Commit) + Send + Sync>) {
        self.core
            .watchers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(watcher);
    }

    /// The sequence number of the last durable change; 0 before the first.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.core.sequence.load(Ordering::Acquire)
    }

    fn start(
        database: Database,
        master: &MasterKey,
        entropy: Arc<dyn Entropy>,
        options: Options,
    ) -> Result<Self, OpenError> {
        let vault = Arc::new(Vault::new(master, entropy));
        let sequence = crate::format::prepare(&database, &vault)?;
        let (sender, queue) = sync_channel(options.queue);
        let core = Arc::new(Core {
            database: RwLock::new(Arc::new(database)),
            vault,
            watchers: RwLock::default(),
            sequence: AtomicU64::new(sequence),
            options,
        });
        let writing = Arc::clone(&core);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer::run(&writing, &queue))?;
        let door = Arc::new(Door {
            queue: Some(sender),
            writer: Some(thread),
        });
        Ok(Self { door, core })
    }
}

/// What readers and the writer share.
pub(crate) struct Core {
    database: RwLock<Arc<Database>>,
    pub(crate) vault: Arc<Vault>,
    watchers: RwLock<Vec<Box<dyn Fn(&Commit) + Send + Sync>>>,
    pub(crate) sequence: AtomicU64,
    pub(crate) options: Options,
}

impl Core {
    pub(crate) fn database(&self) -> Arc<Database> {
        Arc::clone(&self.database.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn begin_write(&self) -> Result<WriteTransaction, ReadError> {
        let transaction = self.database().begin_write().map_err(redb::Error::from)?;
        writer::durable(transaction)
    }

    /// Tells the watchers of durable changes.
    pub(crate) fn announce(&self, commits: &[Commit]) {
        let watchers = self.watchers.read().unwrap_or_else(PoisonError::into_inner);
        for commit in commits {
            self.sequence.store(commit.sequence, Ordering::Release);
            for watcher in watchers.iter() {
                watcher(commit);
            }
        }
    }
}

/// The way to the writer. When the last store goes, the queue closes and the writer ends.
struct Door {
    queue: Option<SyncSender<Box<dyn Job>>>,
    writer: Option<JoinHandle<()>>,
}

impl Door {
    fn hand_in(&self, job: Box<dyn Job>) -> Result<(), Closed> {
        let queue = self.queue.as_ref().ok_or(Closed)?;
        queue.send(job).map_err(|_| Closed)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take()
            && writer.thread().id() != std::thread::current().id()
        {
            // The writer catches panics, so there is nothing to learn from how it ended.
            let _ended = writer.join();
        }
    }
}

/// The writer is gone.
struct Closed;
