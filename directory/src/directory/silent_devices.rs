//! Devices of which nothing was heard for too long: that is told once, when it happens.

use std::ops::Bound;

use storage::{Change, Id, Partition, Reading};

use super::Directory;
use crate::access::{Actor, Context};
use crate::collections::{Site, stale_before, tell_stale};
use crate::error::Error;
use crate::id::OrganizationId;
use crate::records::{ComplianceWatch, THE_ONLY_ONE, Verdict, indices};
use crate::time::Time;

/// So many devices of each verdict are told of in one change, and those that reported in the same
/// millisecond as the last of them.
const STEP: usize = 100;

/// Devices whose last report is too old, which nobody was told yet.
struct Silent {
    devices: Vec<Id>,
    /// Before when all reports are told then.
    until: Time,
    /// Whether reports to come were told already, by a clock that was far ahead once.
    is_ahead: bool,
}

impl Silent {
    /// Those whose reports came before a time. Where there are none, that is a look at three places of
    /// an index.
    fn read(
        source: &impl Reading,
        partition: Partition,
        (until, now): (Time, Time),
    ) -> Result<Self, Error> {
        let watch = source.get::<ComplianceWatch>(partition, THE_ONLY_ONE)?;
        let from = watch.map_or(Time(0), |watch| watch.told);
        let (mut found, mut end) = (Vec::new(), until);
        if from >= until {
            return Ok(Self { devices: Vec::new(), until: from, is_ahead: from > now });
        }
        for verdict in Verdict::ALL {
            let (first, last) = (verdict.key(from), verdict.key(until));
            let (first, last) = (Bound::Included(&first[..]), Bound::Excluded(&last[..]));
            let mut newest = None;
            let range = source.range(partition, indices::COMPLIANCE, first, last);
            for (count, entry) in range.enumerate() {
                let (key, device) = entry?;
                let Some(at) = Verdict::time(&key) else { continue };
                if count >= STEP && newest.is_some_and(|newest| at > newest) {
                    end = end.min(at);
                    break;
                }
                newest = Some(at);
                found.push((at, device));
            }
        }
        found.retain(|(at, _)| *at < end);
        let devices = found.into_iter().map(|(_, device)| device).collect();
        Ok(Self { devices, until: end, is_ahead: false })
    }
}

impl Directory {
    /// Tells of devices whose last report has become too old since this was done before; says how many
    /// there were. Each organization has its turn in steps; one that fails does not keep the others
    /// from theirs.
    ///
    /// # Errors
    /// The first failure of the store.
    pub fn tell_silent_devices(&self, now: Time) -> Result<usize, Error> {
        self.in_each_organization(|id| self.tell_silent_of(id, now))
    }

    fn tell_silent_of(&self, id: OrganizationId, now: Time) -> Result<usize, Error> {
        let (until, partition) = (stale_before(now, &self.inner.tools), id.partition());
        let mut told = 0;
        loop {
            let silent = Silent::read(&self.inner.store.read()?, partition, (until, now))?;
            if silent.is_ahead {
                self.watch_from(partition, until)?;
            }
            if silent.devices.is_empty() {
                return Ok(told);
            }
            let tools = self.inner.tools.clone();
            let step = move |change: &mut Change<'_>| {
                let silent = Silent::read(&*change, partition, (until, now))?;
                let context = Context { actor: Actor::nobody(), source: None, now, request: None };
                let place = id.into();
                let mut site = Site { source: change, place, context: &context, tools: &tools };
                for device in &silent.devices {
                    tell_stale(&mut site, *device)?;
                }
                let watch = ComplianceWatch { told: silent.until };
                site.source.put(partition, THE_ONLY_ONE, &watch)?;
                Ok(silent.devices.len())
            };
            told += self.inner.store.write(step).map_err(Error::from)?;
        }
    }

    /// Has all reports count that came at a time or later.
    fn watch_from(&self, partition: Partition, told: Time) -> Result<(), Error> {
        let done = self.inner.store.write(move |change: &mut Change<'_>| {
            change.put(partition, THE_ONLY_ONE, &ComplianceWatch { told })?;
            Ok::<_, Error>(())
        });
        Ok(done?)
    }
}
