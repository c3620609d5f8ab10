//! Filters out of BER.

use bytes::Bytes;

use super::{Assertion, Extensible, Filter, Substrings};
use crate::ber::{Malformed, Reader};
use crate::{Description, Text};

/// Reads a filter. The message was checked: its depth bounds the recursion, its number of elements
/// the memory.
pub(crate) fn filter(message: &Bytes, reader: &mut Reader<'_>) -> Result<Filter, Malformed> {
    let (tag, content) = reader.any()?;
    let mut inner = Reader::new(content);
    match tag {
        0xa0 => filters(message, inner).map(Filter::And),
        0xa1 => filters(message, inner).map(Filter::Or),
        0xa2 => {
            let filter = filter(message, &mut inner)?;
            if inner.is_empty() { Ok(Filter::Not(Box::new(filter))) } else { Err(Malformed) }
        }
        0xa3 => assertion(message, inner).map(Filter::Equality),
        0xa4 => substrings(message, inner).map(|parts| Filter::Substrings(Box::new(parts))),
        0xa5 => assertion(message, inner).map(Filter::GreaterOrEqual),
        0xa6 => assertion(message, inner).map(Filter::LessOrEqual),
        0x87 => Ok(Filter::Present(Description::new(message.slice_ref(content)))),
        0xa8 => assertion(message, inner).map(Filter::Approx),
        0xa9 => extensible(message, inner).map(|matching| Filter::Extensible(Box::new(matching))),
        // The choice may be extended; a tag of no context is no choice of it.
        tag if tag & CLASS == CONTEXT => Ok(Filter::Unknown),
        _ => Err(Malformed),
    }
}

/// The bits of a tag that tell its class, and those of a class that its context gives a meaning.
const CLASS: u8 = 0xc0;
const CONTEXT: u8 = 0x80;

fn filters(message: &Bytes, mut reader: Reader<'_>) -> Result<Vec<Filter>, Malformed> {
    let mut filters = Vec::new();
    while !reader.is_empty() {
        filters.push(filter(message, &mut reader)?);
    }
    Ok(filters)
}

/// An AttributeValueAssertion (RFC 4511 section 4.1.6).
pub(crate) fn assertion(message: &Bytes, mut reader: Reader<'_>) -> Result<Assertion, Malformed> {
    let attribute = Description::new(message.slice_ref(reader.octets()?));
    let value = message.slice_ref(reader.octets()?);
    Ok(Assertion { attribute, value })
}

fn substrings(message: &Bytes, mut reader: Reader<'_>) -> Result<Substrings, Malformed> {
    let attribute = Description::new(message.slice_ref(reader.octets()?));
    let mut parts = Reader::new(reader.expect(crate::ber::SEQUENCE)?);
    let mut substrings = Substrings { attribute, initial: None, any: Vec::new(), last: None };
    let mut first = true;
    while !parts.is_empty() {
        let (tag, content) = parts.any()?;
        // Empty parts and parts behind the last one are not allowed (RFC 4511 section 4.5.1.7.2).
        if content.is_empty() || substrings.last.is_some() {
            return Err(Malformed);
        }
        let value = message.slice_ref(content);
        match tag {
            0x80 if first => substrings.initial = Some(value),
            0x81 => substrings.any.push(value),
            0x82 => substrings.last = Some(value),
            _ => return Err(Malformed),
        }
        first = false;
    }
    if first { Err(Malformed) } else { Ok(substrings) }
}

fn extensible(message: &Bytes, mut reader: Reader<'_>) -> Result<Extensible, Malformed> {
    let rule = match reader.optional(0x81)? {
        Some(content) => Some(Text::new(message.slice_ref(content)).ok_or(Malformed)?),
        None => None,
    };
    let attribute =
        reader.optional(0x82)?.map(|content| Description::new(message.slice_ref(content)));
    let value = message.slice_ref(reader.expect(0x83)?);
    let dn_attributes = match reader.optional(0x84)? {
        Some(content) => crate::ber::boolean(content)?,
        None => false,
    };
    if rule.is_none() && attribute.is_none() {
        return Err(Malformed);
    }
    Ok(Extensible { rule, attribute, value, dn_attributes })
}
