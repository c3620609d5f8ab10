//! Searches as events: those that failed, within an allowance, and of the others as many as their
//! organization says.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use storage::{Change, Reading, Snapshot};

use super::{Action, Event, EventActor, Outcome, SearchTold, SubjectKind, differences};
use crate::access::{Context, Grant, ManageConfiguration, View, organization};
use crate::collections::Site;
use crate::directory::Directory;
use crate::error::{Error, Invalid};
use crate::id::{OrganizationId, Place};
use crate::records::{SearchTelling, THE_ONLY_ONE};
use crate::search::SearchGrant;
use crate::time::Time;

/// One search in so many is told at least, where some are.
pub const SEARCHES_LEFT_OUT: u32 = 1_000_000;
/// So many failures of an organization are told one by one in a minute. The others are counted: a
/// storm of them would fill the disk.
pub const FAILURES_TOLD: u32 = 120;

const MINUTE: u64 = 60_000;

impl Grant<'_, &Snapshot, View> {
    /// Which searches of the organization are told as events.
    ///
    /// # Errors
    /// When the store fails.
    pub fn search_telling(&self) -> Result<SearchTelling, Error> {
        let partition = self.organization()?.partition();
        let telling = self.source.get::<SearchTelling>(partition, THE_ONLY_ONE)?;
        Ok(telling.unwrap_or_default())
    }
}

impl Grant<'_, &mut Change<'_>, ManageConfiguration> {
    /// Says which searches of the organization are told as events; with `revision`, only when that
    /// is still of what was said before.
    ///
    /// # Errors
    /// `Invalid` for fewer than one in a million; `Stale`.
    pub fn set_search_telling(
        &mut self,
        revision: Option<u64>,
        telling: SearchTelling,
    ) -> Result<(), Error> {
        let id = self.organization()?;
        if telling.one_in > SEARCHES_LEFT_OUT {
            return Err(Invalid::new("/one_in", "must be 0 to 1000000").into());
        }
        let record = organization(&*self.source, id)?.ok_or(Error::Missing)?;
        let partition = id.partition();
        let before = self.source.get::<SearchTelling>(partition, THE_ONLY_ONE)?.unwrap_or_default();
        if revision.is_some_and(|seen| seen != before.revision()) {
            return Err(Error::Stale);
        }
        if before == telling {
            return Ok(());
        }
        self.source.put(partition, THE_ONLY_ONE, &telling)?;
        let told = differences(Some(&before), Some(&telling)).into_iter();
        let told = told.map(|mut it| {
            it.field = format!("event_sampling.{}", it.field);
            it
        });
        let subject = (SubjectKind::Organization, record.uuid, record.fields.slug.as_str());
        self.site_mut().tell(Action::Changed, subject, told.collect())
    }
}

impl SearchGrant<'_, '_> {
    /// Which searches of the caller's organization are told as events.
    pub fn telling(&self) -> SearchTelling {
        self.seen.searches
    }
}

impl Directory {
    /// Whether a search is one of those that are told although they did not fail.
    pub fn is_told(&self, telling: SearchTelling) -> bool {
        match telling.one_in {
            0 => false,
            1 => true,
            many => u64::from_le_bytes(self.inner.tools.random()).is_multiple_of(many.into()),
        }
    }

    /// Whether a search that failed is told by itself; else it is counted. Of those who are nobody
    /// the provider is told.
    pub fn is_failure_told(&self, organization: Option<OrganizationId>, now: Time) -> bool {
        let (told, before) = self.inner.failed_searches.take(organization, now);
        if let Some(untold) = before {
            self.note_untold(organization, untold);
        }
        told
    }

    /// Tells of the failures that were only counted, once their minute is over.
    pub fn tell_untold_failures(&self, now: Time) {
        for (organization, untold) in self.inner.failed_searches.over(now) {
            self.note_untold(organization, untold);
        }
    }

    /// Tells of a search.
    pub fn tell_search(&self, context: &Context, told: SearchTold, failure: Option<String>) {
        let place = context.actor.organization().map_or(Place::Provider, Into::into);
        // A search was answered; that its event cannot be named must not turn that into an error.
        let Ok(snapshot) = self.inner.store.read() else { return };
        let site = Site { source: &snapshot, place, context, tools: &self.inner.tools };
        let event = Event {
            at: context.now,
            actor: site.event_actor().unwrap_or(EventActor::Nobody),
            source: context.source,
            action: Action::LdapSearch,
            subject: None,
            outcome: failure.map_or(Outcome::Success, Outcome::Failure),
            differences: Vec::new(),
            access: None,
            request: None,
            search: Some(Box::new(told)),
        };
        self.note_event(place, &event);
    }

