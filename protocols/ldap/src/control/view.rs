//! Views of long lists (draft-ietf-ldapext-ldapv3-vlv-09).

use bytes::Bytes;

use crate::ber::{self, ENUMERATED, INTEGER, Malformed, Reader, SEQUENCE};
use crate::response::ControlWriter;
use crate::{EntryWriter, ResultCode};

/// The part of a sorted list that a client wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListView {
    /// Entries wanted in front of the target.
    pub before: u32,
    /// Entries wanted behind it.
    pub after: u32,
    /// The entry that the view is about.
    pub target: Target,
    /// No other entries are wanted.
    pub critical: bool,
    /// It comes with what some server gave its client to keep, which none of ours does.
    pub context: bool,
}

/// What a view is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An entry by its place.
    Offset {
        /// The place, from 1 on.
        offset: u32,
        /// How long the client believes the list to be; 0 when it does not know.
        count: u32,
    },
    /// The first entry whose first sort key is this or comes after it.
    Value(Bytes),
}

/// Where a view stands in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewResult {
    /// The target's place, from 1 on; one more than the list is long when nothing is behind it.
    pub position: u32,
    /// How long the list is.
    pub count: u32,
    /// Whether the view could be given.
    pub code: ResultCode,
}

impl ListView {
    /// Reads the control's value.
    pub(crate) fn read(value: &[u8], critical: bool) -> Result<Self, Malformed> {
        let mut outer = Reader::new(value);
        let mut reader = Reader::new(outer.expect(SEQUENCE)?);
        let (before, after) = (reader.number(INTEGER)?, reader.number(INTEGER)?);
        let target = Target::read(&mut reader)?;
        // An empty one says as much as none.
        let context = reader.optional(ber::OCTET_STRING)?.unwrap_or_default();
        let view = Self { before, after, target, critical, context: !context.is_empty() };
        if outer.is_empty() { Ok(view) } else { Err(Malformed) }
    }
}

impl Target {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        const OFFSET: u8 = 0xa0;
        const VALUE: u8 = 0x81;
        match reader.any()? {
            (OFFSET, content) => {
                let mut reader = Reader::new(content);
                let (offset, count) = (reader.number(INTEGER)?, reader.number(INTEGER)?);
                Ok(Self::Offset { offset, count })
            }
            (VALUE, content) => Ok(Self::Value(Bytes::copy_from_slice(content))),
            _ => Err(Malformed),
        }
    }
}

impl ViewResult {
    /// The view could not be given.
    #[must_use]
    pub const fn refused(code: ResultCode) -> Self {
        Self { position: 0, count: 0, code }
    }

    /// Writes the control.
    pub(crate) fn put(self, beside: &mut ControlWriter<'_>) {
        beside.put(super::LIST_VIEW_RESULT, |output| {
            let value = ber::open(output, SEQUENCE);
            ber::put(output, INTEGER, ber::integer(self.position).as_slice());
            ber::put(output, INTEGER, ber::integer(self.count).as_slice());
            ber::put(output, ENUMERATED, ber::integer(self.code.number().into()).as_slice());
            ber::close(output, value);
        });
    }
}

impl EntryWriter<'_> {
    /// Keeps what is to be said of the view when the search ends.
    pub fn viewed(&mut self, result: ViewResult) {
        self.search.tail().view = Some(result);
    }
}
