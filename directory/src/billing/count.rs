//! Counting what organizations have, by the daemon's own timer.

use storage::{Change, Partition, Reading, Snapshot};

use super::month::Month;
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
    /// Counts the active users and devices of every organization that is not deleted, and keeps for
    /// each day the most that was counted; says in how many organizations it became more.
    ///
    /// # Errors
    /// When the store fails.
    pub fn count_usage(&self, now: Time) -> Result<usize, Error> {
        let (month, day) = Month::of(now);
        let snapshot = self.inner.store.read()?;
        let mut more = Vec::new();
        for found in snapshot.scan::<Organization>(Partition::Provider, None) {
            let (number, record) = found?;
            let Some(id) = OrganizationId::from_record(number) else { continue };
            if matches!(record.state, OrganizationState::Deleted { .. }) {
                continue;
            }
            let count = counted(&snapshot, id, day)?;
            let known = usage(&snapshot, id, month)?.map(|(_, usage)| usage);
            let is_known = |usage: UsageMonth| {
                usage.days.iter().any(|known| {
                    known.day == day && known.users >= count.users && known.devices >= count.devices
                })
            };
            if !known.is_some_and(is_known) {
                more.push((id, count));
            }
        }
        drop(snapshot);
        let written = more.len();
        for part in more.chunks(TOGETHER) {
            let part = part.to_vec();
            let done = self.inner.store.write(move |change| {
                part.into_iter().try_for_each(|(id, count)| note(change, id, month, count))
            });
            done.map_err(Error::from)?;
        }
        Ok(written)
    }
}

fn counted(snapshot: &Snapshot, id: OrganizationId, day: u8) -> Result<DayCount, Error> {
    let mut count = DayCount { day, users: 0, devices: 0 };
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
