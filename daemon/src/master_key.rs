//! The master key, which seals the key of every organization.

mod rotation;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

pub(crate) use self::rotation::KeyFiles;
use crate::config::MasterKeySource;
use crate::private_file;

/// A master key. It cannot be printed and is wiped from memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// Makes a key of octets that come from the operating system's randomness.
    pub fn new(octets: [u8; 32]) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// Gives the octets to whoever seals and opens with them.
    pub fn octets(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// systemd handed over no credentials.
    #[error(
        "the master key is to be the credential `{0}`, but systemd handed over no credentials \
         ($CREDENTIALS_DIRECTORY is not set); without systemd, set `[data] master_key` to \
         \"file:/PATH\""
    )]
    NoCredentials(String),
    /// The environment has no such variable.
    #[error("the master key is to be in the environment as `{0}`, which is not set")]
    NoVariable(String),
    /// The file cannot be read or created.
    #[error("the master key in {}: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// What is sealed is there, and the file of the key is not.
    #[error(
        "there is no master key in {}, but there is a store, which opens with the key that it was \
         sealed with alone: put that back", .0.display()
    )]
    Missing(PathBuf),
    /// The file can be read by others.
    #[error("the master key in {} can be read by others: chmod 600 it", .0.display())]
    Exposed(PathBuf),
    /// What was found is no key.
    #[error("the master key in {0} is not 64 hexadecimal digits")]
    Malformed(String),
    /// A rotation cannot write a file beside the key.
    #[error(
        "a rotation writes {}, and cannot: {source}; the new master key may be elsewhere \
         (--new-key)", file.display()
    )]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The key from before the last rotation would be lost.
    #[error(
        "{} has the master key from before the last rotation: move it to where the backups from \
         before will find it", .0.display()
    )]
    FormerKept(PathBuf),
    /// The key of a rotation that was broken off would be lost.
    #[error(
        "{} has the master key of a rotation that was broken off, and data elsewhere may open with \
         it alone: move it to where copies of keys are, and rotate again",
        .0.display()
    )]
    NextKept(PathBuf),
    /// The new key could not take the place of the one before.
    #[error(
        "the store is sealed with the new master key, but putting that from {} into the place of \
         {} failed: {source}; leave both to the next start", next.display(), file.display()
    )]
    Unfinished {
        /// Where the new key is.
        next: PathBuf,
        /// Where it should be.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Fetches the master key. `fresh` becomes the key where the source is a file that does not exist
/// yet; without it, no file is made. `variable` looks up the environment.
///
/// # Errors
///
/// When the source has no key, has something else, or keeps it where others can read it.
pub fn fetch(
    source: &MasterKeySource,
    variable: &dyn Fn(&str) -> Option<String>,
    fresh: Option<&MasterKey>,
) -> Result<MasterKey, MasterKeyError> {
    match source {
        MasterKeySource::Credential(name) => {
            let folder = variable("CREDENTIALS_DIRECTORY")
                .ok_or_else(|| MasterKeyError::NoCredentials(name.clone()))?;
            read(&Path::new(&folder).join(name))
        }
        MasterKeySource::File(file) => match fresh {
            Some(fresh) => read_or_create(file, fresh),
            None => found(file)?.ok_or_else(|| MasterKeyError::Missing(file.clone())),
        },
        MasterKeySource::Environment(name) => {
            let text = variable(name).ok_or_else(|| MasterKeyError::NoVariable(name.clone()))?;
            let text = Zeroizing::new(text);
            parse(&text).ok_or_else(|| MasterKeyError::Malformed(format!("`{name}`")))
        }
    }
}

fn read_or_create(file: &Path, fresh: &MasterKey) -> Result<MasterKey, MasterKeyError> {
    match private_file::create(file, spell(fresh).as_bytes()) {
        Ok(()) => tracing::warn!(file = %file.display(), "a new master key was created: copy it"),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => refuse_exposed(file)?,
        // The folder of an existing key may be read-only.
        Err(_) if file.exists() => refuse_exposed(file)?,
        Err(source) => return Err(at(file, source)),
    }
    read(file)
}

/// The key in a file, if there is such a file.
fn found(file: &Path) -> Result<Option<MasterKey>, MasterKeyError> {
    match refuse_exposed(file).and_then(|()| read(file)) {
        Ok(key) => Ok(Some(key)),
        Err(MasterKeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Refuses a key that others than its owner and its group can read, and one that others than its
/// owner can change.
fn refuse_exposed(file: &Path) -> Result<(), MasterKeyError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(file).map_err(|source| at(file, source))?;
    if metadata.permissions().mode() & 0o027 == 0 {
        Ok(())
    } else {
        Err(MasterKeyError::Exposed(file.to_owned()))
    }
}

fn read(file: &Path) -> Result<MasterKey, MasterKeyError> {
    let text = fs::read_to_string(file).map_err(|source| at(file, source))?;
    let text = Zeroizing::new(text);
    parse(&text).ok_or_else(|| MasterKeyError::Malformed(file.display().to_string()))
}

fn at(file: &Path, source: io::Error) -> MasterKeyError {
    MasterKeyError::File { file: file.to_owned(), source }
}

fn parse(text: &str) -> Option<MasterKey> {
    let digits = text.trim_ascii().as_bytes();
    let mut key = Zeroizing::new([0; 32]);
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != key.len() || !rest.is_empty() {
        return None;
    }
    for (octet, [high, low]) in key.iter_mut().zip(pairs) {
        let high = char::from(*high).to_digit(16)?;
        let low = char::from(*low).to_digit(16)?;
        *octet = u8::try_from(high << 4 | low).ok()?;
    }
    Some(MasterKey(key))
}

fn spell(key: &MasterKey) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(65));
    for octet in key.octets() {
        for digit in [octet >> 4, octet & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn key(octet: u8) -> MasterKey {
        MasterKey::new([octet; 32])
    }

    fn nothing(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_key_file_is_created_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master-key");
        let source = MasterKeySource::File(file.clone());
        assert!(fetch(&source, &nothing, Some(&key(0xa1))).unwrap() == key(0xa1));
        assert!(fetch(&source, &nothing, Some(&key(0xb2))).unwrap() == key(0xa1));
        let metadata = fs::metadata(&file).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(file).unwrap(), "a1".repeat(32) + "\n");
    }

    #[test]
    fn no_key_file_is_made_for_what_another_key_has_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master-key");
        let source = MasterKeySource::File(file.clone());
        let refused = fetch(&source, &nothing, None).err().unwrap();
        assert!(matches!(&refused, MasterKeyError::Missing(missing) if *missing == file));
        assert!(!file.exists());
        assert!(fetch(&source, &nothing, Some(&key(7))).unwrap() == key(7));
        assert!(fetch(&source, &nothing, None).unwrap() == key(7));
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("master-key");
        fs::write(&file, "00".repeat(32)).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = fetch(&MasterKeySource::File(file), &nothing, Some(&key(1))).err().unwrap();
        assert!(matches!(refused, MasterKeyError::Exposed(_)));
    }

    #[test]
    fn a_credential_is_read_from_the_folder_that_systemd_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("master-key"), "0F".repeat(32)).unwrap();
        let source = MasterKeySource::Credential("master-key".into());
        let variable = |name: &str| {
            (name == "CREDENTIALS_DIRECTORY").then(|| folder.path().display().to_string())
        };
        assert!(fetch(&source, &variable, Some(&key(1))).unwrap() == key(0x0f));
        let refused = fetch(&source, &nothing, Some(&key(1))).err().unwrap();
        assert!(matches!(refused, MasterKeyError::NoCredentials(_)));
    }

    #[test]
    fn a_variable_that_is_missing_or_no_key_is_refused() {
        let source = MasterKeySource::Environment("KEY".into());
        let refused = fetch(&source, &nothing, Some(&key(1))).err().unwrap();
        assert!(matches!(refused, MasterKeyError::NoVariable(_)));
        for text in ["", "ab", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64)] {
            let refused = fetch(&source, &|_| Some(text.to_owned()), Some(&key(1))).err().unwrap();
            assert_eq!(refused.to_string(), "the master key in `KEY` is not 64 hexadecimal digits");
        }
    }
}
