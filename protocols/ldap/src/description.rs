//! Attribute descriptions: a type and its options (RFC 4512 section 2.5).

use std::fmt;

use bytes::Bytes;

use crate::Text;
use crate::schema::{AttributeType, attribute};

/// An attribute as a client names it.
#[derive(Clone)]
pub struct Description {
    text: Text,
    kind: Option<&'static AttributeType>,
}

impl Description {
    /// Reads a description. What is not UTF-8 has no name and names nothing.
    #[must_use]
    pub fn new(octets: Bytes) -> Self {
        let text = Text::new(octets).unwrap_or_default();
        let kind = attribute(split(&text).0);
        Self { text, kind }
    }

    /// The type that the schema knows, whatever the options say.
    #[must_use]
    pub const fn kind(&self) -> Option<&'static AttributeType> {
        self.kind
    }

    /// The type that values are matched and returned by: `None` for an unknown type, and for one
    /// with an option that is not recognized, which makes the whole description so (RFC 4512 section
    /// 2.5). `;binary` says how a value travels, and is recognized where values can travel so (RFC
    /// 4522 section 3).
    #[must_use]
    pub fn plain(&self) -> Option<&'static AttributeType> {
        self.kind.filter(|kind| {
            let binary = kind.syntax.travels_binary();
            self.options().all(|option| binary && option.eq_ignore_ascii_case("binary"))
        })
    }

    /// The name or OID as written, without options.
    #[must_use]
    pub fn name(&self) -> &str {
        split(&self.text).0
    }

    /// The options as written.
    pub fn options(&self) -> impl Iterator<Item = &str> {
        split(&self.text).1.into_iter().flat_map(|options| options.split(';'))
    }

    /// The part of the values that the one option asks for, as domain controllers take it: from this
    /// value on, counted from 0, to that one, or to the last (`range=0-1499`, `range=1500-*`). No RFC
    /// knows such options.
    #[must_use]
    pub fn range(&self) -> Option<(usize, Option<usize>)> {
        let mut options = self.options();
        let (option, None) = (options.next()?, options.next()) else { return None };
        let (name, range) = option.split_once('=')?;
        let (first, last) = range.split_once('-').filter(|_| name.eq_ignore_ascii_case("range"))?;
        let first = place(first)?;
        match last {
            "*" => Some((first, None)),
            last => place(last).filter(|last| *last >= first).map(|last| (first, Some(last))),
        }
    }

    /// All of it as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Does it follow the syntax of attribute descriptions?
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        is_type(self.name()) && self.options().all(is_keychars)
    }
}

impl fmt::Debug for Description {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, formatter)
    }
}

impl From<&str> for Description {
    fn from(text: &str) -> Self {
        Self::new(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl PartialEq for Description {
    fn eq(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl Eq for Description {}

fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(';') {
        Some((name, options)) => (name, Some(options)),
        None => (text, None),
    }
}

/// The place of a value.
fn place(digits: &str) -> Option<usize> {
    let plain = digits.len() <= 9 && digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// A descriptor or a number with dots (RFC 4512 section 1.4).
pub(crate) fn is_type(name: &str) -> bool {
    match name.bytes().next() {
        Some(first) if first.is_ascii_alphabetic() => is_keychars(name),
        Some(_) => is_oid(name),
        None => false,
    }
}

/// Whether a name is numbers with dots between (RFC 4512 section 1.4).
#[must_use]
pub fn is_oid(name: &str) -> bool {
    let mut numbers = 0_usize;
    name.split('.').all(|number| {
        numbers += 1;
        !number.is_empty()
            && number.bytes().all(|digit| digit.is_ascii_digit())
            && (number == "0" || !number.starts_with('0'))
    }) && numbers > 1
}

fn is_keychars(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_the_one_option_that_says_from_where_to_where() {
        let range = |text: &str| Description::from(text).range();
        assert_eq!(range("member;range=0-*"), Some((0, None)));
        assert_eq!(range("MEMBER;Range=1500-2999"), Some((1500, Some(2999))));
        assert_eq!(range("2.5.4.31;range=7-7"), Some((7, Some(7))));
        for text in [
            "member",
            "member;range",
            "member;range=0",
            "member;range=0-",
            "member;range=-*",
            "member;range=*-*",
            "member;range=5-4",
            "member;range=+1-2",
            "member;range=0-1000000000",
            "member;rang=0-*",
            "member;binary;range=0-*",
            "member;range=0-*;binary",
        ] {
            assert_eq!(range(text), None, "{text}");
        }
        assert_eq!(Description::from("member;range=0-*").plain(), None);
    }
}
