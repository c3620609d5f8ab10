//! Password policies of groups, and which one counts for whom.

use storage::{Change, Id, Index, Partition, ReadError, Reading, Snapshot};
use uuid::Uuid;

use super::collection::Collection;
use super::entity::Entity;
use super::groups::groups_of_user;
use super::of_groups::{check_heading, check_there};
use super::passwords::erase_former;
use super::told;
use crate::access::{Grant, ManageAuthentication, View, organization};
use crate::error::{Error, Invalid};
use crate::events::SubjectKind;
use crate::id::{OrganizationId, PasswordPolicyId, RecordId, UserId};
use crate::records::{
    Group, GroupPasswordPolicy, GroupPasswordPolicyFields, Organization, PasswordDemands, Settings,
    Stamp, User, indices,
};

/// The password policies of the grant's organization.
pub type PasswordPolicies<'g, S> = Collection<'g, S, GroupPasswordPolicy>;

/// The most policies of an organization.
const POLICIES: usize = 100;

/// What counts for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectivePasswordPolicy {
    /// The policy of groups that says so; absent where the organization's settings do.
    pub policy: Option<GroupPasswordPolicy>,
    /// What it asks for.
    pub demands: PasswordDemands,
}

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's password policies, to be read.
    pub fn password_policies(&self) -> PasswordPolicies<'t, &'s Snapshot> {
        Collection::new(self.site())
    }

    /// What counts for a user's password.
    ///
    /// # Errors
    /// `Missing` when there is no such user.
    pub fn password_policy_of(&self, user: UserId) -> Result<EffectivePasswordPolicy, Error> {
        let id = self.organization()?;
        if !self.source.contains::<User>(id.partition(), user.record())? {
            return Err(Error::Missing);
        }
        let home = organization(self.source, id)?.ok_or(Error::Missing)?;
        let policy = counting(self.source, (id, &home), user)?;
        let of_groups = policy.as_ref().map(|policy| policy.fields.demands);
        let demands = of_groups.unwrap_or_else(|| home.settings.demands());
        Ok(EffectivePasswordPolicy { policy, demands })
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageAuthentication> {
    /// The organization's password policies, to be changed.
    pub fn password_policies(&mut self) -> PasswordPolicies<'t, &mut Change<'c>> {
        Collection::new(self.site_mut())
    }
}

impl PasswordPolicies<'_, &mut Change<'_>> {
    /// Makes a policy.
    ///
    /// # Errors
    /// `Invalid` or `Taken` for what is not acceptable; `Forbidden` when there are too many.
    pub fn create(
        &mut self,
        fields: GroupPasswordPolicyFields,
    ) -> Result<(PasswordPolicyId, GroupPasswordPolicy), Error> {
        if self.count()? >= POLICIES {
            return Err(Error::Forbidden("an organization has 100 password policies at most"));
        }
        let made = self.add(fields)?;
        self.mark()?;
        Ok(made)
    }

    /// Changes a policy; with `revision`, only when nobody changed it in between.
    ///
    /// # Errors
    /// `Missing`, `Stale`, `Invalid` or `Taken`.
    pub fn update(
        &mut self,
        id: PasswordPolicyId,
        revision: Option<u64>,
        edit: impl FnOnce(&mut GroupPasswordPolicyFields) -> Result<(), Error>,
    ) -> Result<GroupPasswordPolicy, Error> {
        let before = self.read(id)?.fields.demands.password_policy.history;
        let policy = self.edit(id, revision, |policy| edit(&mut policy.fields))?;
        self.erase_former(before)?;
        Ok(policy)
    }

    /// Deletes a policy: another one, or the organization's settings, count for its people from
    /// then on.
    ///
    /// # Errors
    /// `Missing` or `Stale`.
    pub fn delete(&mut self, id: PasswordPolicyId, revision: Option<u64>) -> Result<(), Error> {
        let before = self.read(id)?.fields.demands.password_policy.history;
        self.remove(id, revision)?;
        self.mark()?;
        self.erase_former(before)
    }

    /// Erases former passwords with which nothing is compared any more, where a policy had them
    /// compared before.
    fn erase_former(&mut self, before: u16) -> Result<(), Error> {
        if before > 1 { erase_former(&mut self.site) } else { Ok(()) }
    }

    fn count(&self) -> Result<usize, Error> {
        let all = self.site.source.scan::<GroupPasswordPolicy>(self.site.partition(), None);
        let counted = all.map(|found| found.map(|_| 1_usize));
        Ok(counted.sum::<Result<usize, _>>()?)
    }

    /// Says in the organization's record how many there are, so that nobody looks for them in vain.
    fn mark(&mut self) -> Result<(), Error> {
        let id = self.site.place.organization().ok_or(Error::Missing)?;
        let password_policies = u16::try_from(self.count()?).unwrap_or(u16::MAX);
        let mut home = organization(&*self.site.source, id)?.ok_or(Error::Missing)?;
        home.marks.password_policies = password_policies;
        self.site.source.put(Partition::Provider, id.record(), &home)?;
        Ok(())
    }
}

/// The policy of groups that counts for a user, where one does.
pub(crate) fn policy_of(
    source: &impl Reading,
    partition: Partition,
    user: UserId,
) -> Result<Option<GroupPasswordPolicy>, Error> {
    let mut first: Option<GroupPasswordPolicy> = None;
    for group in groups_of_user(source, partition, user)? {
        let group = group.record().to_be_bytes();
        for found in source.find(partition, indices::PASSWORD_POLICY_GROUP, &group) {
            let Some(policy) = source.get::<GroupPasswordPolicy>(partition, found?)? else {
                continue;
            };
            if first.as_ref().is_none_or(|first| policy.turn() < first.turn()) {
                first = Some(policy);
            }
        }
    }
    Ok(first)
}

/// As [`policy_of`], in an organization whose record says whether there are any.
pub(super) fn counting(
    source: &impl Reading,
    (id, home): (OrganizationId, &Organization),
    user: UserId,
) -> Result<Option<GroupPasswordPolicy>, Error> {
    if home.marks.password_policies == 0 {
        return Ok(None);
    }
    policy_of(source, id.partition(), user)
}

/// The settings of an organization as they count for a user.
pub(crate) fn settings_of(
    source: &impl Reading,
    id: OrganizationId,
    user: UserId,
) -> Result<Settings, Error> {
    let home = organization(source, id)?.ok_or(Error::Missing)?;
    let policy = counting(source, (id, &home), user)?;
    Ok(policy.map_or(home.settings, |policy| home.settings.with(policy.fields.demands)))
}

/// Whether any policy that may count for users of an organization has them change what was set for them.
pub(crate) fn is_change_demanded(
    source: &impl Reading,
    (id, home): (OrganizationId, &Organization),
) -> Result<bool, ReadError> {
    if home.settings.password_policy.change_after_reset {
        return Ok(true);
    }
    if home.marks.password_policies == 0 {
        return Ok(false);
    }
    for found in source.scan::<GroupPasswordPolicy>(id.partition(), None) {
        if found?.1.fields.demands.password_policy.change_after_reset {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Entity for GroupPasswordPolicy {
    type Id = PasswordPolicyId;
    type Fields = GroupPasswordPolicyFields;

    const SUBJECT: SubjectKind = SubjectKind::PasswordPolicy;
    const UUIDS: Index = indices::PASSWORD_POLICY_UUID;
    const NAMES: Index = indices::PASSWORD_POLICY_NAME;
    const NAME_POINTER: &'static str = "/name";

    fn new(uuid: Uuid, stamp: Stamp, fields: GroupPasswordPolicyFields) -> Self {
        Self { uuid, stamp, fields }
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

    fn fields(&self) -> &GroupPasswordPolicyFields {
        &self.fields
    }

    fn name(fields: &GroupPasswordPolicyFields) -> &str {
        &fields.name
    }

    fn named_values<R: Reading>(
        &self,
        source: &R,
        partition: Partition,
    ) -> Result<Vec<(String, serde_json::Value)>, Error> {
        let groups = told::all::<Group>(&self.fields.groups, source, partition)?;
        Ok(vec![("groups".to_owned(), groups)])
    }

    fn check(fields: &GroupPasswordPolicyFields) -> Result<(), Invalid> {
        let called = (fields.name.as_str(), fields.description.as_ref());
        check_heading(called, fields.precedence, &fields.groups)?;
        fields.demands.check()
    }

    fn check_references<R: Reading>(
        fields: &GroupPasswordPolicyFields,
        _id: Id,
        source: &R,
        partition: Partition,
    ) -> Result<(), Error> {
        check_there("/groups", &fields.groups, source, partition)
    }

    fn let_go(
        &self,
        _change: &mut Change<'_>,
        _partition: Partition,
        _id: PasswordPolicyId,
    ) -> Result<(), Error> {
        Ok(())
    }
}
