//! The files of a rotation, which lie beside that of the master key.
//!
//! At each moment a key that opens the store is on the disk. Before the store is sealed with
//! another key, that one is written down (`.next`), and the one in force once more (`.former`),
//! since backups from before still take it. Once the store is sealed, the new key takes the place
//! of the old one. Which of the two fits the store says; where the power went in between, the next
//! start ends it.
//!
//! No key is written over that is nowhere else: with what an earlier rotation left, data may open
//! that is not at hand.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{MasterKey, MasterKeyError, found, spell};
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
        let file = behind_links(file);
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

    /// Writes the key in force and the one that follows where a crash leaves them.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written to, or another former key, or one that a rotation left
    /// which did not come to its end, is still there.
    pub(crate) fn prepare(
        &self,
        in_force: &MasterKey,
        next: &MasterKey,
    ) -> Result<(), MasterKeyError> {
        if self.next.exists() {
            return Err(MasterKeyError::NextKept(self.next.clone()));
        }
        self.keep(in_force)?;
        put(&self.next, next, MasterKeyError::NextKept)
    }

    /// The key in its place.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is no key, or can be read by others.
    pub(crate) fn present(&self) -> Result<Option<MasterKey>, MasterKeyError> {
        found(&self.file)
    }

    /// The key that a rotation left which did not come to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is no key, or can be read by others.
    pub(crate) fn pending(&self) -> Result<Option<MasterKey>, MasterKeyError> {
        found(&self.next)
    }

    /// Puts the key that the store is sealed with from where it waits into its place, and keeps
    /// the one that was there as the former key. Where it is in its place, nothing is done; tells
    /// whether something was.
    ///
    /// # Errors
    ///
    /// When another former key is still there, another key waits, or the folder cannot be written
    /// to; then every key stays where it is. Where the disk fails, a loss of power may undo what
    /// was done; the next start does it again.
    pub(crate) fn finish(&self, sealed_with: &MasterKey) -> Result<bool, MasterKeyError> {
        match self.present()? {
            Some(before) if before == *sealed_with => return Ok(false),
            Some(before) => self.keep(&before)?,
            None => {}
        }
        let unfinished = |source| {
            let (next, file) = (self.next.clone(), self.file.clone());
            MasterKeyError::Unfinished { next, file, source }
        };
        if self.pending()?.as_ref() != Some(sealed_with) {
            return Err(unfinished(io::ErrorKind::NotFound.into()));
        }
        private_file::rename(&self.next, &self.file).map_err(unfinished)?;
        Ok(true)
    }

    /// Has a key lie where a rotation leaves the one from before.
    fn keep(&self, key: &MasterKey) -> Result<(), MasterKeyError> {
        match found(&self.former)? {
            Some(kept) if kept == *key => Ok(()),
            Some(_) => Err(MasterKeyError::FormerKept(self.former.clone())),
            None => put(&self.former, key, MasterKeyError::FormerKept),
        }
    }
}

/// Where a file is, or would be, that links may lead to.
fn behind_links(file: &Path) -> PathBuf {
    // Linux follows no more.
    const LINKS: usize = 40;
    let mut behind = file.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = fs::read_link(&behind) else {
            return fs::canonicalize(&behind).unwrap_or(behind);
        };
        behind.pop();
        behind.push(target);
    }
    file.to_owned()
}

