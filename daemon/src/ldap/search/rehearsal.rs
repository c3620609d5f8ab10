//! Searches that are gone through without anything being written.

use directory::Error;
use directory::search::{SearchGrant, Searching};
use ldap::{Answer, Outcome, SearchRequest};

use super::super::aim::Aim;
use super::{Begin, Pause, Running, Terms, begin, go_through};
use crate::clock::Clock;

/// So many names are kept.
const NAMES: usize = 10;
/// What is said of a page that is full.
const PAGE: &str = "the first page is full; the next ones have more";

/// What a search would have told.
pub(in crate::ldap) struct Rehearsed {
    /// How it ended.
    pub(in crate::ldap) outcome: Outcome,
    /// How many entries it told.
    pub(in crate::ldap) entries: u64,
    /// The names of the first of them.
    pub(in crate::ldap) names: Vec<String>,
    /// Every entry was looked at, as no index served the filter.
    pub(in crate::ldap) scans: bool,
}

impl Rehearsed {
    /// A search that told no entry.
    pub(in crate::ldap) const fn ended(outcome: Outcome) -> Self {
        Self { outcome, entries: 0, names: Vec::new(), scans: false }
    }

    fn tell(&mut self, name: impl FnOnce() -> String) {
        if self.names.len() < NAMES {
            self.names.push(name());
        }
        self.entries += 1;
    }
}

/// Goes through a search to its end.
///
/// # Errors
/// When the directory fails.
pub(in crate::ldap) fn rehearse(
    grant: &SearchGrant<'_, '_>,
    (aim, request): (&Aim, &SearchRequest),
    terms: Terms,
    clock: Clock,
) -> Result<Rehearsed, Error> {
    let mut running = match begin(grant, aim, request, terms)? {
        Begin::Running(running) => running,
        Begin::Answered(Answer::Result(outcome)) => return Ok(Rehearsed::ended(outcome)),
        Begin::Answered(_) => return Ok(Rehearsed::ended(Outcome::success())),
    };
    let mut rehearsed = Rehearsed::ended(Outcome::success());
    rehearsed.scans = running.searching.as_ref().is_some_and(Searching::scans);
    let paused = loop {
        match running.rehearse(grant, clock, &mut rehearsed)? {
            Some(Pause::Output | Pause::Turn) => {}
            paused => break paused,
        }
    };
    rehearsed.outcome = match paused.map(|pause| pause.answer(Vec::new)) {
        None => Outcome::success(),
        Some(Answer::Result(outcome)) => outcome,
        Some(_) => Outcome::new(ldap::ResultCode::Success, PAGE),
    };
    Ok(rehearsed)
}

impl Running {
    /// Goes on as far as it goes in one turn.
    fn rehearse(
        &mut self,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        rehearsed: &mut Rehearsed,
    ) -> Result<Option<Pause>, Error> {
        while let Some(place) = self.places.pop_front() {
            if let Err(pause) = self.terms.room() {
                return Ok(Some(pause));
            }
            rehearsed.tell(|| place.dn(&self.naming));
            self.terms.spend();
        }
        let naming = &self.naming;
        if let Some(id) = self.single.take() {
            grant.show(id, &mut |found| {
                rehearsed.tell(|| naming.entry(found.entry()));
                Ok(())
            })?;
            return Ok(None);
        }
        let Some(searching) = &mut self.searching else { return Ok(None) };
        go_through(grant, searching, (&mut self.terms, clock), |found| {
            rehearsed.tell(|| naming.entry(found.entry()));
            Ok(None)
        })
    }
}
