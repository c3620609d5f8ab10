//! The segment that events are appended to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::frame::Entry;
use super::{EventError, Stored};
use crate::folder::{Folder, SegmentFile};
use crate::{Corrupt, Partition};

/// The active segment with an index of its events in memory.
pub(crate) struct Active {
    pub(crate) file: SegmentFile,
    /// The sequence number of its first event.
    pub(crate) first: u64,
    /// The highest outbox number in it or in any segment before it.
    pub(crate) copied: u64,
    /// When its first event happened.
    pub(crate) started_ms: Option<u64>,
    /// When its newest event happened.
    pub(crate) newest_ms: u64,
    pub(crate) count: u32,
    pub(crate) end: u64,
    places: BTreeMap<u32, Vec<Place>>,
}

/// Where an event stands.
#[derive(Copy, Clone)]
struct Place {
    sequence: u64,
    offset: u64,
}

impl Active {
    /// The name of the active segment that starts with a sequence number.
    pub(crate) fn name(first: u64) -> String {
        format!("{first:020}.active")
    }

    pub(crate) fn create(folder: &dyn Folder, first: u64, copied: u64) -> Result<Self, EventError> {
        let file = folder.open(&Self::name(first))?;
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&first.to_le_bytes());
        header.extend_from_slice(&copied.to_le_bytes());
        header.extend_from_slice(&crc32fast::hash(&header).to_le_bytes());
        file.set_len(header.len() as u64)?;
        file.write(0, &header)?;
        file.sync_data()?;
        Ok(Self::empty(file, first, copied))
    }

    /// Opens a segment and cuts off what was not written whole. A segment without a whole header
    /// was never used: `None`.
    pub(crate) fn open(folder: &dyn Folder, name: &str) -> Result<Option<Self>, EventError> {
        let file = folder.open(name)?;
        let Some((first, copied)) = header(&file)? else {
            return Ok(None);
        };
        let mut active = Self::empty(file, first, copied);
        let length = active.file.len()?;
        let file = Arc::clone(&active.file);
        let mut frames = Frames::new(&file, length);
        while let Some((entry, end)) = frames.next()? {
            active.note(&entry);
            active.end = end;
        }
        if active.end < length {
            active.file.set_len(active.end)?;
            active.file.sync_data()?;
        }
        Ok(Some(active))
    }

    /// The sequence number that the next event gets.
    pub(crate) fn next(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    /// Takes in an event that was written at the end; the caller moves the end.
    pub(crate) fn note(&mut self, entry: &Entry) {
        let place = Place { sequence: entry.sequence, offset: self.end };
        self.places.entry(entry.partition).or_default().push(place);
        self.copied = self.copied.max(entry.outbox);
        self.started_ms.get_or_insert(entry.time_ms);
        self.newest_ms = self.newest_ms.max(entry.time_ms);
        self.count = self.count.saturating_add(1);
    }

    /// Adds the newest events of a partition to `found` until it holds `limit`.
    pub(crate) fn newest(
        &self,
        partition: Partition,
        before: u64,
        limit: usize,
        found: &mut Vec<Stored>,
    ) -> Result<(), EventError> {
        let places = self.places.get(&partition.number()).map_or(&[][..], Vec::as_slice);
        let until = places.partition_point(|place| place.sequence < before);
        let places = places.get(..until).unwrap_or(&[]);
        for place in places.iter().rev().take(limit.saturating_sub(found.len())) {
            found.push(self.entry(place.offset)?.stored());
        }
        Ok(())
    }

    /// Reads all events, sorted by partition, then by sequence number.
    pub(crate) fn sorted(&self) -> impl Iterator<Item = Result<Entry, EventError>> {
        self.places.values().flatten().map(|place| self.entry(place.offset))
    }

    fn entry(&self, offset: u64) -> Result<Entry, EventError> {
        let mut frames = Frames { offset, step: ONE_FRAME, ..Frames::new(&self.file, self.end) };
        let (entry, _) = frames.next()?.ok_or_else(|| Corrupt::new("an event is gone"))?;
        Ok(entry)
    }

    fn empty(file: SegmentFile, first: u64, copied: u64) -> Self {
        let places = BTreeMap::new();
        Self {
            file,
            first,
            copied,
            started_ms: None,
            newest_ms: 0,
            count: 0,
            end: HEADER as u64,
            places,
        }
    }
}

/// Reads frame after frame through a buffer.
struct Frames<'a> {
    file: &'a SegmentFile,
    offset: u64,
    length: u64,
    step: usize,
    buffer: Vec<u8>,
    used: usize,
}

impl<'a> Frames<'a> {
    fn new(file: &'a SegmentFile, length: u64) -> Self {
        let offset = HEADER as u64;
        Self { file, offset, length, step: MANY_FRAMES, buffer: Vec::new(), used: 0 }
    }

    /// The next whole frame and the offset behind it.
    fn next(&mut self) -> Result<Option<(Entry, u64)>, EventError> {
        loop {
            let ahead = self.buffer.get(self.used..).unwrap_or(&[]);
            if let Some((entry, rest)) = Entry::read_frame(ahead) {
                let size = ahead.len() - rest.len();
                self.used += size;
                self.offset += size as u64;
                return Ok(Some((entry, self.offset)));
            }
            let left = self.length.saturating_sub(self.offset);
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            if left <= ahead.len() {
                return Ok(None);
            }
            // Twice as much holds the frame in the end, however long it is.
            let size = left.min(self.step.max(ahead.len().saturating_mul(2)));
            self.buffer = vec![0; size];
            self.used = 0;
            self.file.read(self.offset, &mut self.buffer)?;
        }
    }
}

fn header(file: &SegmentFile) -> Result<Option<(u64, u64)>, EventError> {
    let mut octets = [0; HEADER];
    if file.len()? < HEADER as u64 {
        return Ok(None);
    }
    file.read(0, &mut octets)?;
    Ok(read_header(&octets))
}

fn read_header(octets: &[u8; HEADER]) -> Option<(u64, u64)> {
    let (body, crc) = octets.split_last_chunk()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let (first, rest) = body.strip_prefix(MAGIC.as_slice())?.split_first_chunk()?;
    Some((u64::from_le_bytes(*first), u64::from_le_bytes(*rest.first_chunk()?)))
}

const MAGIC: &[u8; 8] = b"tnevent1";
const HEADER: usize = MAGIC.len() + 8 + 8 + 4;

/// How much is read for one event: most fit.
const ONE_FRAME: usize = 512;

/// How much is read at once when all events are read.
const MANY_FRAMES: usize = 1 << 20;
