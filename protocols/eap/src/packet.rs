//! EAP packets ([RFC 3748, section 4](https://www.rfc-editor.org/rfc/rfc3748#section-4)).

use thiserror::Error;

const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
const SUCCESS: u8 = 3;

/// Octets before the type.
const HEADER: usize = 4;

/// Why octets are no response; all of it is the peer's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Malformed {
    /// The octets end before the type.
    #[error("shorter than a response")]
    TooShort,
    /// The Length field counts more octets than there are, or fewer than a response has.
    #[error("the length field is wrong")]
    Length,
    /// A peer sends responses only.
    #[error("a packet of code {0} where a response must be")]
    Code(u8),
}

/// What a request asks for, and a response answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind(pub u8);

impl Kind {
    /// Who the peer says it is; nobody believes it.
    pub const IDENTITY: Self = Self(1);
    /// A text to show.
    pub const NOTIFICATION: Self = Self(2);
    /// The peer wants another method.
    pub const NAK: Self = Self(3);
    /// MD5-Challenge.
    pub const MD5: Self = Self(4);
    /// EAP-TLS.
    pub const TLS: Self = Self(13);
    /// EAP-TTLS.
    pub const TTLS: Self = Self(21);
    /// PEAP.
    pub const PEAP: Self = Self(25);
    /// EAP-MSCHAPv2.
    pub const MS_CHAP_V2: Self = Self(26);
    /// The extensions with which PEAP tells how the inner method ended.
    pub const EXTENSIONS: Self = Self(33);
    /// Types with a vendor's number.
    pub const EXPANDED: Self = Self(254);
}

/// A peer's response, borrowed from its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// The identifier of the request that it answers.
    pub identifier: u8,
    /// What it is.
    pub kind: Kind,
    /// What the type is about.
    pub data: &'a [u8],
}

impl<'a> Response<'a> {
    /// Reads a response; octets behind its length are padding of a lower layer and are ignored
    /// ([RFC 3748, section 4.1](https://www.rfc-editor.org/rfc/rfc3748#section-4.1)).
    ///
    /// # Errors
    /// When the octets are something else.
    pub fn read(octets: &'a [u8]) -> Result<Self, Malformed> {
        let [code, identifier, high, low, ..] = octets else {
            return Err(Malformed::TooShort);
        };
        if *code != RESPONSE {
            return Err(Malformed::Code(*code));
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let body = octets.get(HEADER..length).ok_or(Malformed::Length)?;
        let (kind, data) = body.split_first().ok_or(Malformed::TooShort)?;
        Ok(Self { identifier: *identifier, kind: Kind(*kind), data })
    }

    /// Reads a response to the request with an identifier as PEAP version 0 carries it inside: without
    /// its header, which some peers send all the same. Nothing is none.
    pub(crate) fn read_inside(octets: &'a [u8], identifier: u8) -> Option<Self> {
        if let Ok(response) = Self::read(octets)
            && response.data.len() + HEADER + 1 == octets.len()
        {
            return Some(response);
        }
        let (kind, data) = octets.split_first()?;
        Some(Self { identifier, kind: Kind(*kind), data })
    }
}

/// Writes a request.
pub(crate) fn request(identifier: u8, kind: Kind, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().fold(HEADER + 1, |sum, part| sum + part.len());
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let mut packet = Vec::with_capacity(length);
    packet.extend([REQUEST, identifier, high, low, kind.0]);
    for part in parts {
        packet.extend(*part);
    }
    packet
}

/// Writes the packet that tells the peer of success, with the identifier of its last response.
pub(crate) const fn success(identifier: u8) -> [u8; 4] {
    [SUCCESS, identifier, 0, 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3748_4_1_a_response_has_identifier_type_and_data() {
        let read = Response::read(&[2, 7, 0, 8, 1, b'a', b'd', b'a']);
        assert_eq!(read, Ok(Response { identifier: 7, kind: Kind::IDENTITY, data: b"ada" }));
        assert_eq!(Response::read(&[2, 0, 0, 5, 13]).map(|read| read.data), Ok(&[][..]));
    }

    #[test]
    fn rfc3748_4_1_octets_behind_the_length_are_padding() {
        let read = Response::read(&[2, 7, 0, 6, 3, 21, 0, 0, 0]);
        assert_eq!(read.map(|read| read.data), Ok(&[21][..]));
    }

    #[test]
    fn rfc3748_4_a_wrong_length_is_found_without_reading_beyond() {
        assert_eq!(Response::read(&[]), Err(Malformed::TooShort));
        assert_eq!(Response::read(&[2, 0, 0]), Err(Malformed::TooShort));
        assert_eq!(Response::read(&[2, 0, 0, 4]), Err(Malformed::TooShort));
        assert_eq!(Response::read(&[2, 0, 0, 4, 1]), Err(Malformed::TooShort));
        assert_eq!(Response::read(&[2, 0, 0, 3, 1]), Err(Malformed::Length));
        assert_eq!(Response::read(&[2, 0, 0, 0, 1]), Err(Malformed::Length));
        assert_eq!(Response::read(&[2, 0, 0, 7, 1, b'a']), Err(Malformed::Length));
        assert_eq!(Response::read(&[2, 0, 0xff, 0xff, 1, b'a']), Err(Malformed::Length));
    }

    #[test]
    fn rfc3748_2_a_peer_sends_no_request_success_or_failure() {
        for code in [0, 1, 3, 4, 5, 255] {
            assert_eq!(Response::read(&[code, 0, 0, 5, 1]), Err(Malformed::Code(code)));
        }
    }

    #[test]
    fn requests_and_success_are_written_as_rfc3748_shows_them() {
        assert_eq!(request(9, Kind::TTLS, &[&[0x20]]), [1, 9, 0, 6, 21, 0x20]);
        assert_eq!(request(9, Kind::MS_CHAP_V2, &[b"a", b"bc"]), b"\x01\x09\x00\x08\x1aabc");
        assert_eq!(success(1), [3, 1, 0, 4]);
    }
}
