//! Opening the store, reading from it and handing changes to its writer.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use redb::StorageBackend;
use redb::backends::FileBackend;

use crate::check::{self, KindCheck, Report};
use crate::core::Core;
use crate::disk::Disk;
use crate::durations::Stopwatch;
use crate::events::{EventError, EventLog, EventOptions};
use crate::file::{self, Lock};
use crate::folder::{Directory, Folder, Memory};
use crate::journal::Journal;
use crate::seal::Vault;
use crate::tally::StoreFigures;
use crate::writer::{Job, Nudge, Work, Writer};
use crate::{
    Change, ChangeError, Commit, Entropy, MasterKey, Partition, ReadError, Snapshot, WriteError,
    format,
};

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
    /// How the event log works.
    pub events: EventOptions,
    /// How many octets the journal takes before they are in the database, as often again meanwhile.
    pub journal: u64,
    /// By what is measured how long commits take.
    pub stopwatch: Stopwatch,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 64 << 20,
            queue: 1024,
            group: 256,
            log: 100_000,
            events: EventOptions::default(),
            journal: 16 << 20,
            stopwatch: Stopwatch::default(),
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
    /// The event log cannot be opened.
    #[error(transparent)]
    Events(#[from] EventError),
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
    /// When another process has it open, the directory or a file cannot be used, the file is of
    /// a newer format, or the master key is not the one it was created with.
    pub fn open(
        directory: &Path,
        master: MasterKey,
        entropy: Arc<dyn Entropy>,
        options: Options,
    ) -> Result<Self, OpenError> {
        file::create_directory(directory)?;
        let lock = Lock::acquire(directory)?;
        let vault = Vault::new(master, entropy);
        let file = file::open_database(directory, |file| create(file, &vault))?;
        let disk = Disk::new(FileBackend::new(file).map_err(ReadError::of)?);
        let events = Arc::new(Directory::open(&directory.join("events"))?);
        let journal =
            Journal::open(&Directory::open(&directory.join("journal"))?, options.journal)?;
        Self::start(Parts { disk, events, journal, lock: Some(lock) }, vault, options)
    }

    /// Opens a store that lies in a backend of redb and keeps its events in memory, for tests.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_backend<B: StorageBackend>(
        backend: B,
        master: MasterKey,
        entropy: Arc<dyn Entropy>,
        options: Options,
    ) -> Result<Self, OpenError> {
        let journal = Journal::open(&Memory::default(), options.journal)?;
        let events = Arc::new(Memory::default());
        let parts = Parts { disk: Disk::new(backend), events, journal, lock: None };
        Self::start(parts, Vault::new(master, entropy), options)
    }

    /// Takes a snapshot of the last state.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn read(&self) -> Result<Snapshot, ReadError> {
        if self.core.is_ailing() {
            self.door.nudge();
        }
        self.core.snapshot()
    }

    /// Whether what was read of a partition from the snapshot with this sequence number still holds.
    ///
    /// It may say no where yes were right, as [`Snapshot::agrees_with`].
    #[must_use]
    pub fn is_unchanged(&self, partition: Partition, since: u64) -> bool {
        self.core.is_unchanged(partition, since)
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
        self.hand_in(work, true)
    }

    /// As [`write`](Self::write), for what can be made again: readers see it when this returns, and a
    /// power loss, or a failure of the disk, may take it until something was written durably. What is
    /// there then is there as a whole, and in the order in which it was written.
    ///
    /// It has no sequence number. A change that is logged or has an event is durable all the same.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_behind<T, E, F>(&self, work: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut Change<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.hand_in(work, false)
    }

    fn hand_in<T, E, F>(&self, work: F, is_durable: bool) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut Change<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        let job = Box::new(Work::new(work, reply, is_durable));
        let (tally, stopwatch) = (&self.core.tally, self.core.options.stopwatch);
        tally.begins();
        let began = stopwatch.read();
        let received = self.door.hand_in(job).map(|()| answer.recv());
        tally.ends();
        match received {
            Ok(Ok(answered)) => {
                if is_durable && answered.is_ok() {
                    tally.waited(stopwatch.read().saturating_sub(began));
                }
                answered
            }
            Ok(Err(_)) | Err(Closed) => Err(WriteError::Closed),
        }
    }

    /// Calls `watcher` for every change, in order, after its durable commit and before its caller
    /// is answered.
    ///
    /// It runs on the writer thread: it must be quick and must not write to the store.
    pub fn watch(&self, watcher: Box<dyn Fn(&Commit) + Send + Sync>) {
        self.core.watch(watcher);
    }

    /// The sequence number of the last durable change; 0 before the first.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.core.sequence()
    }

    /// How writing goes.
    #[must_use]
    pub fn figures(&self) -> StoreFigures {
        self.core.tally.figures(self.core.octets())
    }

    /// The event log.
    #[must_use]
    pub fn events(&self) -> &EventLog {
        &self.core.events
    }

    /// The journal. What it holds when the store is opened is to be settled first.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.core.journal
    }

    /// Walks through everything and says what does not fit together.
    ///
    /// `kinds` names every kind of record that may be there.
    ///
    /// # Errors
    /// When the database cannot be read. What it holds wrongly is in the report.
    pub fn check(&self, kinds: &[KindCheck]) -> Result<Report, ReadError> {
        check::check(&self.read()?, kinds)
    }

    /// Seals the data keys of all partitions with another master key, with which the store is to
    /// be opened from then on. What `also` changes is in the same transaction.
    ///
    /// # Errors
    /// When `also` refuses, a data key cannot be read, or the change cannot be written. Where the
    /// disk failed, the store may be sealed with either key, as a whole.
    pub fn rotate_master_key<E, F>(&self, new: MasterKey, also: F) -> Result<(), WriteError<E>>
    where
        F: FnOnce(&mut Change<'_>) -> Result<(), E> + Send + 'static,
        E: From<ChangeError> + Send + 'static,
    {
        self.write(move |change| {
            also(change)?;
            // Last, because only a failure of its own makes it forget the new key.
            change.rewrap(&new).map_err(E::from)
        })
    }

    pub(crate) fn start(parts: Parts, vault: Vault, options: Options) -> Result<Self, OpenError> {
        let vault = Arc::new(vault);
        let database = parts.disk.open(options.cache_bytes).map_err(ReadError::of)?;
        format::prepare(&database, &vault)?;
        // The log is not touched before the database says that this version and key may do so,
        // and that no older version may any more.
        let events = EventLog::open_folder(Arc::clone(&parts.events), options.events.clone())?;
        let (sender, queue) = sync_channel(options.queue.max(1));
        let core = Arc::new(Core::new((parts, events), database, vault, options));
        let owners = (core.options.events.words.owners)(&core.fresh_snapshot()?)?;
        owners.into_iter().for_each(|(partition, owner)| core.events.introduce(partition, owner));
        let writer = Writer::start(Arc::clone(&core), queue)?;
        let thread =
            std::thread::Builder::new().name("store-writer".into()).spawn(move || writer.run())?;
        let door = Door { queue: Some(sender), writer: Some(thread) };
        Ok(Self { door: Arc::new(door), core })
    }
}

/// What a store is made of.
pub(crate) struct Parts {
    pub(crate) disk: Disk,
    /// Where the event log lies.
    pub(crate) events: Arc<dyn Folder>,
    pub(crate) journal: Journal,
    /// Who has the data directory, where it is one.
    pub(crate) lock: Option<Lock>,
}

/// Makes a new database in a file and closes it.
fn create(file: File, vault: &Vault) -> Result<(), OpenError> {
    let disk = Disk::new(FileBackend::new(file).map_err(ReadError::of)?);
    let database = disk.open(SMALL_CACHE).map_err(ReadError::of)?;
    format::prepare(&database, vault)?;
    database.close().map_err(ReadError::of)?;
    Ok(())
}

/// How many bytes of a file are kept in memory while it is created.
const SMALL_CACHE: usize = 1 << 20;

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

    /// Makes the writer look after the disk, unless changes wait that will do so.
    fn nudge(&self) {
        match self.queue.as_ref().map(|queue| queue.try_send(Box::new(Nudge))) {
            Some(Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) | Ok(())) | None => {}
        }
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
