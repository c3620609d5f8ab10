//! Where files lie that are appended to: event segments, the journal.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use redb::StorageBackend;
use redb::backends::{FileBackend, InMemoryBackend};

use crate::events::unpoisoned;

/// A file in a folder.
pub(crate) type SegmentFile = Arc<dyn StorageBackend>;

/// A folder of files.
pub(crate) trait Folder: Send + Sync {
    fn names(&self) -> io::Result<Vec<String>>;
    /// Opens a file, or creates it; the name of a new file is durable afterwards.
    fn open(&self, name: &str) -> io::Result<SegmentFile>;
    /// Gives a file another name, durably.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file, durably. One that is not there is removed already.
    fn remove(&self, name: &str) -> io::Result<()>;
}

/// A folder in the file system.
pub(crate) struct Directory {
    path: PathBuf,
}

impl Directory {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        crate::file::create_directory(path)?;
        Ok(Self { path: path.to_owned() })
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }
}

impl Folder for Directory {
    fn names(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.path)?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    fn open(&self, name: &str) -> io::Result<SegmentFile> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = crate::file::private(&mut options).open(self.path.join(name))?;
        self.sync()?;
        Ok(Arc::new(FileBackend::new(file).map_err(io::Error::other)?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))?;
        self.sync()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match std::fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => self.sync(),
        }
    }
}

/// A folder in memory.
#[derive(Default)]
pub(crate) struct Memory {
    files: Mutex<BTreeMap<String, SegmentFile>>,
}

impl Folder for Memory {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(unpoisoned(self.files.lock()).keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<SegmentFile> {
        let mut files = unpoisoned(self.files.lock());
        let file = files.entry(name.into()).or_insert_with(|| Arc::new(InMemoryBackend::new()));
        Ok(Arc::clone(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = unpoisoned(self.files.lock());
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.into(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        unpoisoned(self.files.lock()).remove(name);
        Ok(())
    }
}
