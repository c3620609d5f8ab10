//! Ids as types: a user's id cannot be handed to something that wants a group's.

use std::fmt;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use storage::{Id, Partition};

/// An organization's small internal id, the first part of every key of its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrganizationId(NonZeroU32);

impl OrganizationId {
    /// The id that no organization ever has: ids count up from one.
    pub(crate) const NONE: Self = Self(NonZeroU32::MAX);

    pub(crate) fn partition(self) -> Partition {
        Partition::Organization(self.0)
    }

    /// The number behind the id, for keys of caches and pools.
    pub fn number(self) -> u32 {
        self.0.get()
    }
}

/// Whose something is: the provider's own or an organization's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Place {
    /// The provider's own (its admins, the list of organizations).
    Provider,
    /// One organization's.
    Organization(OrganizationId),
}

impl Place {
    pub(crate) fn partition(self) -> Partition {
        match self {
            Self::Provider => Partition::Provider,
            Self::Organization(organization) => organization.partition(),
        }
    }

    /// The organization, when it is one.
    pub fn organization(self) -> Option<OrganizationId> {
        match self {
            Self::Provider => None,
            Self::Organization(organization) => Some(organization),
        }
    }
}

impl From<OrganizationId> for Place {
    fn from(organization: OrganizationId) -> Self {
        Self::Organization(organization)
    }
}

/// An admin's id: where the admin belongs, and the number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AdminId {
    /// Whose admin it is.
    pub home: Place,
    /// Which of the admins there.
    pub number: AdminNumber,
}

/// An API key's or a session's id: where its admin belongs, and the number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenId {
    pub(crate) home: Place,
    pub(crate) number: TokenNumber,
}

/// What every record id inside an organization can do.
pub trait RecordId: Copy + Eq + fmt::Debug {
    /// Wraps a record number; `None` when no record of this type can have it.
    fn from_record(id: Id) -> Option<Self>;
    /// Unwraps the record number.
    fn record(self) -> Id;
}

/// An admin's number where the admin belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AdminNumber(Id);

/// An API key's or a session's number where its admin belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenNumber(Id);

/// A user's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserId(Id);

/// A group's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId(Id);

/// A service account's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServiceAccountId(Id);

/// A RADIUS client's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RadiusClientId(Id);

/// A reply profile's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReplyProfileId(Id);

/// A device's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceId(Id);

/// A security policy's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SecurityPolicyId(Id);

/// A password policy's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PasswordPolicyId(Id);

/// A custom attribute's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CustomAttributeId(Id);

/// A certificate authority's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CertificateAuthorityId(Id);

/// A destination's id at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventDestinationId(Id);

impl RecordId for EventDestinationId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

/// A dead letter's id at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeadLetterId(Id);

impl RecordId for DeadLetterId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

/// A plan's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlanId(Id);

impl RecordId for PlanId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

/// An issued certificate's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IssuedCertificateId(Id);

impl RecordId for IssuedCertificateId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

/// The number of somebody's time on the network inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(Id);

impl RecordId for SessionId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

/// An import's id inside its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ImportId(Id);

impl RecordId for ImportId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for UserId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for GroupId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for ServiceAccountId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for RadiusClientId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for ReplyProfileId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for DeviceId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for SecurityPolicyId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for PasswordPolicyId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for CustomAttributeId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for CertificateAuthorityId {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for AdminNumber {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for TokenNumber {
    fn from_record(id: Id) -> Option<Self> {
        Some(Self(id))
    }
    fn record(self) -> Id {
        self.0
    }
}

impl RecordId for OrganizationId {
    fn from_record(id: Id) -> Option<Self> {
        u32::try_from(id).ok().and_then(NonZeroU32::new).map(Self)
    }
    fn record(self) -> Id {
        Id::from(self.0.get())
    }
}
