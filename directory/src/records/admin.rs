//! Who works through the admin API.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record, decode};
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
    /// May not; sessions and API keys have ended.
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
    /// The networks from which the admin works; anywhere when there are none.
    pub sources: Vec<IpNet>,
}

impl AdminFields {
    /// Whether the admin may work from there.
    pub fn works_from(&self, source: Option<IpAddr>) -> bool {
        self.sources.is_empty() || is_within(source, &self.sources)
    }
}

/// Whether an address lies in one of these networks.
pub(crate) fn is_within(source: Option<IpAddr>, networks: &[IpNet]) -> bool {
    let source = source.map(|source| source.to_canonical());
    source.is_some_and(|source| networks.iter().any(|network| network.contains(&source)))
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

    /// Whether `other` has all that this scope has; all organizations are more than any that are named.
    pub(crate) fn lies_within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, _) | (_, Self::All) => true,
            (Self::All, Self::None | Self::Organizations(_)) => false,
            (Self::Organizations(list), Self::None | Self::Organizations(_)) => {
                list.iter().all(|id| other.covers(*id))
            }
        }
    }
}

impl Record for Admin {
    const KIND: Kind = kinds::ADMIN;
    const VERSION: u8 = 2;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            // Networks stand at the end, and none are one zero octet.
            1 => decode(&[body, &[0]].concat()),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::ADMIN_UUID, self.uuid.as_bytes());
        entries.add(indices::ADMIN_LOGIN, prepare(&self.fields.login).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    /// What version 1 wrote.
    const VERSION_1: &[&[u8]] = &[
        &[16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
        &[0, 0x81, 0x01, 0x81, 0x01, 1],
        b"\x05grace\x05Grace",
        &[2, 1, 2, 1, 0xac, 0x02, 1],
    ];

    #[test]
    fn a_scope_lies_within_another_that_has_all_of_it() {
        let some = |numbers: &[u64]| {
            let ids = numbers.iter().map(|it| crate::id::RecordId::from_record(*it).unwrap());
            AdminScope::Organizations(ids.collect())
        };
        for (narrow, wide) in [
            (AdminScope::None, some(&[1])),
            (some(&[2]), some(&[1, 2])),
            (some(&[1, 2]), AdminScope::All),
        ] {
            assert!(narrow.lies_within(&wide) && narrow.lies_within(&narrow));
            assert!(!wide.lies_within(&narrow) && wide.lies_within(&wide));
        }
        assert!(some(&[]).lies_within(&AdminScope::None));
        assert!(!some(&[1, 3]).lies_within(&some(&[1, 2])));
    }

    #[test]
    fn an_admin_of_version_1_works_from_anywhere() {
        let organization = |number| crate::id::RecordId::from_record(number).unwrap();
        let fields = AdminFields {
            login: "grace".into(),
            display_name: "Grace".into(),
            role: Role::Manager,
            scope: AdminScope::Organizations(vec![organization(1), organization(300)]),
            api_access: true,
            sources: Vec::new(),
        };
        let (uuid, stamp) = (Uuid::from_u128(7), Stamp::new(Time(129)));
        let admin = Admin { uuid, state: AdminState::Active, stamp, fields };
        assert_eq!(Admin::upgrade(1, &VERSION_1.concat()).unwrap(), admin);
        assert!(Admin::upgrade(0, &VERSION_1.concat()).is_err());
        assert_eq!(storage::encode(&admin).unwrap(), [&VERSION_1.concat()[..], &[0]].concat());
    }
}
