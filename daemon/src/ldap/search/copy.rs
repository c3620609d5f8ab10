//! Searches that keep a client's copy up to date (RFC 4533).
//!
//! A cookie stands for a commit. What the change log names since then is looked at again: what
//! matches is told, what does not is gone. Where it matters that a client may have had what its
//! caller may not see any more, or where the log does not tell, all entries are gone through:
//! entries that stayed as they were are mentioned, the others told, and what is neither is gone
//! (RFC 4533 section 3.3.1). Of whoever stays to hear of changes is kept which entries it has, one
//! bit each; each change makes the log be read from where the client is. Who comes back to stay is told
//! what changed alone, but all entries are gone through to know which it has.

mod cookie;
#[cfg(test)]
#[path = "../../../fuzz/src/targets/cookies.rs"]
mod fuzzed;
mod pass;
mod rest;

use std::collections::HashMap;
use std::sync::Arc;

use directory::Error;
use directory::access::Actor;
use directory::search::{EntryId, EntrySet, Kind, SearchGrant, Since, Touched};
use ldap::control::sync::{Reload, SyncDone, SyncInfo};
use ldap::{Answer, EntryWriter, Outcome, ResultCode, SearchRequest};

use super::super::SearchLimits;
use super::super::aim::Aim;
use super::super::replies::asking;
use super::super::view::{self, Spoken, Target};
use super::{Begin, Pause, Running, Terms, begin_among, kinds_of};
use crate::clock::Clock;
use cookie::Cookie;
use pass::Pass;
use rest::{Known, Rest};

/// The most ids that one message tells.
const IDS: usize = 256;

/// A search that keeps a copy up to date.
pub(in crate::ldap) struct Copy {
    asker: Asker,
    aim: Arc<Aim>,
    request: SearchRequest,
    limits: SearchLimits,
    cookie: Cookie,
    /// The filter follows references from entry to entry: which ones match, no change of theirs tells.
    chained: bool,
    /// Who stays is brought up to date by going through all entries.
    whole: bool,
    stage: Stage,
    /// The stored entry that the search begins at, if it is one.
    begins_at: Option<EntryId>,
    /// The commit up to which the client knows everything.
    position: u64,
    pass: Option<Pass>,
    /// Which stored entries the client has, while it stays.
    told: EntrySet,
    /// Which other entries it has.
    places: Vec<[u8; 16]>,
    /// Something changed since the last pass began.
    stale: bool,
    /// What ends with the search.
    _held: Option<Held>,
}

/// What a search that stays holds: its place among those of its organization, and its bell.
pub(in crate::ldap) type Held =
    (crate::admission::Place<directory::OrganizationId>, directory::Following);

/// Who keeps the copy.
pub(in crate::ldap) struct Asker {
    pub(in crate::ldap) actor: Actor,
    pub(in crate::ldap) spoken: Option<Spoken>,
    /// It is a user, who may not collect as much as an application.
    pub(in crate::ldap) user: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The copy is brought up to date.
    Refresh,
    /// The client hears of changes.
    Persist,
}

impl Copy {
    /// Begins to bring a copy up to date; `held` by a client that stays.
    pub(in crate::ldap) fn new(
        asker: Asker,
        (aim, request): (&Arc<Aim>, &SearchRequest),
        limits: &SearchLimits,
        held: Option<Held>,
    ) -> Self {
        let chained = view::has_chain(&request.filter);
        Self {
            asker,
            aim: Arc::clone(aim),
            cookie: request.sync.as_deref().map(Cookie::read).unwrap_or_default(),
            chained,
            whole: chained,
            request: request.clone(),
            limits: *limits,
            stage: Stage::Refresh,
            begins_at: None,
            position: 0,
            pass: None,
            told: EntrySet::default(),
            places: Vec::new(),
            stale: held.is_some(),
            _held: held,
        }
    }

    /// Whether the client stays to hear of changes.
    pub(in crate::ldap) fn stays(&self) -> bool {
        self.request.sync.as_ref().is_some_and(|sync| sync.persist)
    }

    /// Takes note that something changed.
    pub(in crate::ldap) fn disturb(&mut self) {
        self.stale = true;
    }

    /// As [`Running::looked_through`](super::Running::looked_through).
    pub(super) fn looked_through(&self) -> Option<(usize, &str)> {
        self.pass.as_ref().and_then(Pass::looked_through)
    }

