//! API keys and sessions: bearer tokens of an admin, stored hashed.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use storage::{Entries, Kind, Record};
use uuid::Uuid;

use super::{indices, kinds};
use crate::access::Role;
use crate::id::{AdminNumber, OrganizationId, RecordId};
use crate::time::Time;

/// A token's record, kept where its admin belongs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The stable external id.
    pub uuid: Uuid,
    /// The admin that it belongs to.
    pub admin: AdminNumber,
    /// What it is for.
    pub purpose: TokenPurpose,
    /// SHA-256 of the token's secret part, which has 190 random bits.
    pub hash: [u8; 32],
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created: Time,
    /// When it ends.
    pub expires: Time,
    /// What it may do less than its admin.
    pub narrowing: Narrowing,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenPurpose {
    /// Scripts; needs the admin's API access.
    ApiKey,
    /// A person who signed in with password and TOTP.
    Session,
    /// A person whose password was right and who has still to enrol TOTP; good for that alone.
    Enrolment,
}

/// What a token may do less than its admin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrowing {
    /// A lower role.
    pub role: Option<Role>,
    /// Only these organizations.
    pub organizations: Option<Vec<OrganizationId>>,
    /// Only from these networks.
    pub sources: Option<Vec<IpNet>>,
}

impl Record for Token {
    const KIND: Kind = kinds::TOKEN;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::TOKEN_UUID, self.uuid.as_bytes());
        entries.add(indices::TOKEN_ADMIN, &self.admin.record().to_be_bytes());
    }
}
