//! Counting what organizations have, by the daemon's own timer.

use storage::{Change, Partition, Reading, Snapshot};

use super::month::Month;
use crate::access::organization;
use crate::directory::Directory;
use crate::error::Error;
use crate::id::{OrganizationId, RecordId};
use crate::records::{
    DayCount, Device, Organization, OrganizationState, UsageMonth, User, UserState, indices,
};
use crate::time::Time;

/// So many organizations are written in one change.
const TOGETHER: usize = 100;

impl Directory {
    /// Counts the active users and devices of every organization, of which a deleted one has none, and
    /// keeps for each day the most that was counted; says in how many organizations it became more.
    /// An organization that cannot be counted keeps nobody from counting the others.
    ///
    /// # Errors
    /// When the store fails: the first failure, once every organization had its turn.
    pub fn count_usage(&self, now: Time) -> Result<usize, Error> {
        let (month, day) = Month::of(now);
        let (mut more, mut first, mut after) = (Vec::new(), None, None);
        while let Some((id, state)) = self.organization_behind(after)? {
            after = Some(id);
            match self.grown(id, state, (month, day)) {
                Ok(count) => more.extend(count.map(|count| (id, count))),
                Err(error) => first = first.or(Some(error)),
            }
        }
        let mut written = 0;
        for part in more.chunks(TOGETHER) {
            let part = part.to_vec();
            let kept = part.len();
            let done = self.inner.store.write(move |change| {
                part.into_iter().try_for_each(|(id, count)| note(change, id, month, count))
            });
            match done.map_err(Error::from) {
                Ok(()) => written += kept,
                Err(error) => first = first.or(Some(error)),
            }
        }
        first.map_or(Ok(written), Err)
    }

    /// Counts the active users and devices of one organization, as [`count_usage`](Self::count_usage)
    /// does of all of them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn count_usage_of(&self, id: OrganizationId, now: Time) -> Result<(), Error> {
        let record = organization(&self.inner.store.read()?, id)?;
        let Some(Organization { state, .. }) = record else { return Ok(()) };
        let (month, day) = Month::of(now);
        let Some(count) = self.grown(id, state, (month, day))? else { return Ok(()) };
        Ok(self.inner.store.write(move |change| note(change, id, month, count))?)
    }

    fn organization_behind(
        &self,
        after: Option<OrganizationId>,
    ) -> Result<Option<(OrganizationId, OrganizationState)>, Error> {
        let snapshot = self.inner.store.read()?;
        let after = after.map(OrganizationId::record);
        for found in snapshot.scan::<Organization>(Partition::Provider, after) {
            let (number, record) = found?;
            if let Some(id) = OrganizationId::from_record(number) {
                return Ok(Some((id, record.state)));
            }
        }
        Ok(None)
    }

    /// What an organization has, if that is more than was counted on that day. Each has a snapshot of
    /// its own: one that is held makes the file grow.
    fn grown(
        &self,
        id: OrganizationId,
        state: OrganizationState,
        (month, day): (Month, u8),
    ) -> Result<Option<DayCount>, Error> {
        let snapshot = self.inner.store.read()?;
        let count = match state {
            OrganizationState::Deleted { .. } => {
                DayCount { day, users: 0, devices: 0, closed: true }
            }
            OrganizationState::Active | OrganizationState::Suspended => {
                counted(&snapshot, id, day)?
            }
        };
        let known = usage(&snapshot, id, month)?.map(|(_, usage)| usage);
        let is_known = |usage: UsageMonth| {
            usage.days.iter().any(|known| {
                let is_open = !known.closed || count.closed;
                let has = known.users >= count.users && known.devices >= count.devices;
                known.day == day && has && is_open
            })
        };
        Ok((!known.is_some_and(is_known)).then_some(count))
    }
}

fn counted(snapshot: &Snapshot, id: OrganizationId, day: u8) -> Result<DayCount, Error> {
    let mut count = DayCount { day, users: 0, devices: 0, closed: false };
    for user in snapshot.scan::<User>(id.partition(), None) {
        let active = user?.1.state == UserState::Active;
        count.users = count.users.saturating_add(u32::from(active));
    }
    for device in snapshot.scan::<Device>(id.partition(), None) {
        let active = !device?.1.fields.suspended;
        count.devices = count.devices.saturating_add(u32::from(active));
    }
    Ok(count)
}

fn note(
    change: &mut Change<'_>,
    id: OrganizationId,
    month: Month,
    count: DayCount,
) -> Result<(), Error> {
    let partition = id.partition();
    if !change.partition_exists(partition)? {
        // It was destroyed meanwhile.
        return Ok(());
    }
    let (number, mut kept) = match usage(change, id, month)? {
        Some(found) => found,
        None => (change.allocate(partition)?, UsageMonth { month, days: Vec::new() }),
    };
    kept.count(count);
    Ok(change.put(partition, number, &kept)?)
}

/// What was counted in a month.
pub(crate) fn usage(
    source: &impl Reading,
    id: OrganizationId,
    month: Month,
) -> Result<Option<(storage::Id, UsageMonth)>, Error> {
    let (partition, index) = (id.partition(), indices::USAGE_MONTH);
    let Some(number) = source.find_first(partition, index, &month.key())? else {
        return Ok(None);
    };
    Ok(source.get(partition, number)?.map(|usage| (number, usage)))
}
