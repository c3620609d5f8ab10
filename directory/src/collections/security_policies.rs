//! Security policies: what is demanded of devices, each change a version that stays.

use std::ops::Deref;

use storage::{Change, Id, Index, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use super::of_groups::{check_heading, check_there};
use super::told;
use crate::access::{Grant, ManageIdentities, View};
use crate::error::{Error, Invalid};
use crate::events::SubjectKind;
use crate::id::{RecordId, SecurityPolicyId};
use crate::limits;
use crate::records::{
    Group, SecurityPolicy, SecurityPolicyFields, SecurityPolicyVersion, Stamp, indices, version_key,
};

/// The security policies of the grant's organization.
pub type SecurityPolicies<'g, S> = Collection<'g, S, SecurityPolicy>;

/// The most policies of an organization.
const POLICIES: usize = 500;
/// The versions of a policy that are kept; the oldest gives way.
const VERSIONS: u32 = 500;

/// Some of a policy's versions.
#[derive(Debug)]
pub struct VersionPage {
    /// The versions, the newest first.
    pub versions: Vec<SecurityPolicyVersion>,
    /// Before which number the next page starts; absent on the last.
    pub next: Option<u32>,
}

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's security policies, to be read.
    pub fn security_policies(&self) -> SecurityPolicies<'t, &'s Snapshot> {
        Collection::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageIdentities> {
    /// The organization's security policies, to be changed.
    pub fn security_policies(&mut self) -> SecurityPolicies<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl<S> SecurityPolicies<'_, S>
where
    S: Deref,
    S::Target: Reading + Sized,
{
    /// Reads at most `limit` versions of a policy with numbers below `before`, the newest first.
    ///
    /// # Errors
    /// `Missing` when there is no such policy.
    pub fn versions(
        &self,
        id: SecurityPolicyId,
        before: Option<u32>,
        limit: usize,
    ) -> Result<VersionPage, Error> {
        let newest = self.read(id)?.version;
        let first = oldest(newest);
        let behind = before.unwrap_or(u32::MAX).min(newest.saturating_add(1));
        let (partition, source) = (self.site.partition(), &*self.site.source);
        let mut versions: Vec<SecurityPolicyVersion> = Vec::new();
        for number in (first..behind).rev() {
            if versions.len() == limit {
                let next = versions.last().map(|version| version.number);
                return Ok(VersionPage { versions, next });
            }
            let key = version_key(id.record(), number);
            let found = source.find_first(partition, indices::SECURITY_VERSION_OF, &key)?;
            let Some(found) = found else { continue };
            versions.extend(source.get::<SecurityPolicyVersion>(partition, found)?);
        }
        Ok(VersionPage { versions, next: None })
    }

    /// Reads a version of a policy by its external id.
    ///
    /// # Errors
    /// `Missing` when the policy has no such version.
    pub fn version(
        &self,
        id: SecurityPolicyId,
        uuid: Uuid,
    ) -> Result<SecurityPolicyVersion, Error> {
        let (partition, source) = (self.site.partition(), &*self.site.source);
        let index = indices::SECURITY_VERSION_UUID;
        let found = source.find_first(partition, index, uuid.as_bytes())?.ok_or(Error::Missing)?;
        let version = source.get::<SecurityPolicyVersion>(partition, found)?;
        version.filter(|version| version.policy == id).ok_or(Error::Missing)
    }
}

/// The number of the oldest version that is kept.
const fn oldest(newest: u32) -> u32 {
    if newest > VERSIONS { newest - VERSIONS + 1 } else { 1 }
}

impl SecurityPolicies<'_, &mut Change<'_>> {
    /// Makes a policy with its first version.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable; `Forbidden` when there are too many.
    pub fn create(
        &mut self,
        fields: SecurityPolicyFields,
        comment: Option<String>,
    ) -> Result<(SecurityPolicyId, SecurityPolicy), Error> {
        limits::optional_line("/comment", comment.as_ref())?;
        let (partition, index) = (self.site.partition(), indices::SECURITY_POLICY_UUID);
        if self.site.source.prefix(partition, index, &[]).take(POLICIES).count() == POLICIES {
            return Err(Error::Forbidden("an organization has 500 security policies at most"));
        }
        let (id, record) = self.add(fields)?;
        self.keep(id, &record, comment, None)?;
        Ok((id, record))
    }

    /// Changes a policy; with `revision`, only when nobody changed it in between. Other settings
    /// are a new version.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: SecurityPolicyId,
        revision: Option<u64>,
        comment: Option<String>,
        edit: impl FnOnce(&mut SecurityPolicy) -> Result<(), Error>,
    ) -> Result<SecurityPolicy, Error> {
        self.revise(id, revision, (comment, None), edit)
    }

    /// Takes up the settings of a version again, as a new version.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Forbidden` when they are the settings of today.
    pub fn restore(
        &mut self,
        id: SecurityPolicyId,
        revision: Option<u64>,
        version: Uuid,
        comment: Option<String>,
    ) -> Result<SecurityPolicy, Error> {
        let former = self.version(id, version)?;
        self.revise(id, revision, (comment, Some(former.number)), |policy| {
            if policy.fields.settings == former.settings {
                return Err(Error::Forbidden("the policy says that already"));
            }
            policy.fields.settings = former.settings;
            Ok(())
        })
    }

    /// Deletes a policy and its versions.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn delete(&mut self, id: SecurityPolicyId, revision: Option<u64>) -> Result<(), Error> {
        self.remove(id, revision)
    }

    fn revise(
        &mut self,
        id: SecurityPolicyId,
        revision: Option<u64>,
        (comment, restored): (Option<String>, Option<u32>),
        edit: impl FnOnce(&mut SecurityPolicy) -> Result<(), Error>,
    ) -> Result<SecurityPolicy, Error> {
        limits::optional_line("/comment", comment.as_ref())?;
        let before = self.read(id)?.version;
        let record = self.edit(id, revision, |policy| {
            let settings = policy.fields.settings.clone();
            edit(policy)?;
            if policy.fields.settings != settings {
                policy.version = policy.version.saturating_add(1);
            }
            Ok(())
        })?;
        if record.version != before {
            self.keep(id, &record, comment, restored)?;
        }
        Ok(record)
    }

    /// Keeps the settings of a policy as a version, and forgets the one that is too old.
    fn keep(
        &mut self,
        id: SecurityPolicyId,
        record: &SecurityPolicy,
        comment: Option<String>,
        restored: Option<u32>,
    ) -> Result<(), Error> {
        let (partition, at) = (self.site.partition(), self.site.now());
        let author = self.site.actor_name()?;
        let version = SecurityPolicyVersion {
            uuid: self.site.tools.uuid(at),
            policy: id,
            number: record.version,
            settings: record.fields.settings.clone(),
            author,
            at,
            comment,
            restored,
        };
        let number = self.site.source.allocate(partition)?;
        self.site.source.put(partition, number, &version)?;
        let Some(old) = oldest(record.version).checked_sub(1) else { return Ok(()) };
        let (index, key) = (indices::SECURITY_VERSION_OF, version_key(id.record(), old));
        if let Some(old) = self.site.source.find_first(partition, index, &key)? {
            self.site.source.delete::<SecurityPolicyVersion>(partition, old)?;
        }
        Ok(())
    }
}

impl Entity for SecurityPolicy {
    type Id = SecurityPolicyId;
    type Fields = SecurityPolicyFields;

    const SUBJECT: SubjectKind = SubjectKind::SecurityPolicy;
    const UUIDS: Index = indices::SECURITY_POLICY_UUID;
    const NAMES: Index = indices::SECURITY_POLICY_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: SecurityPolicyFields) -> Self {
        Self { uuid, stamp, fields, version: 1 }
    }

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn stamp(&mut self) -> &mut Stamp {
        &mut self.stamp
    }

    fn revision(&self) -> u64 {
        self.stamp.revision
    }

    fn fields(&self) -> &SecurityPolicyFields {
        &self.fields
    }

    fn name(fields: &SecurityPolicyFields) -> &str {
        &fields.name
    }

    fn named_values<R: Reading>(
        &self,
        source: &R,
        partition: Partition,
    ) -> Result<Vec<(String, serde_json::Value)>, Error> {
        let groups = told::all::<Group>(&self.fields.groups, source, partition)?;
        Ok(vec![("groups".to_owned(), groups), ("version".to_owned(), self.version.into())])
    }

    fn check(fields: &SecurityPolicyFields) -> Result<(), Invalid> {
        let called = (fields.name.as_str(), fields.description.as_ref());
        check_heading(called, fields.precedence, &fields.groups)?;
        fields.settings.check()
    }

    fn check_references<R: Reading>(
        fields: &SecurityPolicyFields,
        _id: Id,
        source: &R,
        partition: Partition,
    ) -> Result<(), Error> {
        check_there("/groups", &fields.groups, source, partition)
    }

    fn let_go(
        &self,
        change: &mut Change<'_>,
        partition: Partition,
        id: SecurityPolicyId,
    ) -> Result<(), Error> {
        let (index, policy) = (indices::SECURITY_VERSION_OF, id.record().to_be_bytes());
        let versions: Vec<Id> =
            change.prefix(partition, index, &policy).ids().collect::<Result<_, _>>()?;
        for version in versions {
            change.delete::<SecurityPolicyVersion>(partition, version)?;
        }
        Ok(())
    }
}
