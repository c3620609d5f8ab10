//! Filters in the directory's words, with values normalized once.

use uuid::Uuid;

use super::attribute::{Attribute, Kind, Kinds, Rule};
use crate::collections::Member;
use crate::id::GroupId;
use crate::text::{prepare, prepare_exact, prepare_exact_piece, prepare_piece};

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
    /// In this group, by way of nested groups as well.
    MemberOf(GroupId),
    /// In some group.
    MemberOfSome,
    /// Has this member, by way of nested groups as well.
    HasMember(Member),
    /// Has some member.
    HasSomeMember,
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
    /// A value has these pieces, in this order, without overlap.
    Pieces {
        /// What it starts with.
        initial: Option<String>,
        /// What is inside.
        any: Vec<String>,
        /// What it ends with.
        last: Option<String>,
    },
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
        Self::compare(attribute, text, Comparison::Equal)
    }

    /// An attribute has this value or more.
    pub fn at_least(attribute: Attribute, text: &str) -> Self {
        Self::compare(attribute, text, Comparison::AtLeast)
    }

    /// An attribute has this value or less.
    pub fn at_most(attribute: Attribute, text: &str) -> Self {
        Self::compare(attribute, text, Comparison::AtMost)
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
        let prepare = match attribute.rule() {
            Rule::Text => prepare_piece,
            Rule::ExactText => prepare_exact_piece,
            Rule::Number | Rule::Id | Rule::Time => return Self::Undefined,
        };
        Self::Test(attribute, pieces_of(prepare, initial, any, last))
    }

    /// An attribute's text compares with another's by a rule of the caller's choice; undefined when
    /// its values are not text.
    pub fn cased(
        attribute: Attribute,
        case: Case,
        text: &str,
        comparison: impl FnOnce(Value) -> Comparison,
    ) -> Self {
        if !matches!(attribute.rule(), Rule::Text | Rule::ExactText) {
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
        if !matches!(attribute.rule(), Rule::Text | Rule::ExactText) {
            return Self::Undefined;
        }
        Self::Cased(attribute, case, pieces_of(case.piece(), initial, any, last))
    }

    /// An attribute's number has all (or else any) of these bits; undefined when its values are not
    /// numbers.
    pub fn bits(attribute: Attribute, bits: u64, all: bool) -> Self {
        match attribute.rule() {
            Rule::Number if all => Self::Test(attribute, Comparison::AllBits(bits)),
            Rule::Number => Self::Test(attribute, Comparison::AnyBit(bits)),
            Rule::Text | Rule::ExactText | Rule::Id | Rule::Time => Self::Undefined,
        }
    }

    /// Whether an entry of this kind could match, by what the filter says about kinds.
    pub fn may_match(&self, kind: Kind) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.may_match(kind)),
            Self::Or(parts) => parts.iter().any(|part| part.may_match(kind)),
            Self::Kind(kinds) => kinds.contains(kind),
            Self::Undefined => false,
            Self::Not(_)
            | Self::Test(..)
            | Self::Cased(..)
            | Self::MemberOf(_)
            | Self::MemberOfSome
            | Self::HasMember(_)
            | Self::HasSomeMember => true,
        }
    }

    /// How much judging an entry costs, in comparisons of an attribute.
    pub(crate) fn cost(&self) -> usize {
        /// A membership is looked up in the store.
        const MEMBERSHIP: usize = 16;
        match self {
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().map(Self::cost).fold(1, usize::saturating_add)
            }
            Self::Not(inner) => inner.cost(),
            Self::Kind(_) | Self::Test(..) | Self::Cased(..) | Self::Undefined => 1,
            Self::MemberOf(_) | Self::MemberOfSome | Self::HasMember(_) | Self::HasSomeMember => {
                MEMBERSHIP
            }
        }
    }

    fn compare(
        attribute: Attribute,
        text: &str,
        comparison: impl FnOnce(Value) -> Comparison,
    ) -> Self {
        match Value::of(attribute, text) {
            Some(value) => Self::Test(attribute, comparison(value)),
            None => Self::Undefined,
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

    const fn piece(self) -> fn(&str) -> String {
        match self {
            Self::Kept => prepare_exact_piece,
            Self::Folded => prepare_piece,
        }
    }
}

fn pieces_of(
    prepare: fn(&str) -> String,
    initial: Option<&str>,
    any: &[&str],
    last: Option<&str>,
) -> Comparison {
    Comparison::Pieces {
        initial: initial.map(|text| prepare(text).trim_start().to_owned()),
        any: any.iter().map(|text| prepare(text)).collect(),
        last: last.map(|text| prepare(text).trim_end().to_owned()),
    }
}

impl Value {
    /// Normalizes a text by the attribute's rule; `None` when it is no value of it.
    ///
    /// Numbers are decimal; times are decimal seconds since the epoch, as the caller's syntax was
    /// read.
    pub fn of(attribute: Attribute, text: &str) -> Option<Self> {
        match attribute.rule() {
            Rule::Text => Some(Self::Text(prepare(text))),
            Rule::ExactText => Some(Self::Text(prepare_exact(text))),
            Rule::Number | Rule::Time => text.trim().parse().ok().map(Self::Number),
            Rule::Id => Uuid::parse_str(text.trim()).ok().map(Self::Id),
        }
    }
}
