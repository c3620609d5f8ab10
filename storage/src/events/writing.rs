//! Writing a sealed segment, block by block.

use super::EventError;
use super::chain::{EventHash, EventWords};
use super::frame::Entry;
use super::index::{Block, Part, SegmentIndex};
use super::sealed::damaged;
use super::summary::Summary;
use crate::folder::SegmentFile;

/// A sealed segment that is being written.
pub(crate) struct Writing {
    file: SegmentFile,
    index: SegmentIndex,
    /// Blocks that are compressed, with their summaries, in the order in which they stand.
    blocks: Vec<(Block, Summary)>,
    /// Octets that are in the file already, and those behind them that are not.
    written: u64,
    ahead: Vec<u8>,
    /// The block at the end, which further partitions may share.
    last: Option<Filling>,
    /// Whose the last event was, and the hash of it.
    head: Option<(u32, Option<EventHash>)>,
}

/// A block that is being filled.
pub(crate) struct Filling {
    block: Block,
    text: Vec<u8>,
    summary: Summary,
}

impl Filling {
    /// Begins a block: partition and sequence number of its first event, and the hash before it.
    pub(crate) fn new(first: (u32, u64), previous: Option<EventHash>, time_ms: u64) -> Self {
        let block = Block::new(0, first, previous, time_ms);
        Self { block, text: Vec::new(), summary: Summary::new() }
    }

    /// Adds an event as it is encoded, with what it can be searched by.
    pub(crate) fn add(&mut self, encoded: &[u8], time_ms: u64, terms: impl Iterator<Item = u64>) {
        self.block.oldest_ms = self.block.oldest_ms.min(time_ms);
        self.block.newest_ms = self.block.newest_ms.max(time_ms);
        terms.for_each(|term| self.summary.insert(term));
        self.text.extend_from_slice(encoded);
    }

    /// Whether no more is to be added.
    pub(crate) fn is_full(&self) -> bool {
        self.text.len() >= BLOCK
    }

    /// Takes in what another has, behind what is there.
    fn join(&mut self, other: &Self) {
        self.block.oldest_ms = self.block.oldest_ms.min(other.block.oldest_ms);
        self.block.newest_ms = self.block.newest_ms.max(other.block.newest_ms);
        self.summary.join(&other.summary);
        self.text.extend_from_slice(&other.text);
    }
}

impl Writing {
    pub(crate) fn new(file: SegmentFile, index: SegmentIndex) -> Self {
        let (blocks, ahead) = (Vec::new(), Vec::new());
        Self { file, index, blocks, written: 0, ahead, last: None, head: None }
    }

    /// Adds an event behind all others; `start` is the hash before the first one of its partition.
    pub(crate) fn add(
        &mut self,
        entry: &Entry,
        start: Option<EventHash>,
        words: &EventWords,
    ) -> Result<(), EventError> {
        let (number, time_ms) = (entry.partition, entry.time_ms);
        let previous = match self.head.filter(|(partition, _)| *partition == number) {
            Some((_, hash)) => hash,
            None => {
                self.index.parts.push(Part { number, previous: start, newest_ms: 0 });
                start
            }
        };
        if let Some(part) = self.index.parts.last_mut() {
            part.newest_ms = part.newest_ms.max(time_ms);
        }
        self.head = Some((number, entry.hash.or(previous)));
        let (mut encoded, mut terms) = (Vec::new(), Vec::new());
        entry.write(&mut encoded)?;
        (words.terms)(&entry.body, &mut terms);
        let mut filling = self
            .last
            .take()
            .unwrap_or_else(|| Filling::new((number, entry.sequence), previous, time_ms));
        filling.add(&encoded, time_ms, terms.into_iter());
        self.leave(filling)
    }

    /// Adds a partition with the events of it that no block has yet. Where it has blocks of its own, none that
    /// partitions before it began goes on behind it: blocks are found by whose event is the first in each.
    pub(crate) fn add_part(
        &mut self,
        part: Part,
        rest: Option<Filling>,
        has_blocks: bool,
    ) -> Result<(), EventError> {
        self.index.parts.push(part);
        if has_blocks && let Some(last) = self.last.take() {
            self.end(last)?;
        }
        match (self.last.take(), rest) {
            (Some(mut last), Some(rest)) => {
                last.join(&rest);
                self.leave(last)
            }
            (Some(alone), None) | (None, Some(alone)) => self.leave(alone),
            (None, None) => Ok(()),
        }
    }

    /// Leaves a block for others to share, unless it is full.
    fn leave(&mut self, filling: Filling) -> Result<(), EventError> {
        if filling.is_full() {
            return self.end(filling);
        }
        self.last = Some(filling);
        Ok(())
    }

    /// Compresses a block.
    pub(crate) fn end(&mut self, filling: Filling) -> Result<(), EventError> {
        let Filling { mut block, text, summary } = filling;
        let compressed = lz4_flex::compress_prepend_size(&text);
        block.offset = self.written + self.ahead.len() as u64;
        block.length = u32::try_from(compressed.len()).map_err(|_| damaged())?;
        block.crc = crc32fast::hash(&compressed);
        self.blocks.push((block, summary));
        self.append(&compressed)
    }

    fn append(&mut self, octets: &[u8]) -> Result<(), EventError> {
        self.ahead.extend_from_slice(octets);
        if self.ahead.len() >= AT_ONCE { self.write_ahead() } else { Ok(()) }
    }

    fn write_ahead(&mut self) -> Result<(), EventError> {
        let start = self.written;
        self.written += self.ahead.len() as u64;
        self.file.set_len(self.written)?;
        self.file.write(start, &self.ahead)?;
        self.ahead.clear();
        Ok(())
    }

    /// Writes the rest, durably.
    pub(crate) fn finish(mut self) -> Result<(SegmentFile, SegmentIndex), EventError> {
        if let Some(last) = self.last.take() {
            self.end(last)?;
        }
        self.index.summaries = Some(self.written + self.ahead.len() as u64);
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.sort_unstable_by_key(|(block, _)| block.first);
        for (block, summary) in blocks {
            summary.write(&mut self.ahead);
            self.index.blocks.push(block);
        }
        let footer = self.index.footer()?;
        self.append(&footer)?;
        self.write_ahead()?;
        self.file.sync_data()?;
        Ok((self.file, self.index))
    }
}

/// How many octets of events go into a block before compression.
const BLOCK: usize = 16 * 1024;

/// So many octets are written at once.
const AT_ONCE: usize = 256 * 1024;
