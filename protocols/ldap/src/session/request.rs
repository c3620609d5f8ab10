//! The bodies of requests.

use std::time::Duration;

use bytes::Bytes;

use super::sasl;
use crate::ber::{self, Malformed, Reader};
use crate::filter::decode;
use crate::{
    BindRequest, CompareRequest, Dereference, ExternalRequest, Outcome, Password, PlainRequest,
    ResultCode, Scope, SearchRequest,
};
use crate::{Limits, Requested, Selection, Text};

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The body is not what the protocol allows.
    Malformed,
    /// This part of the body is not what the protocol allows.
    Part(&'static str),
    /// A name is not UTF-8.
    Name,
    /// More attributes are requested than are allowed.
    TooManyAttributes,
    /// A SASL response does not follow its mechanism.
    Response,
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed => Self::new(ResultCode::ProtocolError, "the request is malformed"),
            Refusal::Part(part) => {
                Self::new(ResultCode::ProtocolError, format!("the request is malformed: {part}"))
            }
            Refusal::Response => {
                let words = "the response does not follow the mechanism";
                Self::new(ResultCode::InvalidCredentials, words)
            }
            Refusal::Name => Self::new(ResultCode::InvalidDnSyntax, "not a distinguished name"),
            Refusal::TooManyAttributes => {
                Self::new(ResultCode::AdminLimitExceeded, "too many attributes are requested")
            }
        }
    }
}

/// A Bind of any kind (RFC 4511 section 4.2).
pub(super) enum Bind {
    /// No name, no password.
    Anonymous,
    /// A name and a password.
    Simple(BindRequest),
    /// A name without a password, which would prove nothing (RFC 4513 section 5.1.2).
    Unauthenticated,
    /// A password without a name.
    Nameless,
    /// A protocol version other than 3.
    Version,
    /// SASL with a name and a password.
    Plain(PlainRequest),
    /// SASL by what TLS has proven.
    External(ExternalRequest),
    /// SASL whose client waits for a first challenge, which is empty.
    Unanswered,
    /// SASL by a mechanism that is not known.
    Mechanism,
    /// A choice that is not known.
    Method,
}

/// Reads a Bind.
pub(super) fn bind(body: &[u8]) -> Result<Bind, Refusal> {
    let mut reader = Reader::new(body);
    let version = reader.number(ber::INTEGER)?;
    let name = reader.octets()?;
    let (choice, password) = reader.any()?;
    if version != 3 {
        return Ok(Bind::Version);
    }
    match choice {
        0x80 => {}
        0xa3 => return sasl::bind(password),
        _ => return Ok(Bind::Method),
    }
    Ok(match (name.is_empty(), password.is_empty()) {
        (true, true) => Bind::Anonymous,
        (true, false) => Bind::Nameless,
        (false, true) => Bind::Unauthenticated,
        (false, false) => {
            let dn = Text::new(Bytes::copy_from_slice(name)).ok_or(Refusal::Name)?;
            Bind::Simple(BindRequest { dn, password: Password::new(password) })
        }
    })
}

/// Reads a search (RFC 4511 section 4.5.1), but for its page.
pub(super) fn search(
    message: &Bytes,
    body: &[u8],
    limits: &Limits,
    last: &mut LastSelection,
) -> Result<SearchRequest, Refusal> {
    let mut reader = Reader::new(body);
    let base = reader.octets()?;
    let scope = match reader.number(ber::ENUMERATED)? {
        0 => Scope::Base,
        1 => Scope::One,
        2 => Scope::Subtree,
        _ => return Err(Refusal::Part("there is no such scope")),
    };
    let dereference = match reader.number(ber::ENUMERATED)? {
        0 => Dereference::Never,
        1 => Dereference::Searching,
        2 => Dereference::Finding,
        3 => Dereference::Always,
        _ => return Err(Refusal::Part("aliases are not dereferenced so")),
    };
    let mut limit = |words| reader.number(ber::INTEGER).map_err(|Malformed| Refusal::Part(words));
    let size_limit = limit("the size limit is out of range")?;
    let time_limit = Duration::from_secs(limit("the time limit is out of range")?.into());
    let types_only = reader.boolean()?;
    let filter = decode::filter(message, &mut reader)?;
    let list = reader.expect(ber::SEQUENCE)?;
    let selection = selection(list, limits, last)?;
    let requested = Requested::new(message.slice_ref(list));
    let base = Text::new(message.slice_ref(base)).ok_or(Refusal::Name)?;
    Ok(SearchRequest {
        base,
        scope,
        dereference,
        size_limit,
        time_limit,
        types_only,
        filter,
        selection,
        requested,
        page: None,
        sort: None,
        view: None,
        sync: None,
    })
}

