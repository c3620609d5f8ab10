//! An attribute of an organization's own, beside those that every organization has.

use serde::{Deserialize, Serialize};
use storage::{Entries, Id, Index, Kind, Record};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::search;

/// The definition of a custom attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomAttribute {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// Its number in records and indices; another's again only when nothing of this one is left.
    pub number: u16,
    /// What is still to be done to records that were written before.
    pub work: Work,
    /// What admins write.
    pub fields: CustomAttributeFields,
}

/// What admins write of a custom attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomAttributeFields {
    /// The name; unique in the organization, and no other attribute's.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// The form of its values.
    pub syntax: Syntax,
    /// Whether an entry may have several values.
    pub multiple: bool,
    /// Whether an index serves filters on it.
    pub indexed: bool,
}

/// The form of a custom attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Syntax {
    /// Text that compares without case.
    Text,
    /// Text that compares with case.
    ExactText,
    /// A whole number of 64 bits.
    Integer,
    /// Yes or no.
    Boolean,
    /// A time, to the millisecond.
    Time,
    /// Octets.
    Octets,
    /// A telephone number: text without case, spaces and hyphens.
    Telephone,
    /// The two letters of a country.
    Country,
    /// A user or a group of the organization.
    Reference,
}

impl Syntax {
    /// Its word in the admin API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::ExactText => "exact_text",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::Octets => "octets",
            Self::Telephone => "telephone",
            Self::Country => "country",
            Self::Reference => "reference",
        }
    }
}

/// What is still to be done to records that were written before a definition changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// Nothing.
    Done,
    /// The index follows the definition in the users behind this one, and in all groups.
    Users(Id),
    /// The index follows the definition in the groups behind this one.
    Groups(Id),
}

impl CustomAttribute {
    /// Whether it was deleted and its values are not all gone yet. Then it shows nowhere.
    pub fn is_deleted(&self) -> bool {
        // A name is never empty; without one nobody finds it.
        self.fields.name.is_empty()
    }

    /// As filters name it.
    pub fn attribute(&self) -> search::Attribute {
        search::Attribute::Custom(search::Custom {
            number: self.number,
            syntax: self.fields.syntax,
            indexed: self.fields.indexed && self.work == Work::Done,
        })
    }
}

/// The index of a custom attribute's values in the entries of a kind; none for kinds without.
pub(crate) const fn custom_index(number: u16, kind: search::Kind) -> Option<Index> {
    let first = match kind {
        search::Kind::User => indices::CUSTOM_OF_USERS,
        search::Kind::Group => indices::CUSTOM_OF_GROUPS,
        search::Kind::ServiceAccount | search::Kind::Device | search::Kind::Container => {
            return None;
        }
    };
    match first.0.checked_add(number) {
        Some(index) if number < indices::CUSTOM_NUMBERS => Some(Index(index)),
        _ => None,
    }
}

impl Record for CustomAttribute {
    const KIND: Kind = kinds::CUSTOM_ATTRIBUTE;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        if !self.is_deleted() {
            entries.add(indices::CUSTOM_ATTRIBUTE_UUID, self.uuid.as_bytes());
            let name = self.fields.name.to_ascii_lowercase();
            entries.add(indices::CUSTOM_ATTRIBUTE_NAME, name.as_bytes());
        }
    }
}
