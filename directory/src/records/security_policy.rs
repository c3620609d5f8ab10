//! A policy for devices, and its versions.

use serde::{Deserialize, Serialize};
use storage::{Entries, Id, Kind, Record};
use uuid::Uuid;

use super::{SecuritySettings, Stamp, indices, kinds};
use crate::id::{GroupId, RecordId, SecurityPolicyId};
use crate::text::prepare;
use crate::time::Time;

/// A security policy's record, with the settings of its newest version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityPolicy {
    /// The stable external id.
    pub uuid: Uuid,
    /// When made and changed.
    pub stamp: Stamp,
    /// What admins write.
    pub fields: SecurityPolicyFields,
    /// The number of its newest version, the only one that counts.
    pub version: u32,
}

/// What admins write of a security policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityPolicyFields {
    /// The policy's name; unique in the organization.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Of two policies that say something of the same setting the one with the lower number
    /// counts; of equal ones the one whose name comes first.
    pub precedence: u32,
    /// The groups whose devices it is for, by way of nested groups as well.
    pub groups: Vec<GroupId>,
    /// What it demands.
    pub settings: SecuritySettings,
}

impl Record for SecurityPolicy {
    const KIND: Kind = kinds::SECURITY_POLICY;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::SECURITY_POLICY_UUID, self.uuid.as_bytes());
        entries.add(indices::SECURITY_POLICY_NAME, prepare(&self.fields.name).as_bytes());
        for group in &self.fields.groups {
            entries.add(indices::SECURITY_POLICY_GROUP, &group.record().to_be_bytes());
        }
    }
}

/// What a policy demanded from one change to the next. It is never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityPolicyVersion {
    /// The stable external id.
    pub uuid: Uuid,
    /// The policy.
    pub policy: SecurityPolicyId,
    /// Its number in the policy, from 1 on.
    pub number: u32,
    /// What it demands.
    pub settings: SecuritySettings,
    /// Who made it, as they were called then.
    pub author: String,
    /// When.
    pub at: Time,
    /// Why, in the author's words.
    pub comment: Option<String>,
    /// The version whose settings were taken up again.
    pub restored: Option<u32>,
}

impl Record for SecurityPolicyVersion {
    const KIND: Kind = kinds::SECURITY_POLICY_VERSION;
    const VERSION: u8 = 1;

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::SECURITY_VERSION_UUID, self.uuid.as_bytes());
        let key = version_key(self.policy.record(), self.number);
        entries.add(indices::SECURITY_VERSION_OF, &key);
    }
}

/// Where a version of a policy stands in the index, in the order of numbers.
pub(crate) fn version_key(policy: Id, number: u32) -> Vec<u8> {
    [&policy.to_be_bytes()[..], &number.to_be_bytes()].concat()
}
