//! Where the database lies, and how it is opened again after the disk failed.

use std::io;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redb::{BackendError, Builder, Database, DatabaseError, StorageBackend};

/// A backend that outlives the databases opened on it.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    backend: Arc<dyn StorageBackend>,
    failed: Arc<AtomicBool>,
    /// Counts what was written.
    written: Arc<AtomicU64>,
}

/// So many pages are written without a look who else wants the core.
const A_FEW: u64 = 8;

impl Disk {
    pub(crate) fn new(backend: impl StorageBackend) -> Self {
        Self { backend: Arc::new(backend), failed: Arc::default(), written: Arc::default() }
    }

    /// Says whether the backend has failed since the last [`forget_failure`](Self::forget_failure).
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    pub(crate) fn forget_failure(&self) {
        self.failed.store(false, Ordering::Release);
    }

    /// How many octets there are; none while it cannot be asked, which counts for no failure.
    pub(crate) fn octets(&self) -> u64 {
        self.backend.len().unwrap_or(0)
    }

    fn noted<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if result.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        result
    }

    /// Opens the database, or creates it on an empty disk.
    pub(crate) fn open(&self, cache_bytes: usize) -> Result<Database, DatabaseError> {
        Builder::new().set_cache_size(cache_bytes).create_with_backend(self.clone())
    }

    /// Opens the database so that nothing is written to the disk.
    pub(crate) fn open_frozen(&self, cache_bytes: usize) -> Result<Database, DatabaseError> {
        let frozen = Frozen { disk: self.clone(), kept: Mutex::default() };
        Builder::new().set_cache_size(cache_bytes).create_with_backend(frozen)
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.noted(self.backend.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.noted(self.backend.read(offset, out))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.noted(self.backend.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.noted(self.backend.sync_data())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.written.fetch_add(1, Ordering::Relaxed).is_multiple_of(A_FEW) {
            // A commit writes many pages in a row, and who shares the core answers logins.
            std::thread::yield_now();
        }
        self.noted(self.backend.write(offset, data))
    }

    fn close(&self) -> io::Result<()> {
        self.backend.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.query_lock_range(start, end)
    }
}

/// Reads from a disk and keeps in memory what redb writes while it opens the file.
///
/// A disk that takes no writes can be read this way: repairing the file needs a few.
#[derive(Debug)]
struct Frozen {
    disk: Disk,
    kept: Mutex<Kept>,
}

/// Written octets by their offset, and the length if it was set.
#[derive(Default, Debug)]
struct Kept {
    writes: Vec<(u64, Vec<u8>)>,
    length: Option<u64>,
}

impl Frozen {
    fn kept<T>(&self, use_it: impl FnOnce(&mut Kept) -> T) -> T {
        use_it(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl StorageBackend for Frozen {
    fn len(&self) -> io::Result<u64> {
        self.kept(|kept| kept.length).map_or_else(|| self.disk.len(), Ok)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let on_disk = self.disk.len()?.saturating_sub(offset);
        let on_disk = usize::try_from(on_disk).unwrap_or(usize::MAX).min(out.len());
        let (stored, grown) = out.split_at_mut(on_disk);
        self.disk.read(offset, stored)?;
        grown.fill(0);
        self.kept(|kept| {
            for (at, data) in &kept.writes {
                lay_over(out, offset, data, *at);
            }
        });
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.kept(|kept| kept.length = Some(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.kept(|kept| kept.writes.push((offset, data.to_vec())));
        Ok(())
    }
}

/// Copies the octets of `data`, which starts at `at`, over those of `out`, which starts at
/// `offset`, where both lie.
fn lay_over(out: &mut [u8], offset: u64, data: &[u8], at: u64) {
    let skip = |from: u64, to: u64| usize::try_from(from.saturating_sub(to)).unwrap_or(usize::MAX);
    let out = out.iter_mut().skip(skip(at, offset));
    let data = data.iter().skip(skip(offset, at));
    for (out, data) in out.zip(data) {
        *out = *data;
    }
}
