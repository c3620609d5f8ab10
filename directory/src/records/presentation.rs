//! How an organization's entries are shown to applications.

use serde::{Deserialize, Serialize};

use super::Base;

/// How an organization's entries are shown to applications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presentation {
    /// How they look under the organization's own base.
    pub layout: Layout,
    /// Other bases under which the same entries stand.
    pub aliases: Vec<Alias>,
}

/// Another base under which an organization's entries stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The naming context.
    pub base: Base,
    /// How entries look there.
    pub layout: Layout,
}

/// How entries look: what they are called, which containers they stand in, what makes a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// People, groups and service accounts apart; groups name their members.
    #[default]
    Rfc2307bis,
    /// The same, and groups list their members' logins.
    Rfc2307,
    /// The same, and groups are sets of unique names.
    UniqueMember,
    /// As domain controllers show accounts.
    ActiveDirectory,
    /// People, groups and service accounts in one container.
    Jumpcloud,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Self; 5] = [
        Self::Rfc2307bis,
        Self::Rfc2307,
        Self::UniqueMember,
        Self::ActiveDirectory,
        Self::Jumpcloud,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rfc2307bis => "rfc2307bis",
            Self::Rfc2307 => "rfc2307",
            Self::UniqueMember => "unique_member",
            Self::ActiveDirectory => "active_directory",
            Self::Jumpcloud => "jumpcloud",
        }
    }

    /// Whether users and service accounts are named alike, so that no two may have one name.
    pub(crate) const fn names_alike(self) -> bool {
        matches!(self, Self::Jumpcloud)
    }
}

impl Presentation {
    /// Every base that is not the organization's own.
    pub fn bases(&self) -> impl Iterator<Item = &Base> {
        self.aliases.iter().map(|alias| &alias.base)
    }

    /// Whether users and service accounts are named alike under some base.
    pub(crate) fn names_alike(&self) -> bool {
        self.layout.names_alike() || self.aliases.iter().any(|alias| alias.layout.names_alike())
    }
}
