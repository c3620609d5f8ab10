//! How many users an organization has, and may have.

use storage::{Change, Partition, ReadError, Reading, Snapshot};

use super::site::Site;
use crate::access::{Grant, ManageIdentities, ManageOrganizations, View, organization};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind, differences};
use crate::records::{CapKind, THE_ONLY_ONE, UserCap, UserTotals};

/// The most users that a cap can say.
const MOST: u32 = 10_000_000;

/// An organization's cap, and what of it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapUse {
    /// The cap.
    pub cap: UserCap,
    /// How many users there are that are not deleted.
    pub users: u32,
}

impl CapUse {
    fn read(source: &impl Reading, partition: Partition) -> Result<Self, ReadError> {
        let cap = source.get::<UserCap>(partition, THE_ONLY_ONE)?.unwrap_or_default();
        let totals = source.get::<UserTotals>(partition, THE_ONLY_ONE)?.unwrap_or_default();
        Ok(Self { cap, users: totals.kept })
    }

    /// Whether there are more users than the cap says.
    pub fn is_passed(&self) -> bool {
        self.cap.most.is_some_and(|most| self.users > most)
    }
}

/// The cap of the grant's organization.
pub struct UserCaps<'g, S> {
    site: Site<'g, S>,
}

impl Grant<'_, &Snapshot, View> {
    /// How many users the organization has, and may have.
    ///
    /// # Errors
    /// When the store fails.
    pub fn user_cap(&self) -> Result<CapUse, Error> {
        Ok(CapUse::read(self.source, self.place.partition())?)
    }
}

impl Grant<'_, &mut Change<'_>, ManageIdentities> {
    /// How many users the organization has, and may have, as the change has made it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn user_cap(&self) -> Result<CapUse, Error> {
        Ok(CapUse::read(&*self.source, self.place.partition())?)
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageOrganizations> {
    /// The organization's cap.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider.
    pub fn user_caps(&mut self) -> Result<UserCaps<'t, &mut Change<'c>>, Error> {
        self.organization()?;
        Ok(UserCaps { site: self.site_mut() })
    }
}

impl UserCaps<'_, &mut Change<'_>> {
    /// Says how many users the organization may have; with `revision`, only when nobody said so in
    /// between. Users that are there stay, however many they are.
    ///
    /// # Errors
    /// `Stale` or `Invalid`.
    pub fn set(
        &mut self,
        revision: Option<u64>,
        most: Option<u32>,
        kind: CapKind,
    ) -> Result<CapUse, Error> {
        if most.is_some_and(|most| most > MOST) {
            return Err(Invalid::new("/most", format!("must be {MOST} at most")).into());
        }
        let partition = self.site.partition();
        let CapUse { cap: before, users } = CapUse::read(&*self.site.source, partition)?;
        if revision.is_some_and(|seen| seen != before.revision) {
            return Err(Error::Stale);
        }
        if (most, kind) == (before.most, before.kind) {
            return Ok(CapUse { cap: before, users });
        }
        let cap = UserCap { most, kind, revision: before.revision.saturating_add(1) };
        self.site.source.put(partition, THE_ONLY_ONE, &cap)?;
        let told = differences(Some(&Told::of(before)), Some(&Told::of(cap)));
        tell(&mut self.site, Action::Changed, told)?;
        Ok(CapUse { cap, users })
    }
}

/// What events say of a cap.
#[derive(serde::Serialize)]
struct Told {
    user_cap: Option<u32>,
    user_cap_kind: CapKind,
}

impl Told {
    fn of(cap: UserCap) -> Self {
        Self { user_cap: cap.most, user_cap_kind: cap.kind }
    }
}

/// The most users of an organization with a hard cap, and how many more it may have.
///
/// # Errors
/// When the store fails.
pub(crate) fn places_left(
    source: &impl Reading,
    partition: Partition,
) -> Result<Option<(u32, u32)>, ReadError> {
    let CapUse { cap, users } = CapUse::read(source, partition)?;
    let hard = cap.most.filter(|_| cap.kind == CapKind::Hard);
    Ok(hard.map(|most| (most, most.saturating_sub(users))))
}

/// Counts one more user.
///
/// # Errors
/// `Full` beyond a hard cap.
pub(super) fn take_place(site: &mut Site<'_, &mut Change<'_>>) -> Result<(), Error> {
    let partition = site.partition();
    let CapUse { cap, users } = CapUse::read(&*site.source, partition)?;
    let kept = users.saturating_add(1);
    site.source.put(partition, THE_ONLY_ONE, &UserTotals { kept })?;
    match (cap.most, cap.kind) {
        (Some(most), CapKind::Hard) if kept > most => Err(Error::Full(most)),
        // Told once, however many follow.
        (Some(most), CapKind::Soft) if users == most => {
            let said = |number: u32| Some(number.to_string());
            let told = Difference { field: "users".into(), before: said(users), after: said(kept) };
            tell(site, Action::UserCapPassed, vec![told])
        }
        (Some(_) | None, CapKind::Hard | CapKind::Soft) => Ok(()),
    }
}

/// Counts one user less.
///
/// # Errors
/// When the store fails.
pub(super) fn give_place_back(site: &mut Site<'_, &mut Change<'_>>) -> Result<(), Error> {
    let partition = site.partition();
    let CapUse { users, .. } = CapUse::read(&*site.source, partition)?;
    let kept = users.saturating_sub(1);
    Ok(site.source.put(partition, THE_ONLY_ONE, &UserTotals { kept })?)
}

fn tell(
    site: &mut Site<'_, &mut Change<'_>>,
    action: Action,
    told: Vec<Difference>,
) -> Result<(), Error> {
    let id = site.place.organization().ok_or(Error::Missing)?;
    let record = organization(&*site.source, id)?.ok_or(Error::Missing)?;
    let subject = (SubjectKind::Organization, record.uuid, record.fields.slug.as_str());
    site.tell(action, subject, told)
}
