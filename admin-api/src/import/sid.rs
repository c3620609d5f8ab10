//! Security identifiers of Active Directory (MS-DTYP 2.4.2), by which users name their primary group.

use std::fmt::Write;

/// Reads an identifier, as octets or as text such as `S-1-5-21-1-2-3-513`; none where it is none.
pub(super) fn parse(value: &[u8]) -> Option<String> {
    if value.starts_with(b"S-1-") {
        return String::from_utf8(value.to_vec()).ok();
    }
    let (head, parts) = value.split_first_chunk::<8>()?;
    let [1, count, authority @ ..] = head else { return None };
    if parts.len() != usize::from(*count) * size_of::<u32>() {
        return None;
    }
    let authority = authority.iter().fold(0_u64, |all, octet| all << 8 | u64::from(*octet));
    let mut text = format!("S-1-{authority}");
    for part in parts.chunks_exact(size_of::<u32>()) {
        let part = u32::from_le_bytes(part.try_into().ok()?);
        // Writing into a string does not fail.
        let _written = write!(text, "-{part}");
    }
    Some(text)
}

/// The identifier of another one's domain with this number at its end.
pub(super) fn beside(sid: &str, number: u32) -> Option<String> {
    let (domain, _) = sid.rsplit_once('-')?;
    Some(format!("{domain}-{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_in_both_spellings() {
        let octets = b"\x01\x05\0\0\0\0\0\x05\x15\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x01\x02\0\0";
        let text = "S-1-5-21-1-2-3-513";
        assert_eq!(parse(octets).as_deref(), Some(text));
        assert_eq!(parse(text.as_bytes()).as_deref(), Some(text));
        assert_eq!(beside(text, 1_104).as_deref(), Some("S-1-5-21-1-2-3-1104"));
        for wrong in [&octets[..27], &octets[..4], b"\x02\0\0\0\0\0\0\x05", b""] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
