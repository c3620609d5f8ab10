//! Which definitions are served to whom.

use super::{AttributeType, ObjectClass};
use crate::selection::Selection;

/// A set of definitions: what one kind of directory server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// RFC 4519 and its kin, with POSIX attributes beside groups of names.
    Rfc2307bis,
    /// The same, with groups that are POSIX groups and nothing else (RFC 2307).
    Rfc2307,
    /// What domain controllers have.
    ActiveDirectory,
    /// What JumpCloud has.
    Jumpcloud,
}

/// What the subschema says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// The definitions.
    pub vocabulary: Vocabulary,
    /// Whether the groups that an entry is in come with all its attributes: then they are an
    /// attribute for users, which every entry may have.
    pub groups_unasked: bool,
    /// The types that no entry has, nor a subtype of.
    pub hidden: &'static Selection,
    /// The object classes that entries have, superclasses included; all there are when it does not say.
    pub classes: Option<&'static [&'static str]>,
}

impl Served {
    /// Whether a type is printed: what entries have, what organizations may have them have, what such
    /// types are subtypes of, and passwords, which are written alone.
    pub(super) fn has(&self, kind: &'static AttributeType) -> bool {
        let is_had = || kind.left || kind.name == "userPassword" || !self.hidden.wants(kind);
        let is_above = || kind.with_subtypes().any(|below| below.left);
        kind.is_in(self.vocabulary) && (is_had() || is_above())
    }

    /// Whether a class is printed: what entries have, and subschemas.
    pub(super) fn has_class(&self, class: &ObjectClass) -> bool {
        let is_had =
            |had: &[&str]| had.contains(&class.name) || OF_SUBSCHEMAS.contains(&class.name);
        self.classes.is_none_or(is_had)
    }
}

/// The object classes of subschemas, but for `top`.
const OF_SUBSCHEMAS: [&str; 2] = ["subentry", "subschema"];

impl From<Vocabulary> for Served {
    fn from(vocabulary: Vocabulary) -> Self {
        Self { vocabulary, groups_unasked: false, hidden: &Selection::NONE, classes: None }
    }
}

/// Whether a definition is served in a vocabulary; one that names none is served in all.
pub(super) fn serves(only: &[Vocabulary], vocabulary: Vocabulary) -> bool {
    only.is_empty() || only.contains(&vocabulary)
}
