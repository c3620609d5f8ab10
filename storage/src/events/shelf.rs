//! What is kept in memory of sealed segments: where the blocks stand in those that were looked
//! through last. Of the others it is read again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::index::Block;
use super::{EventError, unpoisoned};

/// The blocks of the segments that were looked through last.
#[derive(Default)]
pub(crate) struct Shelf {
    next: AtomicU64,
    /// The one that was wanted last comes last.
    recent: Mutex<Vec<(u64, Arc<[Block]>)>>,
}

/// So many segments are kept: of a million events each, and less than a megabyte.
const KEPT: usize = 64;

impl Shelf {
    /// A name for a segment, which no other has or had.
    pub(crate) fn name(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The blocks of a segment, read where they are not kept.
    pub(crate) fn blocks(
        &self,
        name: u64,
        read: impl FnOnce() -> Result<Vec<Block>, EventError>,
    ) -> Result<Arc<[Block]>, EventError> {
        let mut recent = unpoisoned(self.recent.lock());
        if let Some(at) = recent.iter().position(|(kept, _)| *kept == name) {
            let found = recent.remove(at);
            let blocks = Arc::clone(&found.1);
            recent.push(found);
            return Ok(blocks);
        }
        drop(recent);
        let blocks: Arc<[Block]> = read()?.into();
        self.keep(name, Arc::clone(&blocks));
        Ok(blocks)
    }

    /// Keeps the blocks of a segment.
    pub(crate) fn keep(&self, name: u64, blocks: Arc<[Block]>) {
        let mut recent = unpoisoned(self.recent.lock());
        recent.retain(|(kept, _)| *kept != name);
        if recent.len() >= KEPT {
            recent.remove(0);
        }
        recent.push((name, blocks));
    }

    /// Forgets those of a segment that is gone.
    pub(crate) fn forget(&self, name: u64) {
        unpoisoned(self.recent.lock()).retain(|(kept, _)| *kept != name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segments_that_were_wanted_last_are_kept() {
        let shelf = Shelf::default();
        let block = |number| Block::new(number, (1, 1), None, 0);
        let first = |blocks: Arc<[Block]>| blocks[0].offset;
        let names: Vec<u64> = (0..=KEPT).map(|_| shelf.name()).collect();
        for name in &names[..KEPT] {
            shelf.keep(*name, [block(*name)].into());
        }
        let never = || panic!("it is kept");
        assert_eq!(first(shelf.blocks(names[0], never).unwrap()), names[0]);
        shelf.keep(names[KEPT], [block(names[KEPT])].into());
        assert_eq!(first(shelf.blocks(names[0], never).unwrap()), names[0]);
        let again = shelf.blocks(names[1], || Ok(vec![block(1_000)])).unwrap();
        assert_eq!(first(again), 1_000, "it was not wanted for the longest time");
        assert_eq!(unpoisoned(shelf.recent.lock()).len(), KEPT);
        shelf.forget(names[0]);
        assert_eq!(first(shelf.blocks(names[0], || Ok(vec![block(7)])).unwrap()), 7);
    }
}