    /// Tells what there is to tell, as far as it goes.
    ///
    /// # Errors
    /// When the directory fails.
    pub(super) fn run(
        &mut self,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Answer, Error> {
        let mut pass = match self.pass.take() {
            Some(pass) => pass,
            None => match self.begin(grant, clock)? {
                Ok(pass) => pass,
                Err(answer) => return Ok(answer),
            },
        };
        let paused = match pass.know(self, (grant, clock))? {
            Known::All => pass.run(self, grant, clock, writer)?,
            Known::Paused(pause) => Some(pause),
            Known::Lost => {
                self.whole = true;
                (self.told, self.places) = (EntrySet::default(), Vec::new());
                return Ok(Answer::More);
            }
        };
        match paused {
            None => self.end(pass, (grant, clock), writer),
            Some(Pause::Output | Pause::Turn) => {
                self.pass = Some(pass);
                Ok(Answer::More)
            }
            Some(pause) => Ok(pause.answer(Vec::new)),
        }
    }

    /// Begins a pass over what may look different.
    fn begin(
        &mut self,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
    ) -> Result<Result<Pass, Answer>, Error> {
        // A search that begins to stay may have missed what came between its snapshot and its bell.
        self.stale &= self.stage == Stage::Refresh;
        let until = grant.sequence();
        let since = match self.commit(grant)? {
            Some(commit) => grant.since(commit)?,
            None => Since::Unknown,
        };
        if self.stage == Stage::Refresh
            && !matches!(since, Since::Entries(_))
            && self.wants_refusal()
        {
            return Ok(Err(begin_anew()));
        }
        let (touched, gone) = match (since, self.stage) {
            (Since::Entries(Touched { entries, gone, .. }), _) => {
                let untouched = entries.is_empty() && gone.is_empty();
                (Some(entries).filter(|_| untouched || !self.chained), gone)
            }
            (Since::Everything(gone), Stage::Persist) => {
                // Names may have changed as well.
                let asking = asking(self.asker.actor, grant, self.asker.spoken.as_ref());
                self.aim = Arc::new(Aim::at(self.aim.base.clone(), grant, asking)?);
                (None, gone)
            }
            (Since::Everything(_) | Since::Unknown, Stage::Refresh) => (None, HashMap::new()),
            (Since::Unknown, Stage::Persist) => return Ok(Err(begin_anew())),
        };
        let part = match &touched {
            // One entry is looked at as a whole.
            _ if matches!(self.aim.target, Ok(Target::Entry(_))) => false,
            None => false,
            Some(_) => self.stage == Stage::Persist || self.is_refreshed_in_part(grant)?,
        };
        let running = match self.running(grant, clock, touched.as_ref().filter(|_| part))? {
            Ok(running) => running,
            Err(answer) => return Ok(Err(answer)),
        };
        if !self.begins_where_it_did(grant)? {
            return Ok(Err(another_base()));
        }
        let mut pass = Pass::new(running, until, (touched, gone), part);
        if part && self.stays() && self.stage == Stage::Refresh {
            match self.running(grant, clock, None)? {
                Ok(running) => pass.rest = Some(Rest::new(running, until, grant.next_number()?)),
                Err(answer) => return Ok(Err(answer)),
            }
        }
        self.first_gone(&mut pass, grant)?;
        Ok(Ok(pass))
    }

    /// Begins to go through all entries, or through these. Ends the search also of who stays, when the
    /// base leads to nothing any more (RFC 4533 section 3.5.1).
    fn running(
        &self,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        among: Option<&EntrySet>,
    ) -> Result<Result<Box<Running>, Answer>, Error> {
        let (asked, terms) = ((&*self.aim, &self.request), self.terms(clock));
        Ok(match begin_among(grant, asked, terms, among)? {
            Begin::Running(running) => Ok(running),
            Begin::Answered(answer) => Err(answer),
        })
    }

    /// Whether a copy is brought up to date by what may look different alone, and what is gone is named
    /// (RFC 4533 section 3.9): what the caller had and does not see any more, nobody knows.
    fn is_refreshed_in_part(&self, grant: &SearchGrant<'_, '_>) -> Result<bool, Error> {
        Ok(!(self.stays() && self.whole) && grant.sees_by_kind()?)
    }

    /// Takes note of the stored entry that the search begins at; says no when the name led to another
    /// one before (RFC 4533 section 3.5.1).
    fn begins_where_it_did(&mut self, grant: &SearchGrant<'_, '_>) -> Result<bool, Error> {
        let begins_at = match &self.aim.target {
            Ok(Target::Entry(named)) => named.find(&|kind, name| grant.find(kind, name))?,
            Ok(Target::Base | Target::Container(_)) | Err(_) => None,
        };
        let did = std::mem::replace(&mut self.begins_at, begins_at);
        Ok(self.stage == Stage::Refresh || did == begins_at)
    }

    /// Whether the client rather hears that its cookie is of no use than everything anew.
    fn wants_refusal(&self) -> bool {
        let sync = self.request.sync.as_deref();
        sync.is_some_and(|sync| sync.cookie.is_some() && sync.reload == Reload::Refusal)
    }

    /// The commit from which on the client wants to know; `None` for everything.
    fn commit(&self, grant: &SearchGrant<'_, '_>) -> Result<Option<u64>, Error> {
        match (self.stage, &self.request.sync) {
            (Stage::Persist, _) => Ok(Some(self.position)),
            (Stage::Refresh, Some(sync)) => self.cookie.commit(grant, (sync, &self.names())),
            (Stage::Refresh, None) => Ok(None),
        }
    }

    /// How the entries of the copy are named, so that no copy comes to hold names of two kinds.
    fn names(&self) -> String {
        [Kind::User, Kind::Group].map(|kind| self.aim.naming.named(kind, "")).concat()
    }

    /// A copy is as long as it is, and takes as long as its client allows.
    fn terms(&self, clock: Clock) -> Terms {
        let mut terms = Terms::new(&self.limits, clock, &self.request, (self.asker.user, false));
        terms.paged = false;
        terms.entries = if self.asker.user { self.limits.paged_total } else { u64::MAX };
        if self.request.time_limit.is_zero() || self.stage == Stage::Persist {
            terms.deadline = std::time::Duration::MAX;
        }
        terms
    }

    /// Tells of deleted entries first: others may have got their names.
    fn first_gone(&mut self, pass: &mut Pass, grant: &SearchGrant<'_, '_>) -> Result<(), Error> {
        if !pass.part {
            return Ok(());
        }
        for (entry, known_as) in &pass.deleted {
            if self.had(*entry, grant)? {
                self.told.remove(*entry);
                pass.gone.push(*known_as.as_bytes());
            }
        }
        Ok(())
    }

    /// Whether the client had an entry, or may have had it, which is all that is known of what changed
    /// before a refresh: entries of a kind that it is not shown it never had.
    fn had(&self, entry: EntryId, grant: &SearchGrant<'_, '_>) -> Result<bool, Error> {
        match self.stage {
            Stage::Refresh => {
                let shown = kinds_of(&self.aim, &self.request);
                Ok(shown.contains(entry.kind()) && grant.sees(entry)?)
            }
            Stage::Persist => Ok(self.told.contains(entry)),
        }
    }

    /// Everything was looked at: says what is gone and how far the copy is up to date.
    fn end(
        &mut self,
        mut pass: Pass,
        (grant, clock): (&SearchGrant<'_, '_>, Clock),
        writer: &mut EntryWriter<'_>,
    ) -> Result<Answer, Error> {
        if !pass.judged {
            pass.judged = true;
            self.last_gone(&mut pass, grant)?;
        }
        let Some(sync) = self.request.sync.as_deref() else {
            return Ok(Answer::Result(Outcome::success()));
        };
        let cookie = self.cookie.at(grant, (sync, &self.names()), (pass.until, clock.wall()))?;
        if !self.stays() {
            if pass.tell_ids(writer).is_err() {
                self.pass = Some(pass);
                return Ok(Answer::More);
            }
            writer.synchronized(SyncDone { cookie, deletes: pass.part });
            return Ok(Answer::Result(Outcome::success()));
        }
        let told = pass.tell_ids(writer).and_then(|()| match self.stage {
            Stage::Refresh if pass.part => writer.inform(SyncInfo::RefreshDelete(&cookie)),
            Stage::Refresh => writer.inform(SyncInfo::RefreshPresent(&cookie)),
            Stage::Persist if pass.news => writer.inform(SyncInfo::NewCookie(&cookie)),
            Stage::Persist => Ok(()),
        });
        if told.is_err() {
            self.pass = Some(pass);
            return Ok(Answer::More);
        }
        self.position = pass.until;
        self.stage = Stage::Persist;
        Ok(if self.stale { Answer::More } else { Answer::Waiting })
    }

    /// Adds to what is gone the entries that do not match any more.
    fn last_gone(&mut self, pass: &mut Pass, grant: &SearchGrant<'_, '_>) -> Result<(), Error> {
        let unseen = |entry: &EntryId| !pass.seen.contains(*entry);
        let lost: Vec<EntryId> = match (&pass.touched, self.stage) {
            (Some(touched), _) if pass.part => {
                let stored = |entry: &EntryId| !pass.deleted.contains_key(entry);
                touched.iter().filter(unseen).filter(stored).collect()
            }
            // What is gone is what was not mentioned.
            (_, Stage::Refresh) => Vec::new(),
            (_, Stage::Persist) => self.told.iter().filter(unseen).collect(),
        };
        for entry in lost {
            if !self.had(entry, grant)? {
                continue;
            }
            let known_as = match pass.deleted.get(&entry) {
                Some(known_as) => Some(*known_as),
                None => grant.known_as(entry)?,
            };
            if let Some(known_as) = known_as {
                self.told.remove(entry);
                pass.gone.push(*known_as.as_bytes());
            } else {
                // It was deleted meanwhile: the next pass tells that, of what the client is known to have.
                self.told.insert(entry);
            }
        }
        if !pass.part {
            let places = std::mem::replace(&mut self.places, std::mem::take(&mut pass.places));
            if self.stage == Stage::Persist {
                pass.gone.extend(places.iter().filter(|place| !self.places.contains(place)));
            }
        }
        Ok(())
    }
}

/// Says that the client has to begin anew (RFC 4533 section 3.8).
fn begin_anew() -> Answer {
    refresh_required("too much has changed to tell; bring the copy up to date again")
}

/// Says that the name that the search begins at is another entry's.
fn another_base() -> Answer {
    refresh_required("the base is the name of another entry now; bring the copy up to date again")
}

fn refresh_required(words: &'static str) -> Answer {
    Answer::Result(Outcome::new(ResultCode::SyncRefreshRequired, words))
}
