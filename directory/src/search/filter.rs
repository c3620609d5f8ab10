//! Filters in the directory's words, with values normalized once.

use std::sync::Arc;

use uuid::Uuid;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::attribute::{Attribute, Kind, Kinds, Rule};
use super::entry::EntryId;
use super::entry_set::EntrySet;
use super::pieces::Pieces;
use crate::collections::Member;
use crate::id::{CertificateAuthorityId, GroupId};
use crate::text::{is_prohibited, prepare, prepare_exact, prepare_lines};

/// What entries must be to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of these.
    And(Vec<Self>),
    /// Any of these.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// Of one of these kinds.
    Kind(Kinds),
    /// An attribute compares so.
    Test(Attribute, Comparison),
    /// An attribute's text compares so by another rule than its own.
    Cased(Attribute, Case, Comparison),
    /// An attribute's text compares as an address does: line by line.
    Lines(Attribute, Comparison),
    /// In this group, by way of nested groups as well.
    MemberOf(GroupId),
    /// In some group.
    MemberOfSome,
    /// Has this member, by way of nested groups as well.
    HasMember(Member),
    /// Has some member.
    HasSomeMember,
    /// Has some user, by way of nested groups as well.
    HasSomeUser,
    /// Has some user whose login compares so, by way of nested groups as well.
    HasUserCalled(Case, Comparison),
    /// Has a certificate that the organization's own authorities issued, and that counts.
    HasCertificate,
    /// Has the certificate of this number that one of these authorities issued, and that counts.
    HasIssued([u8; 16], Vec<CertificateAuthorityId>),
    /// Has the certificate of these octets, which an own authority issued, and that counts.
    HasThisCertificate(Vec<u8>),
    /// Neither true nor false: what is asked about is not known.
    Undefined,
}

/// Whether case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// It does.
    Kept,
    /// It does not.
    Folded,
}

/// How an attribute's values are to compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// There is a value.
    Present,
    /// A value is this.
    Equal(Value),
    /// A value is this or more.
    AtLeast(Value),
    /// A value is this or less.
    AtMost(Value),
    /// A value is less than this.
    Below(Value),
    /// A value has all these bits.
    AllBits(u64),
    /// A value has one of these bits.
    AnyBit(u64),
    /// A value is one of these entries.
    OneOf(Arc<EntrySet>),
    /// A value has these pieces, in this order, without overlap.
    Pieces(Box<Pieces>),
}

/// A normalized value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Prepared text.
    Text(String),
    /// A number, or a time in seconds.
    Number(u64),
    /// An id.
    Id(Uuid),
    /// A number that may be negative, or a time in milliseconds that may lie before 1970.
    Signed(i64),
    /// Yes or no.
    Boolean(bool),
    /// Octets.
    Octets(Vec<u8>),
    /// An entry.
    Entry(EntryId),
}

impl Filter {
    /// True of everything: the conjunction of nothing (RFC 4526).
    pub const fn always() -> Self {
        Self::And(Vec::new())
    }

    /// True of nothing: the disjunction of nothing (RFC 4526).
    pub const fn never() -> Self {
        Self::Or(Vec::new())
    }

    /// An attribute has this value; undefined when the text is no value of it.
    pub fn equal(attribute: Attribute, text: &str) -> Self {
        match Meant::by(attribute, text) {
            Meant::Value(value) => Self::Test(attribute, Comparison::Equal(value)),
            Meant::BelowAll | Meant::AboveAll => Self::never(),
            Meant::Nothing => Self::Undefined,
        }
    }

    /// An attribute whose values are octets compares with these; undefined for other attributes.
    pub fn octets(
        attribute: Attribute,
        octets: &[u8],
        comparison: impl FnOnce(Value) -> Comparison,
    ) -> Self {
        if attribute.rule() == Rule::Octets {
            return Self::Test(attribute, comparison(Value::Octets(octets.to_vec())));
        }
        Self::Undefined
    }

