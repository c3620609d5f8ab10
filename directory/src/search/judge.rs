//! Whether an entry matches, with three-valued logic (RFC 4511 section 4.5.1.7).

use super::attribute::{Attribute, Kind, Rule};
use super::entry::Fact;
use super::filter::{Comparison, Filter, Value};
use crate::collections::Member;
use crate::error::Error;
use crate::id::GroupId;
use crate::records::IssuedCertificate;
use crate::text::prepare_lines;

/// The truth of a statement about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It is so.
    True,
    /// It is not so.
    False,
    /// What is asked about is not known.
    Undefined,
}

/// What is known about an entry.
pub trait Facts {
    /// The entry's kind.
    fn kind(&self) -> Kind;
    /// Shows every value of an attribute to `visit`.
    fn visit(&self, attribute: Attribute, visit: &mut dyn FnMut(Fact<'_>));
    /// The groups that the entry is in, by way of nested groups as well, in the order of ids.
    ///
    /// # Errors
    /// When the store fails.
    fn member_of(&self) -> Result<Vec<GroupId>, Error>;
    /// Whether the entry is in a group, by way of nested groups as well.
    ///
    /// # Errors
    /// When the store fails.
    fn is_in(&self, group: GroupId) -> Result<bool, Error> {
        Ok(self.member_of()?.contains(&group))
    }
    /// Whether the entry is a group with this member, by way of nested groups as well.
    ///
    /// # Errors
    /// When the store fails.
    fn has_member(&self, member: Member) -> Result<bool, Error>;
    /// Whether the entry is a group with any member.
    ///
    /// # Errors
    /// When the store fails.
    fn has_some_member(&self) -> Result<bool, Error>;
    /// Whether the entry is a group with any user, by way of nested groups as well.
    ///
    /// # Errors
    /// When the store fails.
    fn has_some_user(&self) -> Result<bool, Error>;
    /// Whether the entry is a group with a user whose login fits, by way of nested groups as well.
    ///
    /// # Errors
    /// When the store fails.
    fn has_user_called(&self, _fits: &mut dyn FnMut(&str) -> bool) -> Result<bool, Error> {
        Ok(false)
    }
    /// Whether the entry has a certificate that the organization's own authorities issued, that
    /// counts, and that fits.
    ///
    /// # Errors
    /// When the store fails.
    fn has_certificate(
        &self,
        _fits: &mut dyn FnMut(&IssuedCertificate) -> bool,
    ) -> Result<bool, Error> {
        Ok(false)
    }
}

impl Filter {
    /// Judges an entry in full.
    ///
    /// # Errors
    /// When the store fails while memberships are looked up.
    pub fn judge(&self, entry: &dyn Facts) -> Result<Truth, Error> {
        match self {
            Self::And(parts) => all(parts, entry),
            Self::Or(parts) => any(parts, entry),
            Self::Not(inner) => Ok(inner.judge(entry)?.negated()),
            Self::Kind(kinds) => Ok(kinds.contains(entry.kind()).into()),
            Self::Test(attribute, comparison) => Ok(test(entry, *attribute, comparison).into()),
            Self::Cased(attribute, case, comparison) => {
                let fits = |text: &str| text_compares(&case.prepare(text), comparison);
                Ok(some_text(entry, *attribute, &fits).into())
            }
            Self::Lines(attribute, comparison) => {
                let fits = |text: &str| text_compares(&prepare_lines(text), comparison);
                Ok(some_text(entry, *attribute, &fits).into())
            }
            Self::MemberOf(group) => Ok(entry.is_in(*group)?.into()),
            Self::MemberOfSome => Ok((!entry.member_of()?.is_empty()).into()),
            Self::HasMember(member) => Ok(entry.has_member(*member)?.into()),
            Self::HasSomeMember => Ok(entry.has_some_member()?.into()),
            Self::HasSomeUser => Ok(entry.has_some_user()?.into()),
            Self::HasUserCalled(case, comparison) => {
                let mut fits = |login: &str| text_compares(&case.prepare(login), comparison);
                Ok(entry.has_user_called(&mut fits)?.into())
            }
            Self::HasCertificate => Ok(entry.has_certificate(&mut |_| true)?.into()),
            Self::HasIssued(serial, by) => {
                let mut fits = |issued: &IssuedCertificate| {
                    issued.serial == *serial && by.contains(&issued.authority)
                };
                Ok(entry.has_certificate(&mut fits)?.into())
            }
            Self::HasThisCertificate(octets) => {
                let mut fits = |issued: &IssuedCertificate| issued.certificate == *octets;
                Ok(entry.has_certificate(&mut fits)?.into())
            }
            Self::Undefined => Ok(Truth::Undefined),
        }
    }
}

impl Truth {
    fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Undefined => Self::Undefined,
        }
    }
}

impl From<bool> for Truth {
    fn from(is_so: bool) -> Self {
        if is_so { Self::True } else { Self::False }
    }
}

