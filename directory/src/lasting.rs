//! A key for tags that hold from one start of the directory to the next.
//!
//! What is handed out to be given back later (where a list goes on) is tagged with it. It rests sealed like
//! all secrets; where it cannot be kept, tags hold until the directory is opened again.

use storage::{Entropy, Partition, Reading, Store, WriteError};

use crate::error::Error;
use crate::records::{THE_ONLY_ONE, kinds};

/// The key, and what it makes.
pub(crate) struct LastingKey([u8; 32]);

impl LastingKey {
    /// The one that the store keeps, or else a new one that it keeps from now on.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn of(store: &Store, entropy: &dyn Entropy) -> Result<Self, Error> {
        let (partition, kind, id) = (Partition::Provider, kinds::LASTING_KEY, THE_ONLY_ONE);
        let snapshot = store.read()?;
        if snapshot.partition_exists(partition)?
            && let Some(kept) = snapshot.secret(partition, kind, id)?
            && let Ok(key) = <[u8; 32]>::try_from(kept.expose())
        {
            return Ok(Self(key));
        }
        drop(snapshot);
        let mut key = [0; 32];
        entropy.fill(&mut key);
        let done = store.write(move |change| {
            if !change.partition_exists(partition)? {
                change.create_partition(partition)?;
            }
            change.put_secret(partition, kind, id, &key).map_err(Error::from)
        });
        // A full disk is no reason not to answer; whoever changes something is told what is wrong.
        let _kept: Result<(), WriteError<Error>> = done;
        Ok(Self(key))
    }

    /// A tag that nobody else makes: the same for the same parts.
    pub(crate) fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in parts {
            hasher.update(&(part.len() as u64).to_be_bytes()).update(part);
        }
        *hasher.finalize().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other_and_other_keys_make_other_tags() {
        let key = LastingKey([7; 32]);
        assert_eq!(key.tag(&[b"ab", b"c"]), key.tag(&[b"ab", b"c"]));
        assert_ne!(key.tag(&[b"ab", b"c"]), key.tag(&[b"a", b"bc"]));
        assert_ne!(key.tag(&[b"ab"]), LastingKey([8; 32]).tag(&[b"ab"]));
    }
}
