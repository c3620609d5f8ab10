//! How long events are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use storage::{Change, EventsCut, EventsKept, Id, Living, Partition, ReadError, Reading, Snapshot};

use super::{Action, Difference, Event, SubjectKind};
use crate::access::{Grant, ManageAuthentication, View, organization};
use crate::directory::Directory;
use crate::error::{Error, Invalid, StoreFailure};
use crate::id::{OrganizationId, RecordId};
use crate::records::{EventKeeping, Organization, THE_ONLY_ONE, indices};
use crate::time::{Time, milliseconds};

const DAY: u64 = 24 * 60 * 60 * 1_000;
/// The longest that an organization's events are kept, in milliseconds.
pub const LONGEST_KEPT: u64 = 3_660 * DAY;

/// By what a change says which retention it saw: what is said again has the same.
pub fn retention_revision(retention: Option<u64>) -> u64 {
    retention.map_or(1, |time| time.saturating_add(2))
}

impl Grant<'_, &Snapshot, View> {
    /// How long the organization's events are kept, in milliseconds; none where it has not said.
    ///
    /// # Errors
    /// When the store fails.
    pub fn event_retention(&self) -> Result<Option<u64>, Error> {
        let (partition, least) =
            (self.organization()?.partition(), self.tools.events_kept_at_least());
        Ok(said(self.source, partition, least)?)
    }
}

impl Grant<'_, &mut Change<'_>, ManageAuthentication> {
    /// Says how long the organization's events are kept, in milliseconds; none for as long as the
    /// provider keeps its own. With `revision`, only when that is still of what was said before.
    ///
    /// # Errors
    /// `Invalid` for less than a day or than the operator has it, or more than ten years; `Stale`.
    pub fn set_event_retention(
        &mut self,
        revision: Option<u64>,
        retention: Option<u64>,
    ) -> Result<(), Error> {
        let (id, least) = (self.organization()?, self.tools.events_kept_at_least());
        if retention.is_some_and(|time| !(DAY.max(least)..=LONGEST_KEPT).contains(&time)) {
            return Err(Invalid::new("/retention", bounds(least)).into());
        }
        let record = organization(&*self.source, id)?.ok_or(Error::Missing)?;
        let partition = id.partition();
        let before = said(&*self.source, partition, least)?;
        if revision.is_some_and(|seen| seen != retention_revision(before)) {
            return Err(Error::Stale);
        }
        if before == retention {
            return Ok(());
        }
        self.source.put(partition, THE_ONLY_ONE, &EventKeeping { retention })?;
        let text = |time: Option<u64>| time.map(|time| time.to_string());
        let told = Difference {
            field: "event_retention".into(),
            before: text(before),
            after: text(retention),
        };
        let subject = (SubjectKind::Organization, record.uuid, record.fields.slug.as_str());
        self.site_mut().tell(Action::Changed, subject, vec![told])
    }
}

/// How long an organization has said that its events are kept, and no less than `least`: what was said
/// while less could be said counts for that.
fn said(source: &impl Reading, at: Partition, least: u64) -> Result<Option<u64>, ReadError> {
    let keeping = source.get::<EventKeeping>(at, THE_ONLY_ONE)?;
    Ok(keeping.and_then(|keeping| keeping.retention).map(|time| time.max(least)))
}

/// What an organization may say.
fn bounds(least: u64) -> String {
    if least <= DAY {
        return "must be a day to ten years".to_owned();
    }
    let (days, rest) = (least / DAY, least % DAY);
    let least = if rest == 0 { format!("{days} days") } else { format!("{least} milliseconds") };
    format!("must be {least} to ten years: the operator has events kept for no less")
}

/// What happened a shorter time ago may be of an organization that was made since somebody looked
/// which there are, in milliseconds.
const SETTLED: u64 = 60 * 60 * 1_000;

impl Directory {
    /// Writes events that happened before, in this order; they are on the disk when this returns.
    /// For demonstrations and measurements: what happens here is told by what does it.
    ///
    /// # Errors
    /// When the event log cannot be written.
    pub fn write_past(
        &self,
        events: impl Iterator<Item = (OrganizationId, Event)>,
    ) -> Result<(), Error> {
        const AT_ONCE: usize = 16_384;
        let log = self.inner.store.events();
        let failed = |error| Error::Store(StoreFailure::Events(error));
        let stored = events.map(|(organization, event)| storage::Event {
            time_ms: event.at.0,
            partition: organization.partition(),
            body: event.encode(),
        });
        let mut batch = Vec::with_capacity(AT_ONCE);
        for event in stored {
            batch.push(event);
            if batch.len() >= AT_ONCE {
                // The log counts what it has to drop, and tells of it.
                let _dropped = log.append(std::mem::take(&mut batch));
                log.flush().map_err(failed)?;
            }
        }
        let _dropped = log.append(batch);
        log.flush().map_err(failed)
    }