fn all(parts: &[Filter], entry: &dyn Facts) -> Result<Truth, Error> {
    let mut truth = Truth::True;
    for part in parts {
        match part.judge(entry)? {
            Truth::False => return Ok(Truth::False),
            Truth::Undefined => truth = Truth::Undefined,
            Truth::True => {}
        }
    }
    Ok(truth)
}

fn any(parts: &[Filter], entry: &dyn Facts) -> Result<Truth, Error> {
    let mut truth = Truth::False;
    for part in parts {
        match part.judge(entry)? {
            Truth::True => return Ok(Truth::True),
            Truth::Undefined => truth = Truth::Undefined,
            Truth::False => {}
        }
    }
    Ok(truth)
}

fn test(entry: &dyn Facts, attribute: Attribute, comparison: &Comparison) -> bool {
    let mut matched = false;
    let rule = attribute.rule();
    entry.visit(attribute, &mut |fact| matched = matched || compares(rule, fact, comparison));
    matched
}

/// Whether a text of an attribute fits.
fn some_text(entry: &dyn Facts, attribute: Attribute, fits: &dyn Fn(&str) -> bool) -> bool {
    let mut matched = false;
    entry.visit(attribute, &mut |fact| {
        if let Fact::Text(text) = fact {
            matched = matched || fits(text);
        }
    });
    matched
}

fn compares(rule: Rule, fact: Fact<'_>, comparison: &Comparison) -> bool {
    if *comparison == Comparison::Present {
        return true;
    }
    match fact {
        Fact::Text(text) if rule == Rule::Octets => octets_compare(text.as_bytes(), comparison),
        Fact::Text(text) => text_compares(&rule.prepare(text), comparison),
        Fact::Number(number) => value_compares(&Value::Number(number), comparison),
        Fact::Id(id) => value_compares(&Value::Id(id), comparison),
        Fact::Signed(number) => value_compares(&Value::Signed(number), comparison),
        Fact::Boolean(truth) => value_compares(&Value::Boolean(truth), comparison),
        Fact::Octets(octets) => octets_compare(octets, comparison),
        Fact::Entry(entry) => value_compares(&Value::Entry(entry), comparison),
    }
}

fn octets_compare(octets: &[u8], comparison: &Comparison) -> bool {
    match comparison {
        Comparison::Equal(Value::Octets(wanted)) => octets == wanted,
        Comparison::AtLeast(Value::Octets(wanted)) => octets >= wanted.as_slice(),
        Comparison::AtMost(Value::Octets(wanted)) => octets <= wanted.as_slice(),
        Comparison::Below(Value::Octets(wanted)) => octets < wanted.as_slice(),
        Comparison::Present => true,
        Comparison::Equal(_)
        | Comparison::AtLeast(_)
        | Comparison::AtMost(_)
        | Comparison::Below(_)
        | Comparison::AllBits(_)
        | Comparison::AnyBit(_)
        | Comparison::OneOf(_)
        | Comparison::Pieces(_) => false,
    }
}

fn text_compares(text: &str, comparison: &Comparison) -> bool {
    match comparison {
        Comparison::Equal(Value::Text(wanted)) => text == wanted,
        Comparison::AtLeast(Value::Text(wanted)) => text >= wanted.as_str(),
        Comparison::AtMost(Value::Text(wanted)) => text <= wanted.as_str(),
        Comparison::Below(Value::Text(wanted)) => text < wanted.as_str(),
        Comparison::Pieces(pieces) => pieces.are_in(text),
        Comparison::Present => true,
        Comparison::Equal(_)
        | Comparison::AtLeast(_)
        | Comparison::AtMost(_)
        | Comparison::Below(_)
        | Comparison::AllBits(_)
        | Comparison::AnyBit(_)
        | Comparison::OneOf(_) => false,
    }
}

fn value_compares(value: &Value, comparison: &Comparison) -> bool {
    match comparison {
        Comparison::Equal(wanted) => value == wanted,
        Comparison::AtLeast(wanted) => value >= wanted,
        Comparison::AtMost(wanted) => value <= wanted,
        Comparison::Below(wanted) => value < wanted,
        Comparison::AllBits(bits) => bits_of(value).is_some_and(|number| number & bits == *bits),
        Comparison::AnyBit(bits) => bits_of(value).is_some_and(|number| number & bits != 0),
        Comparison::OneOf(entries) => {
            matches!(value, Value::Entry(entry) if entries.contains(*entry))
        }
        Comparison::Present => true,
        Comparison::Pieces(_) => false,
    }
}

/// The bits of a number, a negative one's in two's complement.
const fn bits_of(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Signed(number) => Some(number.cast_unsigned()),
        Value::Text(_) | Value::Id(_) | Value::Boolean(_) | Value::Octets(_) | Value::Entry(_) => {
            None
        }
    }
}
