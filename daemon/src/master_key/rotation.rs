//! The files of a rotation, which lie beside that of the master key.
//!
//! At each moment a key that opens the store is on the disk. Before the store is sealed with
//! another key, that one is written down (`.next`), and the one in force once more (`.former`),
//! since backups from before still take it. Once the store is sealed, the new key takes the place
//! of the old one. Which of the two fits the store says; where the power went in between, the next
//! start ends it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{MasterKey, MasterKeyError, at, read, refuse_exposed, spell};
use crate::private_file;

/// The file of a master key, and those of its rotation.
pub(crate) struct KeyFiles {
    file: PathBuf,
    next: PathBuf,
    former: PathBuf,
}

impl KeyFiles {
    /// Those of the key in this file.
    pub(crate) fn of(file: &Path) -> Self {
        // What a link leads to is replaced, not the link.
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let named = |ending: &str| {
            let mut name = file.clone().into_os_string();
            name.push(ending);
            PathBuf::from(name)
        };
        Self { next: named(".next"), former: named(".former"), file }
    }

    /// Where a rotation has the key that follows until it is done.
    pub(crate) fn next(&self) -> &Path {
        &self.next
    }

    /// Where a rotation leaves the key from before.
    pub(crate) fn former(&self) -> &Path {
        &self.former
    }

    /// Writes the key in force and the one that follows where a crash leaves them. What an earlier
    /// rotation left of a key that never sealed anything is written over.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written to, or another former key is still there.
    pub(crate) fn prepare(
        &self,
        in_force: &MasterKey,
        next: &MasterKey,
    ) -> Result<(), MasterKeyError> {
        let unwritable = |file: &Path, source| {
            let file = file.to_owned();
            MasterKeyError::Unwritable { file, source }
        };
        match private_file::create(&self.former, spell(in_force).as_bytes()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if read(&self.former)? != *in_force {
                    return Err(MasterKeyError::FormerKept(self.former.clone()));
                }
            }
            Err(error) => return Err(unwritable(&self.former, error)),
        }
        private_file::replace(&self.next, spell(next).as_bytes())
            .map_err(|error| unwritable(&self.next, error))
    }

    /// The key that a rotation left which did not come to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is no key, or can be read by others.
    pub(crate) fn pending(&self) -> Result<Option<MasterKey>, MasterKeyError> {
        if !self.next.try_exists().map_err(|source| at(&self.next, source))? {
            return Ok(None);
        }
        refuse_exposed(&self.next)?;
        read(&self.next).map(Some)
    }

    /// Puts the key that follows into the place of the one before.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written to; then the former key stays in its place.
    pub(crate) fn finish(&self) -> Result<(), MasterKeyError> {
        private_file::rename(&self.next, &self.file).map_err(|source| MasterKeyError::Unfinished {
            next: self.next.clone(),
            file: self.file.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn key(octet: u8) -> MasterKey {
        MasterKey::new([octet; 32])
    }

    fn holds(file: &Path, octet: u8) -> bool {
        read(file).unwrap() == key(octet)
    }

    #[test]
    fn both_keys_are_written_before_one_takes_the_place_of_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master-key");
        private_file::create(&file, spell(&key(1)).as_bytes()).unwrap();
        let files = KeyFiles::of(&file);
        assert!(files.pending().unwrap().is_none());
        files.prepare(&key(1), &key(2)).unwrap();
        assert!(holds(&file, 1) && files.pending().unwrap().unwrap() == key(2));
        for written in [files.next(), files.former()] {
            assert_eq!(written.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        files.prepare(&key(1), &key(3)).unwrap();
        files.finish().unwrap();
        assert!(holds(&file, 3) && holds(files.former(), 1));
        assert!(files.pending().unwrap().is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_former_key_is_not_written_over_and_nothing_is_left_of_the_attempt() {
        let folder = tempfile::tempdir().unwrap();
        let files = KeyFiles::of(&folder.path().join("master-key"));
        files.prepare(&key(1), &key(2)).unwrap();
        files.finish().unwrap();
        let refused = files.prepare(&key(2), &key(3)).unwrap_err();
        assert!(matches!(refused, MasterKeyError::FormerKept(_)));
        assert!(holds(files.former(), 1) && files.pending().unwrap().is_none());
    }

    #[test]
    fn what_a_link_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        private_file::create(&file, spell(&key(1)).as_bytes()).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let files = KeyFiles::of(&link);
        files.prepare(&key(1), &key(2)).unwrap();
        files.finish().unwrap();
        assert!(link.is_symlink() && holds(&file, 2));
    }

    #[test]
    fn a_pending_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = KeyFiles::of(&folder.path().join("master-key"));
        files.prepare(&key(1), &key(2)).unwrap();
        fs::set_permissions(files.next(), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(files.pending(), Err(MasterKeyError::Exposed(_))));
    }
}
