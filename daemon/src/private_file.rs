//! Files that nobody but their owner may read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a file with mode 0600 that appears whole or not at all, and that survives power loss.
/// A file of the same name is replaced.
///
/// # Errors
///
/// When the folder does not exist or cannot be written to.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let scratch = write_beside(path, content)?;
    fs::rename(&scratch, path).and_then(|()| sync_folder(path)).inspect_err(|_| discard(&scratch))
}

/// Like [`replace`], but leaves a file of the same name alone.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when there is such a file, and as [`replace`].
pub fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let scratch = write_beside(path, content)?;
    let linked = fs::hard_link(&scratch, path);
    discard(&scratch);
    linked.and_then(|()| sync_folder(path))
}

/// Gives a file another name in its folder, which a file that has it loses; it survives power loss.
///
/// # Errors
///
/// When there is no such file, or the folder cannot be written to. Where the disk fails, it may have
/// the other name already.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder(to)
}

/// Has a file survive power loss that somebody else wrote.
///
/// # Errors
///
/// When it cannot be read, or the disk fails.
pub fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    sync_folder(path)
}

fn write_beside(path: &Path, content: &[u8]) -> io::Result<std::path::PathBuf> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let scratch = path.with_file_name(name);
    discard(&scratch);
    // Created anew: what somebody put there in a shared folder is neither followed nor written to.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&scratch)?;
    file.write_all(content).and_then(|()| file.sync_all()).inspect_err(|_| discard(&scratch))?;
    Ok(scratch)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}

/// Removes a scratch file, which may be gone already.
fn discard(scratch: &Path) {
    drop(fs::remove_file(scratch));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_the_owner_may_read_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        replace(&file, b"one").unwrap();
        replace(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode(), 0o100_600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn creating_leaves_an_existing_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        create(&file, b"one").unwrap();
        let refused = create(&file, b"two").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&file).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