    fn note_untold(&self, organization: Option<OrganizationId>, untold: Untold) {
        let Untold { count, last } = untold;
        let event = Event {
            at: last,
            actor: EventActor::Daemon,
            source: None,
            action: Action::LdapSearch,
            subject: None,
            outcome: Outcome::Failure(format!(
                "searches that failed within a minute beside the {FAILURES_TOLD} that are told: {count}"
            )),
            differences: Vec::new(),
            access: None,
            request: None,
            search: None,
        };
        self.note_event(organization.map_or(Place::Provider, Into::into), &event);
    }
}

/// How many searches failed of late, of each organization and of those who are nobody.
#[derive(Default)]
pub(crate) struct FailedSearches {
    minutes: Mutex<HashMap<Option<OrganizationId>, Minute>>,
}

struct Minute {
    begun: Time,
    told: u32,
    untold: Untold,
}

/// Failures that were not told one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Untold {
    count: u64,
    /// When the last of them was.
    last: Time,
}

impl FailedSearches {
    /// Takes note of a failure: whether it is told by itself, and what was not told of a minute
    /// that is over.
    fn take(&self, whose: Option<OrganizationId>, now: Time) -> (bool, Option<Untold>) {
        let mut minutes = self.lock();
        let minute = minutes.entry(whose).or_insert_with(|| Minute::beginning(now));
        let before = minute.is_over(now).then(|| {
            let ended = std::mem::replace(minute, Minute::beginning(now));
            ended.untold
        });
        let told = minute.told < FAILURES_TOLD;
        if told {
            minute.told = minute.told.saturating_add(1);
        } else {
            let count = minute.untold.count.saturating_add(1);
            minute.untold = Untold { count, last: now };
        }
        (told, before.filter(|untold| untold.count > 0))
    }

    /// What was not told of minutes that are over; they are forgotten.
    fn over(&self, now: Time) -> Vec<(Option<OrganizationId>, Untold)> {
        let mut minutes = self.lock();
        let over = minutes.iter().filter(|(_, minute)| minute.is_over(now));
        let untold = over.map(|(whose, minute)| (*whose, minute.untold));
        let untold = untold.filter(|(_, untold)| untold.count > 0).collect();
        minutes.retain(|_, minute| !minute.is_over(now));
        untold
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<OrganizationId>, Minute>> {
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Minute {
    fn beginning(now: Time) -> Self {
        Self { begun: now, told: 0, untold: Untold { count: 0, last: now } }
    }

    /// A clock that was put back ends it, too.
    fn is_over(&self, now: Time) -> bool {
        now < self.begun || now >= self.begun.plus(MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RecordId;

    #[test]
    fn a_storm_of_failures_is_counted_and_takes_nothing_from_others() {
        let failures = FailedSearches::default();
        let acme = OrganizationId::from_record(1);
        let start = Time(1_000_000);
        for _ in 0..FAILURES_TOLD {
            assert_eq!(failures.take(acme, start), (true, None));
        }
        assert_eq!(failures.take(acme, start), (false, None));
        assert_eq!(failures.take(acme, start.plus(MINUTE - 1)), (false, None));
        assert_eq!(failures.take(None, start), (true, None), "those who are nobody");
        assert!(failures.over(start.plus(MINUTE - 1)).is_empty());
        let untold = Untold { count: 2, last: start.plus(MINUTE - 1) };
        assert_eq!(failures.take(acme, start.plus(MINUTE)), (true, Some(untold)));
        assert!(failures.over(start.plus(2 * MINUTE)).is_empty(), "all of it was told");
        assert!(failures.lock().is_empty(), "what is over takes no memory");
        for _ in 0..=FAILURES_TOLD {
            let _told = failures.take(acme, start);
        }
        let untold = Untold { count: 1, last: start };
        assert_eq!(failures.over(start.plus(MINUTE)), [(acme, untold)]);
    }
}
