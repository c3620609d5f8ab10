//! BER as LDAP restricts it (RFC 4511 section 5.1): definite lengths, one-octet tags.

use bytes::BytesMut;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

const CONSTRUCTED: u8 = 0x20;
/// The tag numbers that do not fit one octet; LDAP has none.
const LONG_TAG: u8 = 0x1f;

/// Octets that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Why a message is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Its elements do not fill each other.
    Malformed,
    /// It has more levels or more elements than are allowed.
    TooComplex,
}

/// What is known of an element from its first octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// Not all of the header is there.
    Incomplete,
    /// The header takes this many octets, the content that many.
    Complete { header: usize, content: usize },
}

/// Reads the length behind an element's tag: up to four octets of it, as Windows sends them.
pub(crate) fn header(octets: &[u8]) -> Result<Header, Malformed> {
    let Some((&first, rest)) = octets.get(1..).and_then(<[u8]>::split_first) else {
        return Ok(Header::Incomplete);
    };
    if first < 0x80 {
        return Ok(Header::Complete { header: 2, content: usize::from(first) });
    }
    let width = usize::from(first & 0x7f);
    if !(1..=4).contains(&width) {
        return Err(Malformed);
    }
    let Some(length) = rest.get(..width) else {
        return Ok(Header::Incomplete);
    };
    let content = length.iter().fold(0, |length: usize, &octet| (length << 8) | usize::from(octet));
    Ok(Header::Complete { header: 2 + width, content })
}

/// Checks before anything is decoded that children exactly fill their parents, and that levels and
/// elements are within limits; without recursion.
pub(crate) fn check(octets: &[u8], depth: usize, elements: usize) -> Result<(), Refused> {
    let mut ends = [0_usize; crate::Limits::MAXIMUM_DEPTH];
    let (mut level, mut end, mut position, mut seen) = (0_usize, octets.len(), 0_usize, 0_usize);
    loop {
        while position == end {
            let Some(above) = level.checked_sub(1) else {
                return Ok(());
            };
            level = above;
            end = ends.get(level).copied().unwrap_or_default();
        }
        let element = octets.get(position..end).ok_or(Refused::Malformed)?;
        let Ok(Header::Complete { header, content }) = header(element) else {
            return Err(Refused::Malformed);
        };
        let tag = element.first().copied().unwrap_or_default();
        if content > element.len() - header || tag & LONG_TAG == LONG_TAG {
            return Err(Refused::Malformed);
        }
        seen += 1;
        if seen > elements {
            return Err(Refused::TooComplex);
        }
        position += header;
        if tag & CONSTRUCTED == 0 {
            position += content;
            continue;
        }
        let slot = ends.get_mut(level).filter(|_| level < depth).ok_or(Refused::TooComplex)?;
        *slot = end;
        level += 1;
        end = position + content;
    }
}

/// Reads elements one after another; cannot leave its octets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next element.
    pub(crate) fn tag(self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let tag = self.tag().ok_or(Malformed)?;
        let Header::Complete { header, content } = header(self.0)? else {
            return Err(Malformed);
        };
        let (content, rest) = self
            .0
            .get(header..)
            .and_then(|rest| rest.split_at_checked(content))
            .ok_or(Malformed)?;
        self.0 = rest;
        Ok((tag, content))
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.any()? {
            (found, content) if found == tag => Ok(content),
            _ => Err(Malformed),
        }
    }

    /// The content of the next element, if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.tag() == Some(tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    pub(crate) fn octets(&mut self) -> Result<&'a [u8], Malformed> {
        self.expect(OCTET_STRING)
    }

    pub(crate) fn boolean(&mut self) -> Result<bool, Malformed> {
        boolean(self.expect(BOOLEAN)?)
    }

    /// A number from 0 to 2^31-1 (`maxInt`, RFC 4511 section 4.1.1), with this tag.
    pub(crate) fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        number(self.expect(tag)?)
    }
}

/// TRUE is anything but zero in BER.
pub(crate) const fn boolean(content: &[u8]) -> Result<bool, Malformed> {
    match content {
        [octet] => Ok(*octet != 0),
        _ => Err(Malformed),
    }
}

/// A number from 0 to 2^31-1. Leading zeros are tolerated up to four octets.
pub(crate) fn number(content: &[u8]) -> Result<u32, Malformed> {
    match content {
        [first, ..] if *first < 0x80 && content.len() <= 4 => {
            Ok(content.iter().fold(0, |number, &octet| (number << 8) | u32::from(octet)))
        }
        _ => Err(Malformed),
    }
}

/// A header of at most six octets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShortBytes {
    octets: [u8; 6],
    length: usize,
}

