//! What an application binds with.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use storage::{Corrupt, Entries, Kind, Record};
use uuid::Uuid;

use super::{Demand, Profile, Stamp, indices, kinds};
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
    /// The kind of application that it is for.
    pub profile: Profile,
    /// What is demanded, beside the password, of users that bind on a connection on which this
    /// account has bound before, or from its networks; the organization's demand when absent. Counts
    /// where the organization lets service accounts decide; where several do, the most demanding one.
    pub second_factor: Option<Demand>,
    /// The networks from which the application binds users on connections of their own.
    pub sources: Vec<IpNet>,
}

/// Which of the organization's entries a service account sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// All of them.
    #[default]
    Everything,
    /// These groups, the groups nested in them, and all their members.
    Groups(Vec<GroupId>),
}

impl Record for ServiceAccount {
    const KIND: Kind = kinds::SERVICE_ACCOUNT;
    const VERSION: u8 = 3;

    fn upgrade(version: u8, body: &[u8]) -> Result<Self, Corrupt> {
        match version {
            1 => storage::decode::<Version1>(body).map(Self::from),
            2 => storage::decode::<Version2>(body).map(Self::from),
            other => Err(Corrupt::version(Self::KIND, other)),
        }
    }

    fn called(&self) -> Option<&str> {
        Some(&self.fields.name)
    }

    fn known_as(&self) -> Option<[u8; 16]> {
        Some(*self.uuid.as_bytes())
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(indices::SERVICE_ACCOUNT_UUID, self.uuid.as_bytes());
        entries.add(indices::SERVICE_ACCOUNT_NAME, prepare(&self.fields.name).as_bytes());
        if !self.fields.sources.is_empty() {
            entries.add(indices::SERVICE_ACCOUNT_SOURCES, b"");
        }
    }
}

/// The record as version 1 wrote it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct Version1 {
    uuid: Uuid,
    stamp: Stamp,
    name: String,
    description: Option<String>,
    visibility: Visibility,
    suspended: bool,
}

impl From<Version1> for ServiceAccount {
    fn from(old: Version1) -> Self {
        let Version1 { uuid, stamp, name, description, visibility, suspended } = old;
        let rest = ServiceAccountFields::default();
        let fields = ServiceAccountFields { name, description, visibility, suspended, ..rest };
        Self { uuid, stamp, fields }
    }
}

/// The record as version 2 wrote it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct Version2 {
    uuid: Uuid,
    stamp: Stamp,
    name: String,
    description: Option<String>,
    visibility: Visibility,
    suspended: bool,
    profile: Profile,
    second_factor: Option<Demand>,
}

impl From<Version2> for ServiceAccount {
    fn from(old: Version2) -> Self {
        let fields = ServiceAccountFields {
            name: old.name,
            description: old.description,
            visibility: old.visibility,
            suspended: old.suspended,
            profile: old.profile,
            second_factor: old.second_factor,
            sources: Vec::new(),
        };
        Self { uuid: old.uuid, stamp: old.stamp, fields }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[test]
    fn what_version_1_knew_stays_and_the_rest_has_its_default() {
        let old = Version1 {
            uuid: Uuid::from_u128(7),
            stamp: Stamp::new(Time(1)),
            name: "nextcloud".into(),
            description: Some("files".into()),
            visibility: Visibility::Everything,
            suspended: true,
        };
        let read = ServiceAccount::upgrade(1, &storage::encode(&old).unwrap()).unwrap();
        let expected = ServiceAccountFields {
            name: "nextcloud".into(),
            description: Some("files".into()),
            suspended: true,
            ..ServiceAccountFields::default()
        };
        assert_eq!((read.uuid, read.stamp), (old.uuid, old.stamp));
        assert_eq!(read.fields, expected);
        assert!(ServiceAccount::upgrade(0, &[]).is_err());
    }

    #[test]
    fn what_version_2_knew_stays_and_the_rest_has_its_default() {
        let old = Version2 {
            uuid: Uuid::from_u128(7),
            stamp: Stamp::new(Time(1)),
            name: "nextcloud".into(),
            description: None,
            visibility: Visibility::Everything,
            suspended: false,
            profile: Profile::Nextcloud,
            second_factor: Some(Demand::Required),
        };
        let read = ServiceAccount::upgrade(2, &storage::encode(&old).unwrap()).unwrap();
        let expected = ServiceAccountFields {
            name: "nextcloud".into(),
            profile: Profile::Nextcloud,
            second_factor: Some(Demand::Required),
            ..ServiceAccountFields::default()
        };
        assert_eq!((read.uuid, read.stamp), (old.uuid, old.stamp));
        assert_eq!(read.fields, expected);
    }
}
