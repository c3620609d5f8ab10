//! What an active segment starts with.

use super::EventError;
use super::active::Heads;
use super::frame::Shape;
use crate::Corrupt;
use crate::folder::SegmentFile;

/// What an active segment starts with.
pub(crate) struct Header {
    pub(crate) shape: Shape,
    /// The sequence number of its first event.
    pub(crate) first: u64,
    /// The highest outbox number in any segment before it.
    pub(crate) copied: u64,
    /// Where the chains stood before it.
    pub(crate) starts: Heads,
}

impl Header {
    pub(crate) fn octets(&self) -> Result<Vec<u8>, Corrupt> {
        let heads = crate::record::encode(&self.starts)?;
        let length = u32::try_from(heads.len()).map_err(|_| Corrupt::new("too many chains"))?;
        let mut octets = CHAINED.to_vec();
        octets.extend_from_slice(&self.first.to_le_bytes());
        octets.extend_from_slice(&self.copied.to_le_bytes());
        octets.extend_from_slice(&length.to_le_bytes());
        octets.extend_from_slice(&heads);
        octets.extend_from_slice(&crc32fast::hash(&octets).to_le_bytes());
        Ok(octets)
    }

    /// Reads a header, and says where the frames start; `None` where no whole header is.
    pub(crate) fn read(file: &SegmentFile) -> Result<Option<(Self, u64)>, EventError> {
        let file_length = file.len()?;
        let mut fixed = [0; FIXED];
        if file_length < FIXED as u64 {
            return Ok(None);
        }
        file.read(0, &mut fixed)?;
        let Some(length) = length(&fixed).filter(|length| *length <= file_length) else {
            return Ok(None);
        };
        let mut octets = vec![0; usize::try_from(length).unwrap_or_default()];
        file.read(0, &mut octets)?;
        Ok(parse(&octets).map(|header| (header, length)))
    }
}

/// How long the header is that begins so.
fn length(fixed: &[u8; FIXED]) -> Option<u64> {
    let (begin, last) = fixed.split_last_chunk::<4>()?;
    if begin.starts_with(UNCHAINED) {
        return Some(FIXED as u64);
    }
    let heads = u64::from(u32::from_le_bytes(*last));
    begin.starts_with(CHAINED).then_some(FIXED as u64 + heads + 4)
}

fn parse(octets: &[u8]) -> Option<Header> {
    let (body, crc) = octets.split_last_chunk()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let (magic, rest) = body.split_at_checked(CHAINED.len())?;
    let (first, rest) = rest.split_first_chunk()?;
    let (copied, rest) = rest.split_first_chunk()?;
    let (first, copied) = (u64::from_le_bytes(*first), u64::from_le_bytes(*copied));
    if magic == UNCHAINED {
        return Some(Header { shape: Shape::Unchained, first, copied, starts: Heads::new() });
    }
    let starts = crate::decode(rest.get(4..)?).ok()?;
    Some(Header { shape: Shape::Chained, first, copied, starts })
}

const UNCHAINED: &[u8; 8] = b"tnevent1";
const CHAINED: &[u8; 8] = b"tnevent2";

/// Magic, both numbers, and the length of the heads, or in the first format the CRC-32.
const FIXED: usize = CHAINED.len() + 8 + 8 + 4;