impl ShortBytes {
    pub(crate) fn as_slice(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

/// The tag and the shortest length of an element.
pub(crate) fn head(tag: u8, content: usize) -> ShortBytes {
    // No buffer of ours comes near 4 GiB: the output is bounded.
    let [a, b, c, d] = u32::try_from(content).unwrap_or(u32::MAX).to_be_bytes();
    let (octets, length) = match content {
        0..=0x7f => ([tag, d, 0, 0, 0, 0], 2),
        0x80..=0xff => ([tag, 0x81, d, 0, 0, 0], 3),
        0x100..=0xffff => ([tag, 0x82, c, d, 0, 0], 4),
        0x1_0000..=0xff_ffff => ([tag, 0x83, b, c, d, 0], 5),
        _ => ([tag, 0x84, a, b, c, d], 6),
    };
    ShortBytes { octets, length }
}

/// The octets that an element with so much content takes, tag and length included.
pub(crate) const fn length(content: usize) -> usize {
    let head = match content {
        0..=0x7f => 2,
        0x80..=0xff => 3,
        0x100..=0xffff => 4,
        0x1_0000..=0xff_ffff => 5,
        _ => 6,
    };
    content.saturating_add(head)
}

/// Appends an element with this content.
pub(crate) fn put(output: &mut BytesMut, tag: u8, content: &[u8]) {
    if let Ok(length @ 0..=0x7f) = u8::try_from(content.len()) {
        output.extend_from_slice(&[tag, length]);
    } else {
        output.extend_from_slice(head(tag, content.len()).as_slice());
    }
    output.extend_from_slice(content);
}

/// The content of an INTEGER from 0 to 2^31-1, shortest form.
pub(crate) fn integer(number: u32) -> ShortBytes {
    let [a, b, c, d] = number.to_be_bytes();
    let (octets, length) = match number {
        0..=0x7f => ([d, 0, 0, 0, 0, 0], 1),
        0x80..=0x7fff => ([c, d, 0, 0, 0, 0], 2),
        0x8000..=0x7f_ffff => ([b, c, d, 0, 0, 0], 3),
        0x80_0000..=0x7fff_ffff => ([a, b, c, d, 0, 0], 4),
        _ => ([0, a, b, c, d, 0], 5),
    };
    ShortBytes { octets, length }
}

/// An element whose length is not known yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opened {
    tag: u8,
    start: usize,
    /// Octets left free for tag and length.
    room: usize,
}

impl Opened {
    /// Where its tag will stand.
    pub(crate) const fn start(self) -> usize {
        self.start
    }
}

/// Begins an element that is probably shorter than 128 octets.
pub(crate) fn open(output: &mut BytesMut, tag: u8) -> Opened {
    let start = output.len();
    output.extend_from_slice(&[0; 2]);
    Opened { tag, start, room: 2 }
}

/// Begins an element that probably has between 256 and 65,535 octets.
pub(crate) fn open_large(output: &mut BytesMut, tag: u8) -> Opened {
    let start = output.len();
    output.extend_from_slice(&[0; 4]);
    Opened { tag, start, room: 4 }
}

/// Ends an element with everything that was written since it began. The content moves if the guess
/// about its length was wrong, so that the length takes the fewest octets.
pub(crate) fn close(output: &mut BytesMut, opened: Opened) {
    let Opened { tag, start, room } = opened;
    let end = output.len();
    let head = head(tag, end.saturating_sub(start + room));
    let needed = head.as_slice().len();
    if needed > room {
        output.resize(end + needed - room, 0);
    }
    let Some(element) = output.get_mut(start..) else { return };
    if needed != room {
        element.copy_within(room..end - start, needed);
    }
    if let Some(slot) = element.get_mut(..needed) {
        slot.copy_from_slice(head.as_slice());
    }
    output.truncate(end - room + needed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x690_8_1_children_exactly_fill_their_parents() {
        let whole = [0x30, 0x06, 0x30, 0x02, 0x04, 0x00, 0x05, 0x00];
        assert_eq!(check(&whole, 4, 10), Ok(()));
        for broken in [
            &[0x30, 0x03, 0x30, 0x02, 0x04, 0x00][..],
            &[0x30, 0x02, 0x04, 0x01],
            &[0x30, 0x01, 0x04],
            &[0x30, 0x04, 0x30, 0x80, 0x00, 0x00],
            &[0x30, 0x03, 0x1f, 0x01, 0x00],
            &[0x30],
        ] {
            assert_eq!(check(broken, 4, 10), Err(Refused::Malformed), "{broken:02x?}");
        }
    }

    #[test]
    fn levels_and_elements_are_counted() {
        let three = [0x30, 0x04, 0x30, 0x02, 0x30, 0x00];
        assert_eq!(check(&three, 3, 3), Ok(()));
        assert_eq!(check(&three, 2, 3), Err(Refused::TooComplex));
        assert_eq!(check(&three, 3, 2), Err(Refused::TooComplex));
    }

    #[test]
    fn written_headers_are_the_shortest_and_read_back() {
        let widths = [
            (0, 2),
            (127, 2),
            (128, 3),
            (255, 3),
            (256, 4),
            (65_535, 4),
            (65_536, 5),
            (1 << 24, 6),
        ];
        for (content, width) in widths {
            let written = head(0x04, content);
            assert_eq!(written.as_slice().len(), width);
            let read = header(written.as_slice());
            assert_eq!(read, Ok(Header::Complete { header: width, content }));
        }
    }

    #[test]
    fn what_was_begun_ends_alike_however_its_length_was_guessed() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![0x41; length];
            let mut plain = BytesMut::from(&b"before"[..]);
            put(&mut plain, 0x30, &content);
            for open in [open, open_large] {
                let mut guessed = BytesMut::from(&b"before"[..]);
                let opened = open(&mut guessed, 0x30);
                guessed.extend_from_slice(&content);
                close(&mut guessed, opened);
                assert_eq!(guessed, plain, "{length}");
            }
        }
    }

    #[test]
    fn written_integers_are_read_back() {
        for value in [0, 1, 127, 128, 255, 256, 32_767, 32_768, 8_388_608, 0x7fff_ffff] {
            assert_eq!(number(integer(value).as_slice()), Ok(value));
        }
    }
}
