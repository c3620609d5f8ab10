//! Server-side sorting (RFC 2891).

use bytes::Bytes;

use crate::ber::{self, ENUMERATED, Malformed, Reader, SEQUENCE};
use crate::response::ControlWriter;
use crate::{Description, EntryWriter, ResultCode, Text};

/// The most keys that are kept, more than anybody sorts by.
const KEYS: usize = 16;

/// The order in which a client wants entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// What to sort by; a later key counts among entries that are equal by the earlier ones.
    pub keys: Vec<SortKey>,
    /// No entries are wanted in another order.
    pub critical: bool,
}

/// One attribute to sort by.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// The attribute.
    pub attribute: Description,
    /// The ordering rule, by name or OID; the attribute's own when absent.
    pub rule: Option<Text>,
    /// The greatest value first.
    pub reverse: bool,
}

/// How a sort came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortResult {
    /// The code.
    pub code: ResultCode,
    /// The attribute that could not be sorted by.
    pub attribute: Option<String>,
}

impl Sort {
    /// Reads the control's value.
    pub(crate) fn read(value: &[u8], critical: bool) -> Result<Self, Malformed> {
        let mut outer = Reader::new(value);
        let mut list = Reader::new(outer.expect(SEQUENCE)?);
        let mut keys = Vec::new();
        while !list.is_empty() {
            let key = SortKey::read(list.expect(SEQUENCE)?)?;
            if keys.len() < KEYS {
                keys.push(key);
            }
        }
        let fits = outer.is_empty() && !keys.is_empty();
        if fits { Ok(Self { keys, critical }) } else { Err(Malformed) }
    }
}

impl SortKey {
    fn read(octets: &[u8]) -> Result<Self, Malformed> {
        const RULE: u8 = 0x80;
        const REVERSE: u8 = 0x81;
        let mut reader = Reader::new(octets);
        let attribute = Description::new(Bytes::copy_from_slice(reader.octets()?));
        let rule = reader.optional(RULE)?.map(Bytes::copy_from_slice);
        let rule = rule.map(|rule| Text::new(rule).ok_or(Malformed)).transpose()?;
        let reverse = reader.optional(REVERSE)?.map(ber::boolean).transpose()?.unwrap_or(false);
        Ok(Self { attribute, rule, reverse })
    }
}

impl SortResult {
    /// The entries came in the order that was asked for.
    #[must_use]
    pub const fn sorted() -> Self {
        Self { code: ResultCode::Success, attribute: None }
    }

    /// They could not be sorted.
    #[must_use]
    pub const fn refused(code: ResultCode) -> Self {
        Self { code, attribute: None }
    }

    /// Writes the control.
    pub(crate) fn put(&self, beside: &mut ControlWriter<'_>) {
        const ATTRIBUTE: u8 = 0x80;
        beside.put(super::SORT_RESULT, |output| {
            let value = ber::open(output, SEQUENCE);
            ber::put(output, ENUMERATED, ber::integer(self.code.number().into()).as_slice());
            if let Some(attribute) = &self.attribute {
                ber::put(output, ATTRIBUTE, attribute.as_bytes());
            }
            ber::close(output, value);
        });
    }
}

impl EntryWriter<'_> {
    /// Keeps what is to be said of the order when the search ends.
    pub fn sorted(&mut self, result: SortResult) {
        self.search.tail().sort = Some(result);
    }
}
