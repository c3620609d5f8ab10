//! What an application binds with.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::id::GroupId;
use crate::text::prepare;

/// A service account's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccount {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: ServiceAccountFields,
}

/// What admins write of a service account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccountFields {
    /// The account's name; unique among the organization's service accounts.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Which entries the account sees.
    pub visibility: Visibility,
    /// Whether the account may not bind.
    pub suspended: bool,
}

/// Which of the organization's entries a service account sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visibility {
    /// All of them.
    #[default]
    Everything,
    /// These groups, the groups nested in them, and all their members.
    Groups(Vec<GroupId>),
}

impl Record for ServiceAccount {
    const KIND: Kind = kinds::SERVICE_ACCOUNT;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::SERVICE_ACCOUNT_UUID, self.uuid.as_bytes());
        entries.add(indices::SERVICE_ACCOUNT_NAME, prepare(&self.fields.name).as_bytes());
    }
}
