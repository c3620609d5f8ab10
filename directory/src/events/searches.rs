//! Searches as events: those that failed, but in a storm, and of the others as many as their
//! organization says.

use std::net::IpAddr;

use storage::{Change, Reading, Snapshot};

use super::allowances::{Allowance, Allowances, Untold};
use super::{Action, Event, EventActor, Outcome, SearchTold, SubjectKind, differences};
use crate::access::{Context, Grant, ManageConfiguration, View, organization};
use crate::collections::Site;
use crate::directory::Directory;
use crate::error::{Error, Invalid};
use crate::id::{OrganizationId, Place};
use crate::records::{SearchTelling, THE_ONLY_ONE};
use crate::search::SearchGrant;
use crate::time::Time;
use crate::tools::FailuresTold;

/// One search in so many is told at least, where some are.
pub const SEARCHES_LEFT_OUT: u32 = 1_000_000;
/// So many failures of those who are nobody are told one by one in a minute, and of one source the
/// second number. The others are counted: whoever reaches the daemon could fill the provider's log.
const STRANGERS_TOLD: Allowance = Allowance { all: 120, of_one: 30 };

/// How many searches failed of late, of each organization and of those who are nobody. Beyond an
/// allowance they are counted: whoever may bind could push everything else out of the organization's
/// log by a storm of them, since they cost nothing.
pub(crate) struct FailedSearches {
    of_late: Allowances<Option<OrganizationId>>,
    /// What an organization's own have.
    own: Allowance,
}

impl FailedSearches {
    /// A single source has half of what an organization has, so that none hides what comes from others.
    pub(crate) fn within(FailuresTold(all): FailuresTold) -> Self {
        let own = Allowance { all, of_one: all.div_ceil(2) };
        Self { of_late: Allowances::default(), own }
    }
}

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

    /// Whether a search that failed is told by itself; else it is counted. Of those of nobody the
    /// provider is told.
    pub fn is_failure_told(
        &self,
        organization: Option<OrganizationId>,
        source: IpAddr,
        now: Time,
    ) -> bool {
        let FailedSearches { of_late, own } = &self.inner.failed_searches;
        let allowance = if organization.is_some() { *own } else { STRANGERS_TOLD };
        let (told, before) = of_late.take(organization, Some(source), allowance, now);
        if let Some(untold) = before {
            self.note_untold_searches(organization, untold);
        }
        told
    }

    /// Tells of what was only counted, once its minute is over: searches that failed, sign-ins with
    /// logins of no admin or with a right password alone, and binds in clear.
    pub fn tell_untold_failures(&self, now: Time) {
        self.tell_untold_strangers(now);
        self.tell_untold_begun(now);
        for (organization, untold) in self.inner.failed_searches.of_late.over(now) {
            self.note_untold_searches(organization, untold);
        }
        self.tell_untold_proofs(now);
    }

    fn note_untold_searches(&self, organization: Option<OrganizationId>, untold: Untold) {
        let place = organization.map_or(Place::Provider, Into::into);
        let words = "searches that failed within a minute beside those that are told";
        self.note_untold(place, (Action::LdapSearch, None), words, untold);
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
}