    /// From when on events are kept, of the organization with an external id or of the provider, where
    /// the provider keeps its own for as long; `None` of an organization that is no more.
    ///
    /// # Errors
    /// When the store fails.
    pub fn events_kept_from(
        &self,
        organization: Option<uuid::Uuid>,
        now: Time,
        retention: Duration,
    ) -> Result<Option<Time>, Error> {
        let snapshot = self.inner.store.read()?;
        let least = self.inner.tools.events_kept_at_least();
        let own = match organization {
            None => None,
            Some(uuid) => {
                let (partition, index) = (Partition::Provider, indices::ORGANIZATION_UUID);
                let found = snapshot.find_first(partition, index, uuid.as_bytes())?;
                let found = found.and_then(OrganizationId::from_record);
                let Some(id) = found else { return Ok(None) };
                said(&snapshot, id.partition(), least)?
            }
        };
        Ok(Some(Time(beginning(now, own.unwrap_or_else(|| milliseconds(retention))))))
    }

    /// Forgets events that are kept no longer: all those of organizations that were destroyed, and
    /// others after `retention`, where their organization says nothing else, and whole days (UTC) at
    /// once where that is a day or more. Returns how many segments of the log were removed or
    /// written anew.
    ///
    /// # Errors
    /// When the store or the event log fails.
    pub fn forget_events(&self, now: Time, retention: Duration) -> Result<usize, Error> {
        let snapshot = self.inner.store.read()?;
        let (mut of, least) = (BTreeMap::new(), self.inner.tools.events_kept_at_least());
        let mut partitions: BTreeSet<Partition> = [Partition::Provider].into_iter().collect();
        for found in snapshot.scan::<Organization>(Partition::Provider, None) {
            let (number, _) = found?;
            let Some(id) = OrganizationId::from_record(number) else { continue };
            partitions.insert(id.partition());
            if let Some(own) = said(&snapshot, id.partition(), least)? {
                of.insert(id.partition(), beginning(now, own));
            }
        }
        let living = Some(Living { partitions, since_ms: now.0.saturating_sub(SETTLED) });
        let kept = EventsKept { before_ms: beginning(now, milliseconds(retention)), of, living };
        let forgotten = self.inner.store.events().forget(&kept);
        forgotten.map_err(|error| Error::Store(StoreFailure::Events(error)))
    }
}

/// Events of somebody that were forgotten because there was too much of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsBeyond {
    /// The slug of the organization; none of the provider's own.
    pub organization: Option<String>,
    /// When the newest in the last part of the log that they left happened.
    pub until: Time,
}

impl Directory {
    /// Forgets the oldest events of each organization, and of the provider, that has more than so many
    /// octets in closed parts of the log, and says whose some were. Whoever has too much keeps so
    /// many octets of the newest, and what else is in the part of the log in which they begin. Costs
    /// next to nothing where no part was closed since the last time.
    ///
    /// # Errors
    /// When the store or the event log fails.
    pub fn bound_events(&self, most: u64) -> Result<Vec<EventsBeyond>, Error> {
        let cut = self.inner.store.events().bound(most);
        let cut = cut.map_err(|error| Error::Store(StoreFailure::Events(error)))?;
        if cut.is_empty() {
            return Ok(Vec::new());
        }
        let (snapshot, mut beyond) = (self.inner.store.read()?, Vec::new());
        for EventsCut { partition, newest_ms } in cut {
            let organization = match partition {
                Partition::Provider => None,
                Partition::Organization(number) => {
                    let number = Id::from(number.get());
                    let found = snapshot.get::<Organization>(Partition::Provider, number)?;
                    // Of one that is no more all go soon.
                    let Some(record) = found else { continue };
                    Some(record.fields.slug)
                }
            };
            beyond.push(EventsBeyond { organization, until: Time(newest_ms) });
        }
        Ok(beyond)
    }

    /// Why events are not written, or full parts of the log not compressed, where that is so.
    #[must_use]
    pub fn event_failures(&self) -> Vec<Error> {
        let failures = self.inner.store.events().failures().into_iter();
        failures.map(|error| Error::Store(StoreFailure::Events(error))).collect()
    }
}

/// From when on events are kept, in milliseconds: whoever keeps them for days goes on from midnight to
/// midnight, so that a segment is written anew once a day at most.
fn beginning(now: Time, kept: u64) -> u64 {
    let from = now.0.saturating_sub(kept);
    if kept < DAY { from } else { from - from % DAY }
}
