//! Attribute types.

use std::sync::LazyLock;

use super::names::Names;
use super::vocabulary::serves;
use super::{Matching, MatchingRule, RuleUse, Syntax, Vocabulary};

mod table;
use table::ATTRIBUTES;

/// Who an attribute is for (RFC 4512 section 4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Users; returned unless others are asked for.
    UserApplications,
    /// The directory; returned only on request.
    DirectoryOperation,
    /// This server; returned only on request.
    DsaOperation,
}

/// An attribute type.
#[derive(Clone, Copy, Debug)]
pub struct AttributeType {
    /// Its place in the table.
    index: u8,
    /// The name under which it is returned.
    pub name: &'static str,
    /// Its other names.
    pub aliases: &'static [&'static str],
    /// Its number.
    pub oid: &'static str,
    /// The name of the type that it is a subtype of.
    pub superior: Option<&'static str>,
    /// The vocabularies in which it is a subtype of none all the same.
    pub apart: &'static [Vocabulary],
    /// The form of its values.
    pub syntax: Syntax,
    /// How its values are compared.
    pub matching: Matching,
    /// What it cannot be compared by, of the rules that go with `matching`.
    pub without: &'static [RuleUse],
    /// It has one value at most.
    pub single_value: bool,
    /// Users cannot change it.
    pub no_user_modification: bool,
    /// Who it is for.
    pub usage: Usage,
    /// The vocabularies that it is in; all when it names none.
    pub only: &'static [Vocabulary],
    /// Entries have none of their own: it is left to organizations to have values of it.
    pub left: bool,
}

impl AttributeType {
    /// Its place in the table of all types.
    #[must_use]
    pub const fn index(&self) -> u8 {
        self.index
    }

    /// The rule for `=`.
    #[must_use]
    pub fn equality(&self) -> Option<&'static MatchingRule> {
        self.matching.equality()
    }

    /// The rule for `>=` and `<=`.
    #[must_use]
    pub fn ordering(&self) -> Option<&'static MatchingRule> {
        self.matching.ordering().filter(|rule| !self.without.contains(&rule.rule_use))
    }

    /// The rule for `*` inside a value.
    #[must_use]
    pub fn substrings(&self) -> Option<&'static MatchingRule> {
        self.matching.substrings().filter(|rule| !self.without.contains(&rule.rule_use))
    }

    /// Is it in this vocabulary?
    #[must_use]
    pub fn is_in(&self, vocabulary: Vocabulary) -> bool {
        serves(self.only, vocabulary)
    }

    /// The name of the type that it is a subtype of in this vocabulary.
    #[must_use]
    pub fn superior_in(&self, vocabulary: Vocabulary) -> Option<&'static str> {
        self.superior.filter(|_| !self.apart.contains(&vocabulary))
    }

    /// Is it returned only on request?
    #[must_use]
    pub const fn is_operational(&self) -> bool {
        !matches!(self.usage, Usage::UserApplications)
    }

    /// Is it `other`, or a subtype of it in some vocabulary (RFC 4512 section 2.5.1)?
    #[must_use]
    pub fn is_a(&self, other: &Self) -> bool {
        self.index == other.index
            || self.superior.and_then(attribute).is_some_and(|superior| superior.is_a(other))
    }

    /// Is it `other`, or a subtype of it in this vocabulary?
    #[must_use]
    pub fn is_a_in(&self, other: &Self, vocabulary: Vocabulary) -> bool {
        let above = || self.superior_in(vocabulary).and_then(attribute);
        self.index == other.index
            || above().is_some_and(|superior| superior.is_a_in(other, vocabulary))
    }

    /// It, and all its subtypes in some vocabulary.
    pub fn with_subtypes(&'static self) -> impl Iterator<Item = &'static Self> {
        ATTRIBUTES.iter().filter(|candidate| candidate.is_a(self))
    }
}

impl PartialEq for AttributeType {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl Eq for AttributeType {}

/// The attribute type of this name, alias or number, case ignored.
#[must_use]
pub fn attribute(name: &str) -> Option<&'static AttributeType> {
    static NAMES: LazyLock<Names> = LazyLock::new(|| {
        Names::new(ATTRIBUTES.iter().flat_map(|kind| {
            [kind.name, kind.oid]
                .into_iter()
                .chain(kind.aliases.iter().copied())
                .map(|name| (name, kind.index))
        }))
    });
    NAMES.find(name).and_then(|index| ATTRIBUTES.get(usize::from(index)))
}

/// All attribute types, in the order of their index.
#[must_use]
pub fn attributes() -> &'static [AttributeType] {
    &ATTRIBUTES
}
