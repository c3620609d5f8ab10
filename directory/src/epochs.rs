//! Epochs: from one start of the directory to the next.
//!
//! What a client is told of how far its copy is up to date names a commit, and is to hold after a
//! restart, but not after the store was put back from a backup: then commits of the same numbers are
//! others. So each start begins an epoch with a key of its own, kept in the store with the number of
//! the last commit before it. A tag of a commit is believed if its epoch is kept and had not ended
//! before that commit: of commits that a backup does not know, the store that was made of it says so.

use serde::{Deserialize, Serialize};
use storage::{Entropy, Partition, Reading, Snapshot, Store, WriteError};

use crate::error::Error;
use crate::records::{THE_ONLY_ONE, kinds};
use crate::search::COMMITS;

/// So many epochs are kept at most.
const EPOCHS: usize = 32;

/// The epochs of which the change log may still tell, the present one last.
pub(crate) struct Epochs(Vec<Epoch>);

/// From one start of the directory to the next.
#[derive(Clone, Serialize, Deserialize)]
struct Epoch {
    /// The last commit before it.
    from: u64,
    key: [u8; 32],
}

impl Epochs {
    /// Begins an epoch; nothing may have been changed since the store was opened.
    ///
    /// Where it cannot be written it counts all the same, and after the next start copies are told
    /// everything: a full disk is no reason not to answer.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn begin(store: &Store, entropy: &dyn Entropy) -> Result<Self, Error> {
        let snapshot = store.read()?;
        let mut key = [0; 32];
        entropy.fill(&mut key);
        let from = snapshot.sequence();
        let mut epochs = kept(&snapshot)?;
        drop(snapshot);
        epochs.push(Epoch { from, key });
        forget(&mut epochs, from);
        let octets = storage::encode(&epochs)?;
        let done = store.write(move |change| {
            if !change.partition_exists(Partition::Provider)? {
                change.create_partition(Partition::Provider)?;
            }
            let (kind, id) = (kinds::EPOCHS, THE_ONLY_ONE);
            change.put_secret(Partition::Provider, kind, id, &octets).map_err(Error::from)
        });
        // Whoever changes something is told what is wrong with the disk.
        let _kept: Result<(), WriteError<Error>> = done;
        Ok(Self(epochs))
    }

    /// A tag of a commit that nobody else makes: the same for the same parts in this epoch.
    pub(crate) fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.last().map(|epoch| epoch.tag(parts)).unwrap_or_default()
    }

    /// The tags of a commit that are believed, the present epoch's first.
    pub(crate) fn tags(&self, commit: u64, parts: &[&[u8]]) -> Vec<[u8; 32]> {
        let ends = self.0.iter().skip(1).map(|next| next.from).chain([u64::MAX]);
        let holding = self.0.iter().zip(ends);
        let holding = holding.filter(|(epoch, end)| (epoch.from..=*end).contains(&commit));
        let mut tags: Vec<_> = holding.map(|(epoch, _)| epoch.tag(parts)).collect();
        tags.reverse();
        tags
    }

    /// The tags of something that is no commit, one of each epoch that is kept, the present one's
    /// first.
    pub(crate) fn masks(&self, parts: &[&[u8]]) -> Vec<[u8; 32]> {
        self.0.iter().rev().map(|epoch| epoch.tag(parts)).collect()
    }
}

impl Epoch {
    fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes()).update(part);
        }
        *hasher.finalize().as_bytes()
    }
}

/// The epochs that the store keeps. What cannot be read is none: copies are told everything.
fn kept(snapshot: &Snapshot) -> Result<Vec<Epoch>, Error> {
    if !snapshot.partition_exists(Partition::Provider)? {
        return Ok(Vec::new());
    }
    let octets = snapshot.secret(Partition::Provider, kinds::EPOCHS, THE_ONLY_ONE)?;
    Ok(octets.and_then(|octets| storage::decode(octets.expose()).ok()).unwrap_or_default())
}

/// Forgets the epochs that ended before what the change log is read back to.
fn forget(epochs: &mut Vec<Epoch>, last: u64) {
    let ends: Vec<u64> = epochs.iter().skip(1).map(|next| next.from).collect();
    let old = ends.iter().filter(|end| **end < last.saturating_sub(COMMITS)).count();
    let many = epochs.len().saturating_sub(EPOCHS);
    epochs.drain(..old.max(many));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(begins: &[u64]) -> Epochs {
        let epoch = |(number, from): (u8, &u64)| Epoch { from: *from, key: [number; 32] };
        Epochs((0..).zip(begins).map(epoch).collect())
    }

    #[test]
    fn a_tag_is_believed_as_long_as_its_epoch_is_kept_and_did_not_end_before() {
        let (before, parts) = (epochs(&[0, 10]), [&b"search"[..]]);
        let tag = before.tag(&parts);
        let after = epochs(&[0, 10, 20]);
        let believed = |epochs: &Epochs, commit| epochs.tags(commit, &parts).contains(&tag);
        assert!(believed(&before, 10) && believed(&before, 15) && !believed(&before, 9));
        assert!(believed(&after, 20) && after.tag(&parts) != tag);
        assert!(!believed(&after, 21), "a store that is put back does not know this commit");
        assert!(!before.tags(15, &[b"other"]).contains(&tag));
        let masks = after.masks(&parts);
        assert_eq!((masks.len(), masks[0], masks[1]), (3, after.tag(&parts), tag));
    }

    #[test]
    fn epochs_are_forgotten_with_the_log_and_are_not_too_many() {
        let mut kept = epochs(&[0, 5, COMMITS, COMMITS + 9]).0;
        forget(&mut kept, COMMITS + 9);
        assert_eq!(kept.iter().map(|epoch| epoch.from).collect::<Vec<_>>()[0], 5);
        let mut kept = epochs(&(0..100).collect::<Vec<_>>()).0;
        forget(&mut kept, 99);
        assert_eq!((kept.len(), kept[0].from), (EPOCHS, 68));
    }
}
