//! A group of users and of other groups.

use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};
use uuid::Uuid;

use super::{CustomValues, Stamp, indices, kinds};
use crate::search;
use crate::text::prepare;

/// A group's record; memberships are relations, not part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed; a changed membership counts.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: GroupFields,
}

/// What admins write of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupFields {
    /// The group's name; unique in the organization.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// The POSIX group number; the directory chooses one when it is absent at creation.
    pub gid_number: Option<u32>,
    /// Values of the organization's own attributes.
    pub custom: CustomValues,
}

impl Group {
    /// The octets that the record takes in memory, about.
    pub(crate) fn size(&self) -> usize {
        let GroupFields { name, description, custom, .. } = &self.fields;
        let description = description.as_ref().map_or(0, String::len);
        size_of::<Self>() + name.len() + description + custom.size()
    }
}

impl Record for Group {
    const KIND: Kind = kinds::GROUP;
    const VERSION: u8 = 2;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Custom values stand at the end, and none are one zero octet.
            1 => decode(&[body, &[0]].concat()),
            _ => Err(Corrupt::version(Self::KIND, version)),
        }
    }

    fn called(&self) -> Option<&str> {
        Some(&self.fields.name)
    }

    fn known_as(&self) -> Option<[u8; 16]> {
        Some(*self.uuid.as_bytes())
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::GROUP_UUID, self.uuid.as_bytes());
        entries.add(indices::GROUP_MODIFIED, &self.stamp.modified.0.to_be_bytes());
        entries.add(indices::GROUP_NAME, prepare(&self.fields.name).as_bytes());
        self.fields.custom.index(search::Kind::Group, entries);
        if let Some(number) = self.fields.gid_number {
            entries.add(indices::GROUP_GID_NUMBER, &u64::from(number).to_be_bytes());
        }
    }
}
