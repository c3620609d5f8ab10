//! The index of a sealed segment.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::EventError;
use super::chain::EventHash;
use super::frame::Shape;
use super::sealed::damaged;
use super::summary::SUMMARY;
use super::walk::EventSearch;
use crate::Corrupt;
use crate::folder::SegmentFile;

/// What a sealed segment holds, and where.
#[derive(Serialize, Deserialize)]
pub(crate) struct SegmentIndex {
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// The highest outbox number in it or in any segment before it.
    pub(crate) copied: u64,
    pub(crate) newest_ms: u64,
    /// Whether its events are in chains: those of the first format are not, wherever they stand.
    pub(crate) chained: bool,
    /// Where the summaries start; none in the first format.
    pub(crate) summaries: Option<u64>,
    pub(crate) blocks: Vec<Block>,
    /// The partitions that have events in it, in order.
    pub(crate) parts: Vec<Part>,
}

/// One compressed block.
#[derive(Serialize, Deserialize)]
pub(crate) struct Block {
    pub(crate) offset: u64,
    pub(crate) length: u32,
    pub(crate) crc: u32,
    /// Partition and sequence number of its first event.
    pub(crate) first: (u32, u64),
    /// The hash before its first event.
    pub(crate) previous: Option<EventHash>,
    pub(crate) oldest_ms: u64,
    pub(crate) newest_ms: u64,
}

/// A partition's part of the segment.
#[derive(Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) number: u32,
    /// Where its chain stood before the segment.
    pub(crate) previous: Option<EventHash>,
    pub(crate) newest_ms: u64,
}

/// The index as the first format has it.
#[derive(Deserialize)]
struct Unchained {
    first: u64,
    last: u64,
    copied: u64,
    newest_ms: u64,
    blocks: Vec<(u64, u32, u32, (u32, u64))>,
}

impl Block {
    pub(crate) fn new(
        offset: u64,
        first: (u32, u64),
        previous: Option<EventHash>,
        time_ms: u64,
    ) -> Self {
        let (oldest_ms, newest_ms) = (time_ms, time_ms);
        Self { offset, length: 0, crc: 0, first, previous, oldest_ms, newest_ms }
    }
}

impl SegmentIndex {
    /// In which format the events are.
    pub(crate) fn shape(&self) -> Shape {
        if self.has_parts() { Shape::Chained } else { Shape::Unchained }
    }

    /// The index of the same segment before events are added to it.
    pub(crate) fn emptied(&self, newest_ms: u64) -> Self {
        let Self { first, last, copied, chained, .. } = *self;
        let (summaries, blocks, parts) = (Some(0), Vec::new(), Vec::new());
        Self { first, last, copied, newest_ms, chained, summaries, blocks, parts }
    }

    /// Whether it says who has events in it; that of the first format does not.
    pub(crate) fn has_parts(&self) -> bool {
        self.summaries.is_some()
    }

    /// Whether it holds nothing of a partition that is looked for.
    pub(crate) fn lacks(&self, search: &EventSearch) -> bool {
        let newest_ms = match self.part(search.partition.number()) {
            Some(part) => part.newest_ms,
            None if self.has_parts() => return true,
            None => self.newest_ms,
        };
        !search.reaches(self.first, self.last) || !search.may_be_between(0, newest_ms)
    }

    /// A partition's part.
    pub(crate) fn part(&self, number: u32) -> Option<&Part> {
        let at = self.parts.binary_search_by_key(&number, |part| part.number).ok()?;
        self.parts.get(at)
    }

    /// How many octets of the file each part has, about: those that share a block have as much of it
    /// each. None where the index does not say who has events in it.
    pub(crate) fn sizes(&self) -> Vec<u64> {
        let behind = |number: u32| self.parts.partition_point(|part| part.number < number);
        let mut sizes = vec![0; self.parts.len()];
        let mut blocks = self.blocks.iter().peekable();
        while let Some(block) = blocks.next() {
            let first = behind(block.first.0);
            // Whose events go on in the next block has some in this one.
            let begun = |next: &Block, part: &Part| part.previous != next.previous;
            let end = blocks.peek().map_or(self.parts.len(), |next| {
                let at = behind(next.first.0);
                at + usize::from(self.parts.get(at).is_some_and(|part| begun(next, part)))
            });
            let shares = sizes.get_mut(first..end.max(first + 1)).unwrap_or_default();
            let share = (u64::from(block.length) + SUMMARY as u64) / shares.len().max(1) as u64;
            shares.iter_mut().for_each(|size| *size += share);
        }
        sizes
    }

    /// The index as it stands at the end of the segment.
    pub(crate) fn footer(&self) -> Result<Vec<u8>, Corrupt> {
        let mut footer = crate::record::encode(self)?;
        let length = u32::try_from(footer.len()).map_err(|_| damaged())?;
        footer.extend_from_slice(&crc32fast::hash(&footer).to_le_bytes());
        footer.extend_from_slice(&length.to_le_bytes());
        footer.extend_from_slice(CHAINED);
        Ok(footer)
    }

    pub(crate) fn read(file: &SegmentFile) -> Result<Self, EventError> {
        let mut tail = [0; 16];
        let tail_at = file.len()?.checked_sub(tail.len() as u64).ok_or_else(damaged)?;
        file.read(tail_at, &mut tail)?;
        let (crc, rest) = tail.split_first_chunk().ok_or_else(damaged)?;
        let (length, magic) = rest.split_first_chunk().ok_or_else(damaged)?;
        if magic != CHAINED && magic != UNCHAINED {
            return Err(damaged().into());
        }
        let length = u32::from_le_bytes(*length);
        let index_at = tail_at.checked_sub(length.into()).ok_or_else(damaged)?;
        let mut index = vec![0; usize::try_from(length).map_err(|_| damaged())?];
        file.read(index_at, &mut index)?;
        if crc32fast::hash(&index) != u32::from_le_bytes(*crc) {
            return Err(damaged().into());
        }
        Ok(match magic == CHAINED {
            true => crate::decode(&index)?,
            false => crate::decode::<Unchained>(&index)?.into(),
        })
    }
}

/// Which of a segment's blocks may hold what is looked for, by their first events.
pub(crate) fn range(blocks: &[Block], search: &EventSearch) -> Range<usize> {
    let number = search.partition.number();
    let end = blocks.partition_point(|block| block.first < (number, search.before));
    let behind = (number, search.after.saturating_add(1));
    let start = blocks.partition_point(|block| block.first <= behind);
    // The block before may end with what is looked for.
    start.saturating_sub(1).min(end)..end
}

impl From<Unchained> for SegmentIndex {
    fn from(unchained: Unchained) -> Self {
        let Unchained { first, last, copied, newest_ms, blocks } = unchained;
        let blocks = blocks.into_iter().map(|(offset, length, crc, first)| {
            let (previous, oldest_ms, newest_ms) = (None, 0, u64::MAX);
            Block { offset, length, crc, first, previous, oldest_ms, newest_ms }
        });
        let (chained, summaries, parts, blocks) = (false, None, Vec::new(), blocks.collect());
        Self { first, last, copied, newest_ms, chained, summaries, blocks, parts }
    }
}

const UNCHAINED: &[u8; 8] = b"tnsealed";
const CHAINED: &[u8; 8] = b"tnseale2";
