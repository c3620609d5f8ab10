//! The envelope of a message (RFC 4511 section 4.1.1).

use crate::ber::{INTEGER, Malformed, Reader, SEQUENCE};

/// A request operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Bind,
    Unbind,
    Search,
    Modify,
    Add,
    Delete,
    ModifyDn,
    Compare,
    Abandon,
    Extended,
}

impl Operation {
    fn new(tag: u8) -> Result<Self, Malformed> {
        match tag {
            0x60 => Ok(Self::Bind),
            0x42 => Ok(Self::Unbind),
            0x63 => Ok(Self::Search),
            0x66 => Ok(Self::Modify),
            0x68 => Ok(Self::Add),
            0x4a => Ok(Self::Delete),
            0x6c => Ok(Self::ModifyDn),
            0x6e => Ok(Self::Compare),
            0x50 => Ok(Self::Abandon),
            0x77 => Ok(Self::Extended),
            _ => Err(Malformed),
        }
    }

    /// The tag of its response, if it has one.
    pub(crate) const fn response(self) -> Option<u8> {
        match self {
            Self::Bind => Some(0x61),
            Self::Search => Some(0x65),
            Self::Modify => Some(0x67),
            Self::Add => Some(0x69),
            Self::Delete => Some(0x6b),
            Self::ModifyDn => Some(0x6d),
            Self::Compare => Some(0x6f),
            Self::Extended => Some(0x78),
            Self::Unbind | Self::Abandon => None,
        }
    }
}

/// A message before its operation is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope<'a> {
    /// From 1 to 2^31-1.
    pub(crate) id: u32,
    pub(crate) operation: Operation,
    pub(crate) body: &'a [u8],
    pub(crate) controls: Option<&'a [u8]>,
}

const CONTROLS: u8 = 0xa0;

impl<'a> Envelope<'a> {
    /// Reads the outermost elements; what is behind the controls is ignored, as the protocol may be
    /// extended.
    pub(crate) fn read(message: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Reader::new(message);
        let mut reader = Reader::new(outer.expect(SEQUENCE)?);
        let id = match reader.number(INTEGER)? {
            0 => return Err(Malformed),
            id => id,
        };
        let (tag, body) = reader.any()?;
        let operation = Operation::new(tag)?;
        let controls = reader.optional(CONTROLS)?;
        while !reader.is_empty() {
            reader.any()?;
        }
        Ok(Self { id, operation, body, controls })
    }
}
