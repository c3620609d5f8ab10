//! How many users or devices an organization has, and may have.

use storage::{Change, Partition, ReadError, Reading, Snapshot};

use super::site::Site;
use crate::access::{Grant, ManageIdentities, ManageOrganizations, View, organization};
use crate::error::{Error, Invalid};
use crate::events::{Action, Difference, SubjectKind, differences};
use crate::records::{Cap, CapKind, CapTotals, Capped};

/// The most that a cap can say.
const MOST: u32 = 10_000_000;

/// A cap of an organization, and what of it is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapUse {
    /// What is counted.
    pub of: Capped,
    /// The cap.
    pub cap: Cap,
    /// How many there are that are not deleted.
    pub kept: u32,
}

impl CapUse {
    fn read(source: &impl Reading, partition: Partition, of: Capped) -> Result<Self, ReadError> {
        let cap = source.get::<Cap>(partition, of.record())?.unwrap_or_default();
        let totals = source.get::<CapTotals>(partition, of.record())?.unwrap_or_default();
        Ok(Self { of, cap, kept: totals.kept })
    }

    /// Whether there are more than the cap says.
    pub fn is_passed(&self) -> bool {
        self.cap.most.is_some_and(|most| self.kept > most)
    }
}

/// A cap of the grant's organization.
pub struct Caps<'g, S> {
    site: Site<'g, S>,
    of: Capped,
}

impl Grant<'_, &Snapshot, View> {
    /// How many users or devices the organization has, and may have.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cap(&self, of: Capped) -> Result<CapUse, Error> {
        Ok(CapUse::read(self.source, self.place.partition(), of)?)
    }
}

impl Grant<'_, &mut Change<'_>, ManageIdentities> {
    /// How many users or devices the organization has, and may have, as the change has made it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cap(&self, of: Capped) -> Result<CapUse, Error> {
        Ok(CapUse::read(&*self.source, self.place.partition(), of)?)
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageOrganizations> {
    /// The organization's cap of users or of devices.
    ///
    /// # Errors
    /// `Missing` when the grant is for the provider.
    pub fn caps(&mut self, of: Capped) -> Result<Caps<'t, &mut Change<'c>>, Error> {
        self.organization()?;
        Ok(Caps { site: self.site_mut(), of })
    }
}

impl Caps<'_, &mut Change<'_>> {
    /// Says how many the organization may have; with `revision`, only when nobody said so in between.
    /// Those that are there stay, however many they are.
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
        let (partition, of) = (self.site.partition(), self.of);
        let used = CapUse::read(&*self.site.source, partition, of)?;
        let before = used.cap;
        if revision.is_some_and(|seen| seen != before.revision) {
            return Err(Error::Stale);
        }
        if (most, kind) == (before.most, before.kind) {
            return Ok(used);
        }
        let cap = Cap { most, kind, revision: before.revision.saturating_add(1) };
        self.site.source.put(partition, of.record(), &cap)?;
        let told = differences(Some(&Told::of(of, before)), Some(&Told::of(of, cap)));
        tell(&mut self.site, Action::Changed, told)?;
        let now = CapUse { cap, ..used };
        let warns = |used: &CapUse| used.is_passed() && used.cap.kind == CapKind::Soft;
        if warns(&now) && !warns(&used) {
            tell_passed(&mut self.site, of, (used.kept, used.kept))?;
        }
        Ok(now)
    }
}

/// What events say of a cap.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Told {
    Users { user_cap: Option<u32>, user_cap_kind: CapKind },
    Devices { device_cap: Option<u32>, device_cap_kind: CapKind },
}

impl Told {
    fn of(of: Capped, Cap { most, kind, .. }: Cap) -> Self {
        match of {
            Capped::Users => Self::Users { user_cap: most, user_cap_kind: kind },
            Capped::Devices => Self::Devices { device_cap: most, device_cap_kind: kind },
        }
    }
}

/// The most of an organization with a hard cap, and how many it has.
///
/// # Errors
/// When the store fails.
pub(crate) fn hard_cap(
    source: &impl Reading,
    partition: Partition,
    of: Capped,
) -> Result<Option<(u32, u32)>, ReadError> {
    let CapUse { cap, kept, .. } = CapUse::read(source, partition, of)?;
    let hard = cap.most.filter(|_| cap.kind == CapKind::Hard);
    Ok(hard.map(|most| (most, kept)))
}

/// Counts one more.
///
/// # Errors
/// `Full` beyond a hard cap.
pub(super) fn take_place(site: &mut Site<'_, &mut Change<'_>>, of: Capped) -> Result<(), Error> {
    let partition = site.partition();
    let CapUse { cap, kept: before, .. } = CapUse::read(&*site.source, partition, of)?;
    let kept = before.saturating_add(1);
    site.source.put(partition, of.record(), &CapTotals { kept })?;
    match (cap.most, cap.kind) {
        (Some(most), CapKind::Hard) if kept > most => Err(Error::Full { of, most, kept: before }),
        // Told when it is passed, however many follow.
        (Some(most), CapKind::Soft) if before == most => tell_passed(site, of, (before, kept)),
        (Some(_) | None, CapKind::Hard | CapKind::Soft) => Ok(()),
    }
}

/// Counts one less.
///
/// # Errors
/// When the store fails.
pub(super) fn give_place_back(
    site: &mut Site<'_, &mut Change<'_>>,
    of: Capped,
) -> Result<(), Error> {
    let partition = site.partition();
    let CapUse { kept, .. } = CapUse::read(&*site.source, partition, of)?;
    let kept = kept.saturating_sub(1);
    Ok(site.source.put(partition, of.record(), &CapTotals { kept })?)
}

/// Tells that there are more than a soft cap says.
fn tell_passed(
    site: &mut Site<'_, &mut Change<'_>>,
    of: Capped,
    (before, kept): (u32, u32),
) -> Result<(), Error> {
    let action = match of {
        Capped::Users => Action::UserCapPassed,
        Capped::Devices => Action::DeviceCapPassed,
    };
    let said = |number: u32| Some(number.to_string());
    let field = of.name().into();
    tell(site, action, vec![Difference { field, before: said(before), after: said(kept) }])
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
