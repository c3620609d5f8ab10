//! The frame of a packet: header and length.

use thiserror::Error;

/// Octets before the first attribute.
pub(crate) const HEADER: usize = 20;

/// Octets that a packet has at most ([RFC 2865, section 3]).
///
/// [RFC 2865, section 3]: https://www.rfc-editor.org/rfc/rfc2865#section-3
pub(crate) const LONGEST: usize = 4096;

/// Why octets are not a RADIUS packet; all of it is the sender's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Malformed {
    /// The datagram is shorter than a header.
    #[error("shorter than a header")]
    TooShort,
    /// The Length field is below 20, above 4096 or beyond the datagram.
    #[error("the length field is wrong")]
    Length,
    /// An attribute's length is below 2 or beyond the packet.
    #[error("an attribute's length is wrong")]
    AttributeLength,
    /// There are more attributes than the limit.
    #[error("too many attributes")]
    TooManyAttributes,
    /// There are two Message-Authenticators, or one that has not sixteen octets.
    #[error("the Message-Authenticator is repeated or has a wrong length")]
    MessageAuthenticator,
}

/// What a packet asks for or says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Code {
    AccessRequest = 1,
    AccessAccept = 2,
    AccessReject = 3,
    AccountingRequest = 4,
    AccountingResponse = 5,
    AccessChallenge = 11,
    StatusServer = 12,
    ProtocolError = 52,
}

impl Code {
    /// The number on the wire.
    pub(crate) const fn octet(self) -> u8 {
        self as u8
    }
}

/// A packet whose length is right; its attributes are not looked at yet.
#[derive(Clone, Copy)]
pub(crate) struct Packet<'a> {
    /// The whole packet without padding.
    pub(crate) octets: &'a [u8],
    pub(crate) code: u8,
    pub(crate) identifier: u8,
    pub(crate) authenticator: &'a [u8; 16],
    pub(crate) attributes: &'a [u8],
}

impl Packet<'_> {
    /// What RADIUS/1.1 tells requests apart by ([RFC 9765, section 4.2]); it lies where others
    /// have the beginning of their authenticator.
    ///
    /// [RFC 9765, section 4.2]: https://www.rfc-editor.org/rfc/rfc9765#section-4.2
    pub(crate) fn token(&self) -> u32 {
        self.authenticator.first_chunk().map_or(0, |token| u32::from_be_bytes(*token))
    }
}

impl<'a> Packet<'a> {
    /// Reads the header; octets beyond the Length field are padding and are ignored.
    pub(crate) fn read(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let (header, _) = datagram.split_first_chunk::<4>().ok_or(Malformed::TooShort)?;
        let [code, identifier, length @ ..] = *header;
        let length = usize::from(u16::from_be_bytes(length));
        if datagram.len() < HEADER {
            return Err(Malformed::TooShort);
        }
        if !(HEADER..=LONGEST).contains(&length) {
            return Err(Malformed::Length);
        }
        let octets = datagram.get(..length).ok_or(Malformed::Length)?;
        let (_, body) = octets.split_first_chunk::<4>().ok_or(Malformed::TooShort)?;
        let (authenticator, attributes) = body.split_first_chunk().ok_or(Malformed::TooShort)?;
        Ok(Self { octets, code, identifier, authenticator, attributes })
    }
}