    /// An attribute whose values are references names this entry; undefined for other attributes.
    pub fn refers(attribute: Attribute, entry: EntryId) -> Self {
        if attribute.rule() == Rule::Reference {
            return Self::Test(attribute, Comparison::Equal(Value::Entry(entry)));
        }
        Self::Undefined
    }

    /// An attribute whose values are references names one of these entries; undefined for other
    /// attributes.
    pub fn refers_to_one_of(attribute: Attribute, entries: Arc<EntrySet>) -> Self {
        if attribute.rule() == Rule::Reference {
            return Self::Test(attribute, Comparison::OneOf(entries));
        }
        Self::Undefined
    }

    /// An attribute has this value or more.
    pub fn at_least(attribute: Attribute, text: &str) -> Self {
        match Meant::by(attribute, text) {
            Meant::Value(value) => Self::Test(attribute, Comparison::AtLeast(value)),
            Meant::BelowAll => Self::present(attribute),
            Meant::AboveAll => Self::never(),
            Meant::Nothing => Self::Undefined,
        }
    }

    /// An attribute has this value or less.
    pub fn at_most(attribute: Attribute, text: &str) -> Self {
        match Meant::by(attribute, text) {
            Meant::Value(value) => Self::Test(attribute, Comparison::AtMost(value)),
            Meant::BelowAll => Self::never(),
            Meant::AboveAll => Self::present(attribute),
            Meant::Nothing => Self::Undefined,
        }
    }

    /// An attribute has a value that is less.
    pub fn below(attribute: Attribute, text: &str) -> Self {
        match Meant::by(attribute, text) {
            Meant::Value(value) => Self::Test(attribute, Comparison::Below(value)),
            Meant::BelowAll => Self::never(),
            Meant::AboveAll => Self::present(attribute),
            Meant::Nothing => Self::Undefined,
        }
    }

    /// An attribute is there.
    pub const fn present(attribute: Attribute) -> Self {
        Self::Test(attribute, Comparison::Present)
    }

    /// An attribute has these pieces; undefined when its values are not text.
    pub fn pieces(
        attribute: Attribute,
        initial: Option<&str>,
        any: &[&str],
        last: Option<&str>,
    ) -> Self {
        Self::pieces_before(attribute, "", initial, any, last)
    }

    /// An attribute has these pieces once `behind` stands behind each of its values; undefined when
    /// they are not text.
    pub fn pieces_before(
        attribute: Attribute,
        behind: &str,
        initial: Option<&str>,
        any: &[&str],
        last: Option<&str>,
    ) -> Self {
        let rule = attribute.rule();
        let pieces = Pieces::of(rule, initial, any, last);
        pieces.map_or(Self::Undefined, |pieces| {
            Self::Test(attribute, Comparison::Pieces(pieces.before(rule, behind).into()))
        })
    }

    /// An attribute's text compares with another's by a rule of the caller's choice; undefined when
    /// its values are not text.
    pub fn cased(
        attribute: Attribute,
        case: Case,
        text: &str,
        comparison: impl FnOnce(Value) -> Comparison,
    ) -> Self {
        if !matches!(attribute.rule(), Rule::Text | Rule::ExactText) || is_prohibited(text) {
            return Self::Undefined;
        }
        Self::Cased(attribute, case, comparison(Value::Text(case.prepare(text))))
    }

    /// An attribute's text has these pieces by a rule of the caller's choice; undefined when its
    /// values are not text.
    pub fn cased_pieces(
        attribute: Attribute,
        case: Case,
        initial: Option<&str>,
        any: &[&str],
        last: Option<&str>,
    ) -> Self {
        Self::cased_pieces_before(attribute, case, "", initial, any, last)
    }

