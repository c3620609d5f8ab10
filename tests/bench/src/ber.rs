//! As much of BER as an LDAP client needs, in definite lengths.

/// A tag with its content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes();
    match length {
        [0, 0, 0, short @ 0..=0x7f] => out.push(short),
        [0, 0, 0, low] => out.extend([0x81, low]),
        [0, 0, high, low] => out.extend([0x82, high, low]),
        [0, rest @ ..] => out.extend([&[0x83], &rest[..]].concat()),
        all => out.extend([&[0x84], &all[..]].concat()),
    }
    out.extend(content);
    out
}

/// A constructed element of several others.
pub(crate) fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// An OCTET STRING.
pub(crate) fn text(value: &str) -> Vec<u8> {
    element(0x04, value.as_bytes())
}

/// An INTEGER that is not negative.
pub(crate) fn integer(value: u32) -> Vec<u8> {
    let octets = value.to_be_bytes();
    let leading = octets.iter().take(3).take_while(|o| **o == 0).count();
    let significant = octets.get(leading..).unwrap_or_default();
    match significant.first() {
        Some(0x80..) => element(0x02, &[&[0], significant].concat()),
        Some(_) | None => element(0x02, significant),
    }
}

/// Splits the first element off: tag, content and what follows.
///
/// `None` when `input` does not hold it whole.
pub(crate) fn split(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = input.split_first_chunk::<2>()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x80..=0xff => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (number(octets)?, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The unsigned number in big-endian octets.
pub(crate) fn number(octets: &[u8]) -> Option<usize> {
    octets
        .iter()
        .try_fold(0_usize, |sum, octet| sum.checked_mul(256)?.checked_add(usize::from(*octet)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_splits_into_what_it_was_made_of() {
        for size in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; size];
            let mut encoded = element(0x04, &content);
            encoded.push(9);
            assert_eq!(split(&encoded), Some((0x04, content.as_slice(), &[9][..])));
            assert_eq!(split(encoded.get(..encoded.len() - 2).unwrap()), None);
        }
    }

    #[test]
    fn integers_stay_positive() {
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(127), [2, 1, 127]);
        assert_eq!(integer(128), [2, 2, 0, 128]);
        assert_eq!(integer(500), [2, 2, 1, 244]);
    }
}
