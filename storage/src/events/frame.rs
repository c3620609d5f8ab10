//! How one event is written.
//!
//! In the active segment an event stands in a frame: its length and its CRC-32, both u32 little
//! endian, then the event in postcard. In a sealed segment the bare events follow each other
//! inside compressed blocks, which have a CRC-32 of their own.

use serde::{Deserialize, Serialize};

use super::Stored;
use crate::{Corrupt, Partition};

/// An event as it is written.
#[derive(Clone, Eq, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) partition: u32,
    pub(crate) sequence: u64,
    pub(crate) time_ms: u64,
    /// The outbox number if a change made the event, else 0.
    pub(crate) outbox: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) body: Vec<u8>,
}

impl Entry {
    pub(crate) fn stored(&self) -> Stored {
        Stored {
            sequence: self.sequence,
            time_ms: self.time_ms,
            partition: Partition::from_number(self.partition),
            body: self.body.clone(),
        }
    }

    /// Appends the bare event to `out`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), Corrupt> {
        *out = crate::record::encode_behind(std::mem::take(out), self)?;
        Ok(())
    }

    /// Reads a bare event and returns what follows it.
    pub(crate) fn read(input: &[u8]) -> Result<(Self, &[u8]), Corrupt> {
        postcard::take_from_bytes(input).map_err(|error| Corrupt::new(error.to_string()))
    }

    /// Appends the event in its frame to `out`.
    pub(crate) fn write_frame(&self, out: &mut Vec<u8>) -> Result<(), Corrupt> {
        let start = out.len();
        out.extend_from_slice(&[0; 8]);
        self.write(out)?;
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
    pub(crate) fn read_frame(input: &[u8]) -> Option<(Self, &[u8])> {
        let (length, rest) = input.split_first_chunk()?;
        let (crc, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (encoded, rest) = rest.split_at_checked(length)?;
        if crc32fast::hash(encoded) != u32::from_le_bytes(*crc) {
            return None;
        }
        let (entry, []) = Self::read(encoded).ok()? else {
            return None;
        };
        Some((entry, rest))
    }
}
