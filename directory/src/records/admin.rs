//! Who works through the admin API.

use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};
use uuid::Uuid;

use super::{Stamp, indices, kinds};
use crate::access::Role;
use crate::id::OrganizationId;
use crate::text::prepare;

/// An admin's record, kept where the admin belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admin {
    /// The stable external id.
    pub uuid: Uuid,
    /// Whether the admin may sign in.
    pub state: AdminState,
    /// When made and changed.
    pub stamp: Stamp,
    /// What other admins write.
    pub fields: AdminFields,
}

/// Whether an admin may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminState {
    /// May sign in.
    Active,
    /// May not; open sessions and API keys are refused as well.
    Suspended,
}

/// What other admins write of an admin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminFields {
    /// The name the admin signs in with; unique where the admin belongs.
    pub login: String,
    /// The full name.
    pub display_name: String,
    /// What the admin may do.
    pub role: Role,
    /// Where; an organization's own admin always has that organization.
    pub scope: AdminScope,
    /// Whether the admin's API keys are let in.
    pub api_access: bool,
}

/// Over which organizations a provider admin's role counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AdminScope {
    /// None: what a new admin starts with.
    #[default]
    None,
    /// These.
    Organizations(Vec<OrganizationId>),
    /// All, those to come included.
    All,
}

impl AdminScope {
    /// Whether `organization` lies in the scope.
    pub fn covers(&self, organization: OrganizationId) -> bool {
        match self {
            Self::None => false,
            Self::Organizations(list) => list.contains(&organization),
            Self::All => true,
        }
    }
}

impl Record for Admin {
    const KIND: Kind = kinds::ADMIN;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::ADMIN_UUID, self.uuid.as_bytes());
        entries.add(indices::ADMIN_LOGIN, prepare(&self.fields.login).as_bytes());
    }
}
