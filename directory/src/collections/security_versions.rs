//! The versions of a security policy, to be browsed.

use storage::{Id, Snapshot};

use super::browse::{Batch, Browse};
use super::security_policies::SecurityPolicies;
use crate::access::{Grant, View};
use crate::error::Error;
use crate::id::{RecordId, SecurityPolicyId};
use crate::records::SecurityPolicyVersion;

/// The place of a version among those of its policy, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionPlace(u32);

impl RecordId for VersionPlace {
    fn from_record(id: Id) -> Option<Self> {
        u32::try_from(id).ok().map(Self)
    }
    fn record(self) -> Id {
        Id::from(self.0)
    }
}

impl VersionPlace {
    fn of(number: u32) -> Self {
        Self(u32::MAX - number)
    }

    fn number(self) -> u32 {
        u32::MAX - self.0
    }
}

/// The versions of a security policy, the newest first.
pub struct VersionsOf<'g> {
    policies: SecurityPolicies<'g, &'g Snapshot>,
    policy: SecurityPolicyId,
}

impl<'t> Grant<'t, &'t Snapshot, View> {
    /// The versions of a security policy, to be browsed.
    pub fn versions_of(&self, policy: SecurityPolicyId) -> VersionsOf<'t> {
        VersionsOf { policies: self.security_policies(), policy }
    }
}

impl Browse for VersionsOf<'_> {
    type Id = VersionPlace;
    type Record = SecurityPolicyVersion;

    fn batch(
        &self,
        after: Option<VersionPlace>,
        limit: usize,
    ) -> Result<Batch<VersionPlace, SecurityPolicyVersion>, Error> {
        let page = self.policies.versions(self.policy, after.map(VersionPlace::number), limit)?;
        let place = |version: SecurityPolicyVersion| (VersionPlace::of(version.number), version);
        Ok((page.versions.into_iter().map(place).collect(), page.next.is_some()))
    }

    fn candidate(&self, _: VersionPlace) -> Result<Option<SecurityPolicyVersion>, Error> {
        // No index serves.
        Ok(None)
    }
}
