//! Just enough BER to write what no client would send, and to read what comes back.

/// An element: tag, length in the shortest form, content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        out.push(short);
    } else {
        let octets = length.to_be_bytes();
        let octets: Vec<u8> = octets.into_iter().skip_while(|octet| *octet == 0).collect();
        out.push(0x80 | u8::try_from(octets.len()).unwrap());
        out.extend(octets);
    }
    out.extend(content);
    out
}

/// An element with a length of four octets, as Windows writes them.
pub(crate) fn long_element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84][..], &length[..], content].concat()
}

/// A constructed element.
pub(crate) fn constructed<const N: usize>(tag: u8, parts: [Vec<u8>; N]) -> Vec<u8> {
    element(tag, &parts.into_iter().flatten().collect::<Vec<u8>>())
}

/// A SEQUENCE.
pub(crate) fn sequence<const N: usize>(parts: [Vec<u8>; N]) -> Vec<u8> {
    constructed(0x30, parts)
}

/// An OCTET STRING.
pub(crate) fn octets(content: impl AsRef<[u8]>) -> Vec<u8> {
    element(0x04, content.as_ref())
}

/// An INTEGER or ENUMERATED, by its tag.
pub(crate) fn number(tag: u8, value: i64) -> Vec<u8> {
    let all = value.to_be_bytes();
    let redundant = |pair: &[u8]| matches!(pair, [0x00, 0x00..=0x7f] | [0xff, 0x80..=0xff]);
    let skip = all.windows(2).take_while(|pair| redundant(pair)).count();
    element(tag, &all[skip..])
}

/// A BOOLEAN.
pub(crate) fn boolean(value: bool) -> Vec<u8> {
    element(0x01, &[if value { 0xff } else { 0 }])
}

/// The first element: its tag, its content, and what follows; none while it is not all there.
pub(crate) fn split(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The number in the content of an INTEGER or ENUMERATED.
pub(crate) fn read_number(content: &[u8]) -> i64 {
    let negative = content.first().is_some_and(|octet| *octet >= 0x80);
    let start = if negative { -1 } else { 0 };
    content.iter().fold(start, |value, octet| value << 8 | i64::from(*octet))
}

#[test]
fn numbers_and_lengths_have_their_shortest_form() {
    assert_eq!(number(2, 0), [2, 1, 0]);
    assert_eq!(number(2, 127), [2, 1, 127]);
    assert_eq!(number(2, 128), [2, 2, 0, 128]);
    assert_eq!(number(2, -1), [2, 1, 255]);
    assert_eq!(element(4, &[0; 200])[..3], [4, 0x81, 200]);
    assert_eq!(read_number(&[0, 128]), 128);
    assert_eq!(read_number(&[255]), -1);
}
