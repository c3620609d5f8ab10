//! As much of CBOR (RFC 8949) as authenticators write: lengths are definite, and nothing has a tag.

/// Items lie within each other so deep at most.
const DEPTH: usize = 8;

/// One item; of arrays and maps, what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// A whole number.
    Number(i64),
    Octets(&'a [u8]),
    Text(&'a str),
    /// So many items come next.
    Array(u64),
    /// So many pairs come next.
    Map(u64),
    /// True, false, nothing, or a number that is not whole.
    Other,
}

/// Reads items one after another.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// Whether everything was read.
    pub(super) fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    /// The next item; none when it is not acceptable.
    pub(super) fn item(&mut self) -> Option<Item<'a>> {
        let [first] = *self.take::<1>()?;
        let (major, short) = (first >> 5, first & 0x1f);
        let argument = match short {
            0..24 => u64::from(short),
            24 => u64::from(u8::from_be_bytes(*self.take()?)),
            25 => u64::from(u16::from_be_bytes(*self.take()?)),
            26 => u64::from(u32::from_be_bytes(*self.take()?)),
            27 => u64::from_be_bytes(*self.take()?),
            _ => return None,
        };
        Some(match major {
            0 => Item::Number(i64::try_from(argument).ok()?),
            1 => Item::Number(-1 - i64::try_from(argument).ok()?),
            2 => Item::Octets(self.octets(argument)?),
            3 => Item::Text(std::str::from_utf8(self.octets(argument)?).ok()?),
            4 => Item::Array(argument),
            5 => Item::Map(argument),
            7 => Item::Other,
            _ => return None,
        })
    }

    /// Passes over the next item with all that is in it.
    pub(super) fn skip(&mut self) -> Option<()> {
        self.skip_within(DEPTH)
    }

    /// The number of pairs of a map that comes next.
    pub(super) fn map(&mut self) -> Option<u64> {
        if let Item::Map(pairs) = self.item()? { Some(pairs) } else { None }
    }

    fn skip_within(&mut self, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        // Whatever the number says, each item takes an octet at least.
        match self.item()? {
            Item::Array(items) => (0..items).try_for_each(|_| self.skip_within(depth)),
            Item::Map(pairs) => (0..pairs).try_for_each(|_| {
                self.skip_within(depth)?;
                self.skip_within(depth)
            }),
            Item::Number(_) | Item::Octets(_) | Item::Text(_) | Item::Other => Some(()),
        }
    }

    fn octets(&mut self, length: u64) -> Option<&'a [u8]> {
        let (octets, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(octets)
    }

    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (octets, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(octets: &[u8]) -> Vec<Option<Item<'_>>> {
        let mut reader = Reader::new(octets);
        let mut items = Vec::new();
        while !reader.is_done() {
            items.push(reader.item());
            if items.last() == Some(&None) {
                break;
            }
        }
        items
    }

    #[test]
    fn items_are_read_as_appendix_a_of_the_rfc_has_them() {
        let one = |octets| items(octets)[0];
        assert_eq!(one(&[0x17]), Some(Item::Number(23)));
        assert_eq!(one(&[0x18, 0x18]), Some(Item::Number(24)));
        assert_eq!(one(&[0x19, 0x03, 0xe8]), Some(Item::Number(1_000)));
        assert_eq!(one(&[0x39, 0x01, 0x00]), Some(Item::Number(-257)));
        assert_eq!(
            one(&[0x1b, 0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0]),
            Some(Item::Number(1_000_000_000_000))
        );
        assert_eq!(one(&[0x44, 1, 2, 3, 4]), Some(Item::Octets(&[1, 2, 3, 4])));
        assert_eq!(one(&[0x64, b'I', b'E', b'T', b'F']), Some(Item::Text("IETF")));
        assert_eq!(one(&[0xa2, 1, 2, 3, 4]), Some(Item::Map(2)));
        assert_eq!(one(&[0xf5]), Some(Item::Other));
        assert_eq!(one(&[0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a]), Some(Item::Other));
    }

    #[test]
    fn what_is_endless_cut_off_tagged_or_no_text_is_not_read() {
        let wrong: [&[u8]; 9] = [
            &[0x5f, 0x41, 0, 0xff],
            &[0x9f, 0xff],
            &[0x44, 1, 2, 3],
            &[0x19, 1],
            &[0xc0, 0x60],
            &[0x62, 0xc3, 0x28],
            &[0x1c],
            &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ];
        for octets in wrong {
            assert_eq!(items(octets)[0], None, "{octets:?}");
        }
        assert_eq!(Reader::new(&[]).item(), None);
    }

    #[test]
    fn passing_over_an_item_passes_over_all_that_is_in_it_and_ends() {
        let mut reader = Reader::new(&[0xa1, 0x01, 0x82, 0x40, 0x80, 0x07]);
        assert_eq!(reader.skip(), Some(()));
        assert_eq!(reader.item(), Some(Item::Number(7)));
        assert!(reader.is_done());
        let endless = [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(Reader::new(&endless).skip(), None);
        assert_eq!(Reader::new(&[0x81; 7]).skip(), None);
        assert_eq!(Reader::new(&[0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 0x81, 1]).skip(), Some(()));
        assert_eq!(Reader::new(&[0x81; 100_000]).skip(), None);
    }
}
