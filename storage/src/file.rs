//! The files of the data directory: who may read them, and who has them open.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use crate::OpenError;

/// The database file in the data directory.
pub const DATABASE: &str = "tenantry.redb";

/// The name of the database file until it is whole.
const UNFINISHED: &str = "tenantry.redb.unfinished";

/// The lock file in the data directory.
const LOCK: &str = "tenantry.lock";

/// The most that is read of a lock file.
const MAX_OWNER: u64 = 64;

/// The lock on a data directory; it is released when this is dropped.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Locks a directory and writes into the lock file who has it.
    pub(crate) fn acquire(directory: &Path) -> Result<Self, OpenError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = private(&mut options).open(directory.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { owner: owner(&file) });
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "process {}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

/// Opens the database file. A new one is first made by `create` under another name, so that a
/// crash cannot leave one behind that is not whole.
pub(crate) fn open_database(
    directory: &Path,
    create: impl FnOnce(File) -> Result<(), OpenError>,
) -> Result<File, OpenError> {
    let path = directory.join(DATABASE);
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    if !path.try_exists()? {
        let unfinished = directory.join(UNFINISHED);
        create(private(options.clone().create(true).truncate(true)).open(&unfinished)?)?;
        std::fs::rename(&unfinished, &path)?;
        File::open(directory)?.sync_all()?;
    }
    Ok(options.open(path)?)
}

/// Creates a directory that nobody but its owner may enter, unless it is there.
pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Lets nobody but the owner read a file that is created.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn owner(file: &File) -> String {
    let mut owner = String::new();
    match file.take(MAX_OWNER).read_to_string(&mut owner) {
        Ok(_) if !owner.trim().is_empty() => owner.trim().to_owned(),
        Ok(_) | Err(_) => "an unknown process".to_owned(),
    }
}
