//! Segments that are full: sorted by partition, compressed, read-only.
//!
//! ```text
//! block … block | index in postcard | CRC-32 of the index u32 | its length u32 | magic
//! ```
//! The events of all blocks in a row are sorted by partition, then by sequence number. The index
//! says where each block starts and with which event, so that the newest events of a partition
//! take a binary search and as few blocks as hold them.

use serde::{Deserialize, Serialize};

use super::active::Active;
use super::frame::Entry;
use super::{EventError, Stored};
use crate::folder::{Folder, SegmentFile};
use crate::{Corrupt, Partition};

/// A sealed segment with its index.
pub(crate) struct Sealed {
    name: String,
    file: SegmentFile,
    pub(crate) index: SegmentIndex,
}

/// What a sealed segment holds, and where.
#[derive(Serialize, Deserialize)]
pub(crate) struct SegmentIndex {
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// The highest outbox number in it or in any segment before it.
    pub(crate) copied: u64,
    pub(crate) newest_ms: u64,
    blocks: Vec<Block>,
}

/// One compressed block.
#[derive(Serialize, Deserialize)]
struct Block {
    offset: u64,
    length: u32,
    crc: u32,
    /// Partition and sequence number of its first event.
    first: (u32, u64),
}

impl Sealed {
    /// The name of the sealed segment that starts with a sequence number.
    pub(crate) fn name(first: u64) -> String {
        format!("{first:020}.sealed")
    }

    /// Seals a segment; the sealed one has its name only when it is whole on the disk.
    pub(crate) fn create(folder: &dyn Folder, active: &Active) -> Result<Self, EventError> {
        let mut index = SegmentIndex {
            first: active.first,
            last: active.next() - 1,
            copied: active.copied,
            newest_ms: active.newest_ms,
            blocks: Vec::new(),
        };
        let name = Self::name(index.first);
        let unfinished = format!("{name}{UNFINISHED}");
        let file = folder.open(&unfinished)?;
        file.set_len(0)?;
        let mut end = 0;
        let mut entries = active.sorted().peekable();
        let mut text = Vec::with_capacity(BLOCK * 2);
        while let Some(entry) = entries.next() {
            let entry = entry?;
            if text.is_empty() {
                let first = (entry.partition, entry.sequence);
                index.blocks.push(Block { offset: end, length: 0, crc: 0, first });
            }
            entry.write(&mut text)?;
            if text.len() >= BLOCK || entries.peek().is_none() {
                let block = lz4_flex::compress_prepend_size(&text);
                finish(&mut index, &block)?;
                append(&file, &mut end, &block)?;
                text.clear();
            }
        }
        append(&file, &mut end, &footer(&index)?)?;
        file.sync_data()?;
        folder.rename(&unfinished, &name)?;
        Ok(Self { name, file, index })
    }

    /// Opens a segment and checks its index.
    pub(crate) fn open(folder: &dyn Folder, name: &str) -> Result<Self, EventError> {
        let file = folder.open(name)?;
        let index = read_index(&file)?;
        Ok(Self { name: name.into(), file, index })
    }

    /// Removes the segment from its folder.
    pub(crate) fn remove(&self, folder: &dyn Folder) -> Result<(), EventError> {
        Ok(folder.remove(&self.name)?)
    }

    /// Adds the newest events of a partition to `found` until it holds `limit`.
    pub(crate) fn newest(
        &self,
        partition: Partition,
        before: u64,
        limit: usize,
        found: &mut Vec<Stored>,
    ) -> Result<(), EventError> {
        let wanted = partition.number();
        let until = self.index.blocks.partition_point(|block| block.first < (wanted, before));
        for block in self.index.blocks.get(..until).unwrap_or(&[]).iter().rev() {
            if found.len() >= limit {
                break;
            }
            let entries = self.entries(block)?;
            let matching = entries
                .iter()
                .rev()
                .filter(|entry| entry.partition == wanted && entry.sequence < before);
            found.extend(matching.take(limit - found.len()).map(Entry::stored));
            if block.first.0 < wanted {
                break;
            }
        }
        Ok(())
    }

    fn entries(&self, block: &Block) -> Result<Vec<Entry>, EventError> {
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
            let (entry, after) = Entry::read(rest)?;
            entries.push(entry);
            rest = after;
        }
        Ok(entries)
    }
}

/// What the name of a segment ends in until it is whole.
pub(crate) const UNFINISHED: &str = ".unfinished";

const MAGIC: &[u8; 8] = b"tnsealed";

/// How many octets of events go into a block before compression.
const BLOCK: usize = 16 * 1024;

fn finish(index: &mut SegmentIndex, compressed: &[u8]) -> Result<(), Corrupt> {
    if let Some(block) = index.blocks.last_mut() {
        block.length = u32::try_from(compressed.len()).map_err(|_| damaged())?;
        block.crc = crc32fast::hash(compressed);
    }
    Ok(())
}

fn append(file: &SegmentFile, end: &mut u64, octets: &[u8]) -> Result<(), EventError> {
    let start = *end;
    *end += octets.len() as u64;
    file.set_len(*end)?;
    file.write(start, octets)?;
    Ok(())
}

fn footer(index: &SegmentIndex) -> Result<Vec<u8>, Corrupt> {
    let mut footer = crate::record::encode(index)?;
    let length = u32::try_from(footer.len()).map_err(|_| damaged())?;
    footer.extend_from_slice(&crc32fast::hash(&footer).to_le_bytes());
    footer.extend_from_slice(&length.to_le_bytes());
    footer.extend_from_slice(MAGIC);
    Ok(footer)
}

fn read_index(file: &SegmentFile) -> Result<SegmentIndex, EventError> {
    let mut tail = [0; 16];
    let tail_at = file.len()?.checked_sub(tail.len() as u64).ok_or_else(damaged)?;
    file.read(tail_at, &mut tail)?;
    let (crc, rest) = tail.split_first_chunk().ok_or_else(damaged)?;
    let (length, magic) = rest.split_first_chunk().ok_or_else(damaged)?;
    if magic != MAGIC {
        return Err(damaged().into());
    }
    let length = u32::from_le_bytes(*length);
    let index_at = tail_at.checked_sub(length.into()).ok_or_else(damaged)?;
    let mut index = vec![0; usize::try_from(length).map_err(|_| damaged())?];
    file.read(index_at, &mut index)?;
    if crc32fast::hash(&index) != u32::from_le_bytes(*crc) {
        return Err(damaged().into());
    }
    Ok(crate::decode(&index)?)
}

fn damaged() -> Corrupt {
    Corrupt::new("a sealed segment")
}
