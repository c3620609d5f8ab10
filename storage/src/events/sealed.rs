//! Segments that are full: sorted by partition, compressed, read-only.
//!
//! ```text
//! block … block | summary … summary | index in postcard
//!               | CRC-32 of the index u32 | its length u32 | magic
//! ```
//! The events of all blocks, in the order of the index, are sorted by partition, then by sequence number;
//! where the blocks stand is another matter. The index says where each block starts and with which event,
//! so that the newest events of a partition take a binary search and as few blocks as hold them. A summary
//! for each block says what its events may be searched by. The first format has no summaries, and events
//! without hashes.

use std::ops::Range;
use std::sync::Arc;

use super::EventError;
use super::active::Active;
use super::chain::EventWords;
use super::frame::{Entry, Shape};
use super::gather::gather;
use super::index::{Block, SegmentIndex, range};
use super::shelf::Shelf;
use super::summary::{SUMMARY, Summary};
use super::walk::Walk;
use super::writing::Writing;
use crate::Corrupt;
use crate::folder::{Folder, SegmentFile};

/// A sealed segment with its index.
pub(crate) struct Sealed {
    name: String,
    file: SegmentFile,
    /// Without the blocks: these are on the shelf, or read again.
    pub(crate) index: SegmentIndex,
    /// How many octets each of its parts has, about.
    pub(crate) sizes: Vec<u64>,
    shelf: Arc<Shelf>,
    on_shelf: u64,
}

impl Drop for Sealed {
    fn drop(&mut self) {
        self.shelf.forget(self.on_shelf);
    }
}

impl Sealed {
    /// The name of the sealed segment that starts with a sequence number.
    pub(crate) fn name(first: u64) -> String {
        format!("{first:020}.sealed")
    }

    /// Seals a segment; the sealed one has its name only when it is whole on the disk. It ends where `goes_on`
    /// fails, which is asked every few events.
    pub(crate) fn create(
        folder: &dyn Folder,
        active: &Active,
        words: &EventWords,
        shelf: &Arc<Shelf>,
        goes_on: impl Fn() -> Result<(), EventError>,
    ) -> Result<Self, EventError> {
        let index = SegmentIndex {
            first: active.first,
            last: active.next() - 1,
            copied: active.copied,
            newest_ms: active.newest_ms,
            chained: active.shape == Shape::Chained,
            summaries: Some(0),
            blocks: Vec::new(),
            parts: Vec::new(),
        };
        Self::write(folder, index, shelf, |writing| gather(active, words, writing, goes_on))
    }

    /// Writes a segment of what is added to it.
    pub(crate) fn write(
        folder: &dyn Folder,
        index: SegmentIndex,
        shelf: &Arc<Shelf>,
        add: impl FnOnce(&mut Writing) -> Result<(), EventError>,
    ) -> Result<Self, EventError> {
        let name = Self::name(index.first);
        let unfinished = format!("{name}{UNFINISHED}");
        let file = folder.open(&unfinished)?;
        let written = file.set_len(0).map_err(EventError::from).and_then(|()| {
            let mut writing = Writing::new(file, index);
            add(&mut writing)?;
            writing.finish()
        });
        let (file, index) = match written {
            Ok(written) => written,
            Err(error) => {
                // It would hold room that may be what is missing; the next try begins anew anyway.
                let _left = folder.remove(&unfinished);
                return Err(error);
            }
        };
        folder.rename(&unfinished, &name)?;
        Ok(Self::over(name, file, index, shelf))
    }

    /// Opens a segment and checks its index.
    pub(crate) fn open(
        folder: &dyn Folder,
        name: &str,
        shelf: &Arc<Shelf>,
    ) -> Result<Self, EventError> {
        let file = folder.open(name)?;
        let index = SegmentIndex::read(&file)?;
        Ok(Self::over(name.into(), file, index, shelf))
    }

    fn over(name: String, file: SegmentFile, mut index: SegmentIndex, shelf: &Arc<Shelf>) -> Self {
        let sizes = index.sizes();
        let (on_shelf, blocks) = (shelf.name(), std::mem::take(&mut index.blocks));
        shelf.keep(on_shelf, blocks.into());
        Self { name, file, index, sizes, shelf: Arc::clone(shelf), on_shelf }
    }