/// What the last search of a session selected: an application selects the same again and again.
pub(super) struct LastSelection {
    /// The list of names, as it came.
    list: Vec<u8>,
    selection: Selection,
}

impl LastSelection {
    /// A list with more octets is read anew each time.
    const LONGEST: usize = 1024;

    /// What an empty list selects.
    pub(super) fn new() -> Self {
        Self { list: Vec::new(), selection: Selection::user() }
    }
}

fn selection(list: &[u8], limits: &Limits, last: &mut LastSelection) -> Result<Selection, Refusal> {
    if last.list == list {
        return Ok(last.selection);
    }
    let selection = read_selection(list, limits)?;
    if list.len() <= LastSelection::LONGEST {
        *last = LastSelection { list: list.to_vec(), selection };
    }
    Ok(selection)
}

fn read_selection(list: &[u8], limits: &Limits) -> Result<Selection, Refusal> {
    let mut reader = Reader::new(list);
    let mut count = 0;
    while !reader.is_empty() {
        reader.octets()?;
        count += 1;
    }
    if count > limits.attributes {
        return Err(Refusal::TooManyAttributes);
    }
    let mut reader = Reader::new(list);
    let names = std::iter::from_fn(|| reader.octets().ok());
    Ok(Selection::new(names.map(|name| std::str::from_utf8(name).unwrap_or_default())))
}

/// Reads a Compare (RFC 4511 section 4.10).
pub(super) fn compare(message: &Bytes, body: &[u8]) -> Result<CompareRequest, Refusal> {
    let mut reader = Reader::new(body);
    let entry = reader.octets()?;
    let assertion = decode::assertion(message, Reader::new(reader.expect(ber::SEQUENCE)?))?;
    let entry = Text::new(message.slice_ref(entry)).ok_or(Refusal::Name)?;
    Ok(CompareRequest { entry, attribute: assertion.attribute, value: assertion.value })
}

/// Reads an Add, which is not made (RFC 4511 section 4.7).
pub(super) fn add(body: &[u8]) -> Result<(), Refusal> {
    let mut reader = Reader::new(body);
    let entry = reader.octets()?;
    let mut attributes = Reader::new(reader.expect(ber::SEQUENCE)?);
    while !attributes.is_empty() {
        let mut attribute = Reader::new(attributes.expect(ber::SEQUENCE)?);
        attribute.octets()?;
        let mut values = Reader::new(attribute.expect(ber::SET)?);
        // There is one at least.
        values.octets()?;
        while !values.is_empty() {
            values.octets()?;
        }
    }
    name(entry)
}

/// Reads a Delete, which is not made (RFC 4511 section 4.8).
pub(super) fn delete(body: &[u8]) -> Result<(), Refusal> {
    name(body)
}

/// Reads a Modify DN, which is not made (RFC 4511 section 4.9).
pub(super) fn modify_dn(body: &[u8]) -> Result<(), Refusal> {
    let mut reader = Reader::new(body);
    let entry = reader.octets()?;
    let new_rdn = reader.octets()?;
    reader.boolean()?;
    let new_superior = reader.optional(0x80)?;
    [Some(entry), Some(new_rdn), new_superior].into_iter().flatten().try_for_each(name)
}

fn name(octets: &[u8]) -> Result<(), Refusal> {
    std::str::from_utf8(octets).map(|_| ()).map_err(|_| Refusal::Name)
}

/// Reads an extended request: its name, and its value if it has one (RFC 4511 section 4.12).
pub(super) fn extended(body: &[u8]) -> Result<(&[u8], Option<&[u8]>), Refusal> {
    let mut reader = Reader::new(body);
    let name = reader.expect(0x80)?;
    let value = reader.optional(0x81)?;
    Ok((name, value))
}

/// Reads which operation a Cancel is about (RFC 3909 section 2.1).
pub(super) fn cancel(value: &[u8]) -> Result<u32, Refusal> {
    let mut outer = Reader::new(value);
    let mut reader = Reader::new(outer.expect(ber::SEQUENCE)?);
    let id = reader.number(ber::INTEGER)?;
    if outer.is_empty() { Ok(id) } else { Err(Refusal::Malformed) }
}
