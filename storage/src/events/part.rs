//! Reading a segment that is not sealed, which may go on being written meanwhile: of what stands there
//! nothing is changed.

use std::ops::Range;

use super::chain::EventHash;
use super::frame::{Entry, Shape, framed};
use super::trail::Place;
use super::walk::Walk;
use super::{EventError, damaged_active};
use crate::folder::SegmentFile;

/// Some events of a partition that follow each other, and the hash before them.
pub(crate) type Run = (Vec<Place>, Option<EventHash>);

/// Some runs of such a segment, in the order of the walk that wants them.
pub(crate) struct ActivePart {
    reader: Reader,
    runs: Vec<Run>,
}

impl ActivePart {
    pub(crate) fn new(reader: Reader, runs: Vec<Run>) -> Self {
        Self { reader, runs }
    }

    /// Hands on the events; `false` when the walk is over.
    pub(crate) fn walk(&self, walk: &mut Walk<'_>) -> Result<bool, EventError> {
        for (places, previous) in &self.runs {
            let (mut previous, mut found) = (*previous, Vec::with_capacity(places.len()));
            for entry in self.reader.entries(places)? {
                let hash = entry.hash;
                found.push(entry.stored(previous));
                previous = hash.or(previous);
            }
            if !walk.hand_on(found) {
                return Ok(false);
            }
            let end = if walk.newest_first { places.first() } else { places.last() };
            end.into_iter().for_each(|place| walk.pass(place.sequence));
        }
        Ok(true)
    }
}

/// Reads events by their places.
pub(crate) struct Reader {
    file: SegmentFile,
    end: u64,
    shape: Shape,
}

impl Reader {
    pub(crate) fn new(file: SegmentFile, end: u64, shape: Shape) -> Self {
        Self { file, end, shape }
    }

    /// Reads events that stand one behind the other, at once where they stand close.
    pub(crate) fn entries(&self, places: &[Place]) -> Result<Vec<Entry>, EventError> {
        let (Some(first), Some(last)) = (places.first(), places.last()) else {
            return Ok(Vec::new());
        };
        let span = last.offset.saturating_sub(first.offset).saturating_add(ONE_FRAME as u64);
        let span = usize::try_from(span).unwrap_or(usize::MAX);
        if span > places.len().saturating_mul(ONE_FRAME) {
            return places.iter().map(|place| self.entry(*place)).collect();
        }
        let rest = usize::try_from(self.end.saturating_sub(first.offset)).unwrap_or(usize::MAX);
        let mut octets = vec![0; span.min(rest)];
        self.file.read(first.offset, &mut octets)?;
        let read = |place: &Place| {
            let at = usize::try_from(place.offset.saturating_sub(first.offset)).ok()?;
            let (entry, _) = Entry::read_frame(octets.get(at..)?, self.shape)?;
            (entry.sequence == place.sequence).then_some(entry)
        };
        places.iter().map(|place| read(place).map_or_else(|| self.entry(*place), Ok)).collect()
    }

    fn entry(&self, place: Place) -> Result<Entry, EventError> {
        let mut frames = Frames::new(&self.file, place.offset..self.end, self.shape, ONE_FRAME);
        let (entry, _) = frames.next()?.ok_or_else(damaged_active)?;
        Ok(entry)
    }
}

/// Reads frame after frame through a buffer.
pub(crate) struct Frames<'a> {
    file: &'a SegmentFile,
    offset: u64,
    length: u64,
    shape: Shape,
    step: usize,
    buffer: Vec<u8>,
    used: usize,
}

impl<'a> Frames<'a> {
    /// Reads so many octets of the file at once, or as many as a frame has.
    pub(crate) fn new(file: &'a SegmentFile, range: Range<u64>, shape: Shape, step: usize) -> Self {
        let (offset, length) = (range.start, range.end);
        Self { file, offset, length, shape, step, buffer: Vec::new(), used: 0 }
    }

    /// The next event and the offset behind it; `None` where no whole one is.
    pub(crate) fn next(&mut self) -> Result<Option<(Entry, u64)>, EventError> {
        let shape = self.shape;
        let Some(encoded) = self.encoded()? else { return Ok(None) };
        let Ok((entry, [])) = Entry::read(encoded, shape) else { return Ok(None) };
        Ok(Some((entry, self.offset)))
    }

    /// The next event as it is encoded; `None` where no whole frame is.
    pub(crate) fn encoded(&mut self) -> Result<Option<&[u8]>, EventError> {
        loop {
            let ahead = self.buffer.get(self.used..).unwrap_or(&[]);
            if let Some((encoded, rest)) = framed(ahead) {
                let (end, length) = (self.buffer.len() - rest.len(), encoded.len());
                self.offset += (end - self.used) as u64;
                self.used = end;
                return Ok(self.buffer.get(end - length..end));
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

    /// The offset behind what was read.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }
}

/// How much is read for one event: most fit.
const ONE_FRAME: usize = 512;