    /// An attribute has these pieces by a rule of the caller's choice once `behind` stands behind each
    /// of its values; undefined when they are not text.
    pub fn cased_pieces_before(
        attribute: Attribute,
        case: Case,
        behind: &str,
        initial: Option<&str>,
        any: &[&str],
        last: Option<&str>,
    ) -> Self {
        if !matches!(attribute.rule(), Rule::Text | Rule::ExactText) {
            return Self::Undefined;
        }
        let rule = case.rule();
        let pieces = Pieces::of(rule, initial, any, last);
        pieces.map_or(Self::Undefined, |pieces| {
            Self::Cased(attribute, case, Comparison::Pieces(pieces.before(rule, behind).into()))
        })
    }

    /// An attribute's text is an address of these lines; undefined when its values are not text.
    pub fn lines(attribute: Attribute, address: &str) -> Self {
        if attribute.rule() != Rule::Text || is_prohibited(address) {
            return Self::Undefined;
        }
        Self::Lines(attribute, Comparison::Equal(Value::Text(prepare_lines(address))))
    }

    /// An attribute's text is an address with these pieces, each within one line; undefined when its
    /// values are not text.
    pub fn pieces_of_lines(
        attribute: Attribute,
        initial: Option<&str>,
        any: &[&str],
        last: Option<&str>,
    ) -> Self {
        if attribute.rule() != Rule::Text {
            return Self::Undefined;
        }
        let pieces = Pieces::folded(initial, any, last);
        pieces.map_or(Self::Undefined, |pieces| {
            Self::Lines(attribute, Comparison::Pieces(pieces.into()))
        })
    }

    /// Has some user of whose login a test by a rule of the caller's choice is true; undefined for tests
    /// of anything else.
    pub fn has_user(login: Self) -> Self {
        if let Self::Cased(Attribute::Login, case, comparison) = login {
            return Self::HasUserCalled(case, comparison);
        }
        Self::Undefined
    }

    /// Has the certificate of a number that one of some authorities issued.
    pub fn issued(serial: u128, by: Vec<CertificateAuthorityId>) -> Self {
        if by.is_empty() { Self::never() } else { Self::HasIssued(serial.to_be_bytes(), by) }
    }

    /// Has the certificate of these octets; undefined when they are no certificate.
    pub fn this_certificate(der: &[u8]) -> Self {
        match X509Certificate::from_der(der) {
            Ok(([], _)) => Self::HasThisCertificate(der.to_vec()),
            Ok(_) | Err(_) => Self::Undefined,
        }
    }

    /// An attribute's number has all (or else any) of these bits; undefined when its values are not
    /// numbers.
    pub fn bits(attribute: Attribute, bits: u64, all: bool) -> Self {
        match attribute.rule() {
            Rule::Number | Rule::Signed if all => Self::Test(attribute, Comparison::AllBits(bits)),
            Rule::Number | Rule::Signed => Self::Test(attribute, Comparison::AnyBit(bits)),
            Rule::Text
            | Rule::ExactText
            | Rule::Telephone
            | Rule::Id
            | Rule::Time
            | Rule::Boolean
            | Rule::Octets
            | Rule::Reference => Self::Undefined,
        }
    }

