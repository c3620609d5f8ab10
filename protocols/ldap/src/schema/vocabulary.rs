//! Which definitions are served to whom.

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
}

impl From<Vocabulary> for Served {
    fn from(vocabulary: Vocabulary) -> Self {
        Self { vocabulary, groups_unasked: false }
    }
}

/// Whether a definition is served in a vocabulary; one that names none is served in all.
pub(super) fn serves(only: &[Vocabulary], vocabulary: Vocabulary) -> bool {
    only.is_empty() || only.contains(&vocabulary)
}
