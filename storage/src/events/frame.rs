//! How one event is written.
//!
//! In the active segment an event stands in a frame: its length and its CRC-32, both u32 little
//! endian, then the event in postcard. In a sealed segment the bare events follow each other
//! inside compressed blocks, which have a CRC-32 of their own. Segments of the first format hold
//! events without a hash.

use serde::{Deserialize, Serialize};

use super::Stored;
use super::chain::{EventHash, Link};
use crate::{Corrupt, Partition};

/// An event as it is written.
#[derive(Clone, Eq, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) partition: u32,
    pub(crate) sequence: u64,
    pub(crate) time_ms: u64,
    /// The outbox number if a change made the event, else 0.
    pub(crate) outbox: u64,
    /// Its place in the chain; none until it is written, and for those that were written before
    /// there were chains.
    pub(crate) hash: Option<EventHash>,
    #[serde(with = "serde_bytes")]
    pub(crate) body: Vec<u8>,
}

/// An [`Entry`] as it is written whose hash was found out only then.
#[derive(Serialize)]
struct Linked<'e> {
    partition: u32,
    sequence: u64,
    time_ms: u64,
    outbox: u64,
    hash: Option<EventHash>,
    #[serde(with = "serde_bytes")]
    body: &'e [u8],
}

/// An event as the first format has it.
#[derive(Deserialize)]
struct Unchained {
    partition: u32,
    sequence: u64,
    time_ms: u64,
    outbox: u64,
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
}

/// In which format events are written.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Shape {
    /// The first one: without hashes.
    Unchained,
    /// The one that is written.
    Chained,
}

impl Entry {
    /// The event as it is shown, behind the one that has the hash `previous` in its partition.
    pub(crate) fn stored(self, previous: Option<EventHash>) -> Stored {
        let previous = previous.unwrap_or(EventHash::BEGINNING);
        Stored {
            sequence: self.sequence,
            time_ms: self.time_ms,
            partition: Partition::from_number(self.partition),
            link: self.hash.map(|hash| Link { previous, hash }),
            body: self.body,
        }
    }

    /// Appends the bare event to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), Corrupt> {
        *out = crate::record::encode_behind(std::mem::take(out), self)?;
        Ok(())
    }

    /// Reads a bare event and returns what follows it.
    pub(crate) fn read(input: &[u8], shape: Shape) -> Result<(Self, &[u8]), Corrupt> {
        let read = match shape {
            Shape::Chained => postcard::take_from_bytes(input),
            Shape::Unchained => postcard::take_from_bytes::<Unchained>(input)
                .map(|(unchained, rest)| (unchained.into(), rest)),
        };
        read.map_err(|error| Corrupt::new(error.to_string()))
    }

    /// Appends the event in its frame to `out`, with its hash.
    pub(crate) fn write_frame(&self, hash: EventHash, out: &mut Vec<u8>) -> Result<(), Corrupt> {
        let start = out.len();
        out.extend_from_slice(&[0; 8]);
        let &Self { partition, sequence, time_ms, outbox, ref body, .. } = self;
        let linked = Linked { partition, sequence, time_ms, outbox, hash: Some(hash), body };
        *out = crate::record::encode_behind(std::mem::take(out), &linked)?;
        let (header, encoded) = out
            .get_mut(start..)
            .and_then(<[u8]>::split_first_chunk_mut::<8>)
            .ok_or_else(|| Corrupt::new("an event that was not written"))?;
        let length = u32::try_from(encoded.len()).map_err(|_| Corrupt::new("a huge event"))?;
        let [a, b, c, d] = length.to_le_bytes();
        let [e, f, g, h] = crc32fast::hash(encoded).to_le_bytes();
        *header = [a, b, c, d, e, f, g, h];
        Ok(())
    }

    /// Reads an event in its frame and returns what follows it; `None` where no whole frame is.
    pub(crate) fn read_frame(input: &[u8], shape: Shape) -> Option<(Self, &[u8])> {
        let (encoded, rest) = framed(input)?;
        let (entry, []) = Self::read(encoded, shape).ok()? else {
            return None;
        };
        Some((entry, rest))
    }
}

/// What stands in a frame, and what follows it; `None` where no whole frame is.
pub(crate) fn framed(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = input.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (encoded, rest) = rest.split_at_checked(length)?;
    (crc32fast::hash(encoded) == u32::from_le_bytes(*crc)).then_some((encoded, rest))
}

/// An event where it stands.
#[derive(Deserialize)]
pub(crate) struct Seen<'e> {
    #[serde(rename = "partition")]
    _partition: u32,
    pub(crate) sequence: u64,
    pub(crate) time_ms: u64,
    #[serde(rename = "outbox")]
    _outbox: u64,
    pub(crate) hash: Option<EventHash>,
    #[serde(borrow, with = "serde_bytes")]
    pub(crate) body: &'e [u8],
}

impl<'e> Seen<'e> {
    /// Reads an event as it is written.
    pub(crate) fn read(encoded: &'e [u8]) -> Result<Self, Corrupt> {
        crate::decode(encoded)
    }

    /// Reads whose event it is, and no more.
    pub(crate) fn partition(encoded: &[u8]) -> Result<u32, Corrupt> {
        let read = postcard::take_from_bytes(encoded);
        read.map(|(number, _)| number).map_err(|error| Corrupt::new(error.to_string()))
    }
}

impl From<Unchained> for Entry {
    fn from(unchained: Unchained) -> Self {
        let Unchained { partition, sequence, time_ms, outbox, body } = unchained;
        Self { partition, sequence, time_ms, outbox, hash: None, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_the_event_as_it_is_written_elsewhere_with_its_hash() {
        let body = vec![0xAB; 200];
        let (time_ms, hash) = (1_700_000_000_000, EventHash([7; 32]));
        let entry = Entry { partition: 7, sequence: 300, time_ms, outbox: 9, hash: None, body };
        let (mut frame, mut bare) = (vec![1, 2], Vec::new());
        entry.write_frame(hash, &mut frame).unwrap();
        let entry = Entry { hash: Some(hash), ..entry };
        entry.write(&mut bare).unwrap();
        assert_eq!((&frame[..2], &frame[10..]), (&[1, 2][..], &bare[..]));
        assert_eq!(Entry::read_frame(&frame[2..], Shape::Chained), Some((entry, &[][..])));
    }
}
