//! Packets out of a stream: RADIUS inside TLS ([RFC 6614, section 2.1]).
//!
//! [RFC 6614, section 2.1]: https://www.rfc-editor.org/rfc/rfc6614#section-2.1

use zeroize::Zeroize as _;

use crate::packet::{HEADER, LONGEST, Malformed};

/// Cuts a stream into packets by their Length fields, however it was sent; holds less than one
/// packet once there is no next.
///
/// What was taken is wiped: inside TLS passwords may be in clear.
#[derive(Default)]
pub struct Stream {
    octets: Vec<u8>,
    taken: usize,
}

impl Stream {
    /// Adds what came.
    pub fn extend(&mut self, octets: &[u8]) {
        self.forget();
        self.octets.extend(octets);
    }

    /// The next whole packet; none until more comes.
    ///
    /// # Errors
    /// When a length is none that a packet can have. Nothing behind it can be read.
    #[expect(clippy::should_implement_trait, reason = "it lends what it gives")]
    pub fn next(&mut self) -> Result<Option<&[u8]>, Malformed> {
        let rest = self.octets.get(self.taken..).unwrap_or_default();
        let Some((&[_, _, high, low], _)) = rest.split_first_chunk() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if !(HEADER..=LONGEST).contains(&length) {
            return Err(Malformed::Length);
        }
        let Some(packet) = rest.get(..length) else { return Ok(None) };
        self.taken += length;
        Ok(Some(packet))
    }

    /// Whether a packet has begun and not ended.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.octets.len() > self.taken
    }

    /// Wipes what was taken, and gives its memory back where nothing is left.
    pub fn forget(&mut self) {
        let left = self.octets.len() - self.taken;
        if left == 0 {
            self.octets.zeroize();
            self.octets = Vec::new();
        } else {
            self.octets.copy_within(self.taken.., 0);
            self.octets.get_mut(left..).unwrap_or_default().zeroize();
            self.octets.truncate(left);
        }
        self.taken = 0;
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(length: u16) -> Vec<u8> {
        let [high, low] = length.to_be_bytes();
        let mut octets = vec![12, 7, high, low];
        octets.resize(usize::from(length).max(4), 9);
        octets
    }

    /// All packets of a stream that comes in pieces of this size.
    fn cut(octets: &[u8], piece: usize) -> Result<Vec<usize>, Malformed> {
        let (mut stream, mut lengths) = (Stream::default(), Vec::new());
        for piece in octets.chunks(piece) {
            stream.extend(piece);
            while let Some(packet) = stream.next()? {
                lengths.push(packet.len());
            }
        }
        stream.forget();
        assert_eq!(stream.is_partial(), !stream.octets.is_empty());
        Ok(lengths)
    }

    #[test]
    fn packets_are_found_however_the_stream_is_cut() {
        let octets = [packet(20), packet(4096), packet(21), packet(300)].concat();
        for piece in [1, 3, 19, 20, 4095, 4097, 10_000] {
            assert_eq!(cut(&octets, piece).unwrap(), [20, 4096, 21, 300], "{piece}");
            let unfinished = &octets[..octets.len() - 1];
            assert_eq!(cut(unfinished, piece).unwrap(), [20, 4096, 21], "{piece}");
        }
    }

    #[test]
    fn a_length_that_no_packet_has_ends_the_stream() {
        for length in [0, 3, 19, 4097, u16::MAX] {
            let octets = [packet(20), packet(length)].concat();
            assert_eq!(cut(&octets, 4), Err(Malformed::Length), "{length}");
        }
    }
}