/// Writes a key into a file of its own; `taken` says that there is one already.
fn put(
    file: &Path,
    key: &MasterKey,
    taken: fn(PathBuf) -> MasterKeyError,
) -> Result<(), MasterKeyError> {
    private_file::create(file, spell(key).as_bytes()).map_err(|source| {
        let file = file.to_owned();
        if source.kind() == io::ErrorKind::AlreadyExists {
            taken(file)
        } else {
            MasterKeyError::Unwritable { file, source }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn key(octet: u8) -> MasterKey {
        MasterKey::new([octet; 32])
    }

    fn holds(file: &Path, octet: u8) -> bool {
        read(file).unwrap() == key(octet)
    }

    fn write(file: &Path, octet: u8) {
        private_file::create(file, spell(&key(octet)).as_bytes()).unwrap();
    }

    #[test]
    fn both_keys_are_written_before_one_takes_the_place_of_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master-key");
        write(&file, 1);
        let files = KeyFiles::of(&file);
        assert!(files.pending().unwrap().is_none());
        files.prepare(&key(1), &key(2)).unwrap();
        assert!(holds(&file, 1) && files.pending().unwrap().unwrap() == key(2));
        for written in [files.next(), files.former()] {
            assert_eq!(written.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(files.finish(&key(2)).unwrap());
        assert!(holds(&file, 2) && holds(files.former(), 1));
        assert!(files.pending().unwrap().is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_former_key_is_not_written_over_and_nothing_is_left_of_the_attempt() {
        let folder = tempfile::tempdir().unwrap();
        let files = KeyFiles::of(&folder.path().join("master-key"));
        files.prepare(&key(1), &key(2)).unwrap();
        files.finish(&key(2)).unwrap();
        let refused = files.prepare(&key(2), &key(3)).unwrap_err();
        assert!(matches!(refused, MasterKeyError::FormerKept(_)));
        assert!(holds(files.former(), 1) && files.pending().unwrap().is_none());
    }

    #[test]
    fn a_key_that_a_rotation_left_is_not_written_over_by_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let files = KeyFiles::of(&folder.path().join("master-key"));
        files.prepare(&key(1), &key(2)).unwrap();
        let refused = files.prepare(&key(1), &key(3)).unwrap_err();
        assert!(matches!(refused, MasterKeyError::NextKept(_)));
        assert!(refused.to_string().contains("master-key.next"), "{refused}");
        assert!(holds(files.next(), 2) && holds(files.former(), 1));
    }

    #[test]
    fn a_key_whose_place_another_takes_is_kept_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master-key");
        write(&file, 1);
        let files = KeyFiles::of(&file);
        write(files.next(), 2);
        files.finish(&key(2)).unwrap();
        assert!(holds(&file, 2) && holds(files.former(), 1));
        write(files.next(), 3);
        let refused = files.finish(&key(3)).unwrap_err();
        assert!(matches!(refused, MasterKeyError::FormerKept(_)));
        assert!(holds(&file, 2) && holds(files.former(), 1) && holds(files.next(), 3));
    }

    #[test]
    fn only_the_key_that_the_store_is_sealed_with_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master-key");
        write(&file, 1);
        let files = KeyFiles::of(&file);
        files.prepare(&key(1), &key(2)).unwrap();
        assert!(!files.finish(&key(1)).unwrap(), "it was in its place");
        assert!(holds(&file, 1) && holds(files.next(), 2));
        let refused = files.finish(&key(3)).unwrap_err();
        assert!(matches!(refused, MasterKeyError::Unfinished { .. }));
        assert!(holds(&file, 1) && holds(files.next(), 2));
    }

    #[test]
    fn what_a_link_leads_to_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        write(&file, 1);
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let files = KeyFiles::of(&link);
        files.prepare(&key(1), &key(2)).unwrap();
        files.finish(&key(2)).unwrap();
        assert!(link.is_symlink() && holds(&file, 2));
    }

    #[test]
    fn what_a_link_leads_to_has_its_place_though_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("keys")).unwrap();
        std::os::unix::fs::symlink("keys/link", path("link")).unwrap();
        std::os::unix::fs::symlink(path("keys/file"), path("keys/link")).unwrap();
        write(&path("keys/file.next"), 2);
        let files = KeyFiles::of(&path("link"));
        assert!(files.present().unwrap().is_none() && files.pending().unwrap().unwrap() == key(2));
        assert!(files.finish(&key(2)).unwrap());
        assert!(path("link").is_symlink() && path("keys/link").is_symlink());
        assert!(holds(&path("keys/file"), 2));
    }

    #[test]
    fn a_link_that_leads_to_itself_leads_to_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("link", &link).unwrap();
        assert!(matches!(KeyFiles::of(&link).present(), Err(MasterKeyError::File { .. })));
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