    /// Whether an entry of this kind could match, by what the filter says about kinds.
    pub fn may_match(&self, kind: Kind) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.may_match(kind)),
            Self::Or(parts) => parts.iter().any(|part| part.may_match(kind)),
            Self::Kind(kinds) => kinds.contains(kind),
            Self::Undefined => false,
            Self::Test(attribute, _) | Self::Cased(attribute, ..) | Self::Lines(attribute, _) => {
                attribute.occurs_in(kind)
            }
            Self::MemberOf(_) | Self::MemberOfSome => matches!(kind, Kind::User | Kind::Group),
            Self::HasMember(_)
            | Self::HasSomeMember
            | Self::HasSomeUser
            | Self::HasUserCalled(..) => kind == Kind::Group,
            Self::HasCertificate | Self::HasIssued(..) | Self::HasThisCertificate(_) => {
                kind.has_certificates()
            }
            Self::Not(_) => true,
        }
    }

    /// How much judging an entry costs, in comparisons of an attribute.
    pub(crate) fn cost(&self) -> usize {
        /// A membership or a certificate is looked up in the store.
        const MEMBERSHIP: usize = 16;
        /// The names of all users of a group are.
        const NAMES: usize = 256;
        match self {
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().map(Self::cost).fold(1, usize::saturating_add)
            }
            Self::Not(inner) => inner.cost(),
            Self::Kind(_)
            | Self::Test(..)
            | Self::Cased(..)
            | Self::Lines(..)
            | Self::Undefined => 1,
            Self::MemberOf(_)
            | Self::MemberOfSome
            | Self::HasMember(_)
            | Self::HasSomeMember
            | Self::HasSomeUser
            | Self::HasCertificate
            | Self::HasIssued(..)
            | Self::HasThisCertificate(_) => MEMBERSHIP,
            Self::HasUserCalled(..) => NAMES,
        }
    }
}

/// What an asserted text means for an attribute.
enum Meant {
    /// This value.
    Value(Value),
    /// A number that is smaller than any value can be.
    BelowAll,
    /// A number that is greater than any value can be.
    AboveAll,
    /// It is no value of the attribute.
    Nothing,
}

impl Meant {
    fn by(attribute: Attribute, text: &str) -> Self {
        if let Some(value) = Value::of(attribute, text) {
            return Self::Value(value);
        }
        match attribute.rule() {
            Rule::Number | Rule::Time | Rule::Signed => match whole(text) {
                Some(negative) if negative => Self::BelowAll,
                Some(_) => Self::AboveAll,
                None => Self::Nothing,
            },
            Rule::Text
            | Rule::ExactText
            | Rule::Telephone
            | Rule::Id
            | Rule::Boolean
            | Rule::Octets
            | Rule::Reference => Self::Nothing,
        }
    }
}

impl Case {
    /// Prepares a value for comparison.
    pub(crate) fn prepare(self, text: &str) -> String {
        match self {
            Self::Kept => prepare_exact(text),
            Self::Folded => prepare(text),
        }
    }

    /// The rule of attributes whose text is compared so.
    const fn rule(self) -> Rule {
        match self {
            Self::Kept => Rule::ExactText,
            Self::Folded => Rule::Text,
        }
    }
}

/// Whether a text that is a whole number of any size (RFC 4517 section 3.3.16) is negative; `None`
/// when it is none.
pub(super) fn whole(text: &str) -> Option<bool> {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = match digits.as_bytes() {
        [b'0'] => digits == text,
        [b'1'..=b'9', ..] => digits.bytes().all(|digit| digit.is_ascii_digit()),
        _ => false,
    };
    plain.then_some(digits != text)
}

impl Value {
    /// Normalizes a text by the attribute's rule; `None` when it is no value of it.
    ///
    /// Numbers are decimal; times are decimal seconds since the epoch, as the caller's syntax was
    /// read.
    pub fn of(attribute: Attribute, text: &str) -> Option<Self> {
        match attribute.rule() {
            rule @ (Rule::Text | Rule::ExactText | Rule::Telephone) => {
                (!is_prohibited(text)).then(|| Self::Text(rule.prepare(text)))
            }
            Rule::Number | Rule::Time => number(text).map(Self::Number),
            Rule::Id => Uuid::parse_str(text.trim()).ok().map(Self::Id),
            Rule::Signed => number(text).map(Self::Signed),
            Rule::Boolean => match text {
                "TRUE" => Some(Self::Boolean(true)),
                "FALSE" => Some(Self::Boolean(false)),
                _ => None,
            },
            Rule::Octets => Some(Self::Octets(text.as_bytes().to_vec())),
            // No text names an entry by itself.
            Rule::Reference => None,
        }
    }
}

/// A whole number in its range.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    whole(text)?;
    text.trim().parse().ok()
}