    /// The shelf that it stands on.
    pub(crate) fn shelf(&self) -> &Arc<Shelf> {
        &self.shelf
    }

    /// Where its blocks stand.
    pub(crate) fn blocks(&self) -> Result<Arc<[Block]>, EventError> {
        let read = || Ok(SegmentIndex::read(&self.file)?.blocks);
        self.shelf.blocks(self.on_shelf, read)
    }

    /// How many octets its file has; none while it cannot be asked.
    pub(crate) fn octets(&self) -> u64 {
        self.file.len().unwrap_or(0)
    }

    /// Removes the segment from its folder.
    pub(crate) fn remove(&self, folder: &dyn Folder) -> Result<(), EventError> {
        Ok(folder.remove(&self.name)?)
    }

    /// Hands on the events of a partition; `false` when the walk is over.
    pub(crate) fn walk(&self, walk: &mut Walk<'_>) -> Result<bool, EventError> {
        if self.index.lacks(&walk.search) {
            return Ok(true);
        }
        let blocks = self.blocks()?;
        let range = range(&blocks, &walk.search);
        let mut starts: Vec<usize> = range.clone().step_by(SUMMARIES).collect();
        if walk.newest_first {
            starts.reverse();
        }
        for start in starts {
            let group = start..range.end.min(start + SUMMARIES);
            if !self.walk_group(walk, &blocks, group)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn walk_group(
        &self,
        walk: &mut Walk<'_>,
        blocks: &[Block],
        group: Range<usize>,
    ) -> Result<bool, EventError> {
        let search = &walk.search;
        let summaries = match self.index.summaries {
            Some(at) if !search.terms.is_empty() => self.summaries(at, group.clone())?,
            Some(_) | None => Vec::new(),
        };
        let blocks = blocks.get(group).unwrap_or(&[]);
        let mut numbers: Vec<usize> = (0..blocks.len()).collect();
        if walk.newest_first {
            numbers.reverse();
        }
        for number in numbers {
            let (search, summary) = (&walk.search, summaries.get(number).and_then(Option::as_ref));
            let wanted = |block: &&Block| {
                search.may_be_between(block.oldest_ms, block.newest_ms)
                    && summary.is_none_or(|summary| search.may_be_in(summary))
            };
            let Some(block) = blocks.get(number).filter(wanted) else { continue };
            let wanted = search.partition.number();
            let mut previous = match block.first.0 == wanted {
                true => block.previous,
                false => self.index.part(wanted).and_then(|part| part.previous),
            };
            let entries = self.entries(block)?;
            let (all, mut found) = (entries.len(), Vec::new());
            for entry in entries.into_iter().filter(|entry| entry.partition == wanted) {
                let hash = entry.hash;
                found.push(entry.stored(previous));
                previous = hash.or(previous);
            }
            walk.charge(all - found.len());
            if !walk.hand_on(found) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The summaries of blocks; none where one is damaged.
    fn summaries(&self, at: u64, group: Range<usize>) -> Result<Vec<Option<Summary>>, EventError> {
        let mut octets = vec![0; group.len() * SUMMARY];
        self.file.read(at + (group.start * SUMMARY) as u64, &mut octets)?;
        Ok(octets.chunks(SUMMARY).map(Summary::read).collect())
    }

    pub(crate) fn entries(&self, block: &Block) -> Result<Vec<Entry>, EventError> {
        let length = usize::try_from(block.length).map_err(|_| damaged())?;
        let mut compressed = vec![0; length];
        self.file.read(block.offset, &mut compressed)?;
        if crc32fast::hash(&compressed) != block.crc {
            return Err(damaged().into());
        }
        let text = lz4_flex::decompress_size_prepended(&compressed).map_err(|_| damaged())?;
        let mut rest = text.as_slice();
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let (entry, after) = Entry::read(rest, self.index.shape())?;
            entries.push(entry);
            rest = after;
        }
        Ok(entries)
    }
}

/// What the name of a segment ends in until it is whole.
pub(crate) const UNFINISHED: &str = ".unfinished";

/// Of how many blocks the summaries are read at once.
const SUMMARIES: usize = 1_024;

pub(crate) fn damaged() -> Corrupt {
    Corrupt::new("a sealed segment")
}
