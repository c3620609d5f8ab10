//! One pass over the entries of a copy.

use std::collections::HashMap;

use directory::Error;
use directory::search::{EntryId, EntrySet, Found, SearchGrant};
use ldap::control::sync::{SyncInfo, SyncState};
use ldap::{EntryWriter, Stop};
use uuid::Uuid;

use super::super::super::view::{self, Naming, custom};
use super::super::{Pause, Running, go_through};
use super::{Copy, IDS, Stage};
use crate::clock::Clock;

/// One pass over the entries of a copy.
pub(super) struct Pass {
    running: Box<Running>,
    /// The commit up to which everything is told when the pass is over.
    pub(super) until: u64,
    /// What may look different; `None` for everything.
    pub(super) touched: Option<EntrySet>,
    /// What was deleted, and how it was known.
    pub(super) deleted: HashMap<EntryId, Uuid>,
    /// Only what may look different is looked at.
    pub(super) part: bool,
    /// What the pass has found.
    pub(super) seen: EntrySet,
    /// What it has found of what is not stored.
    pub(super) places: Vec<[u8; 16]>,
    /// Entries to be mentioned, a message full at most.
    mentioned: Vec<[u8; 16]>,
    /// Entries that are gone, to be told.
    pub(super) gone: Vec<[u8; 16]>,
    /// All entries were judged.
    pub(super) judged: bool,
    /// Something was told.
    pub(super) news: bool,
}

impl Pass {
    pub(super) fn new(
        running: Box<Running>,
        until: u64,
        (touched, deleted): (Option<EntrySet>, HashMap<EntryId, Uuid>),
        part: bool,
    ) -> Self {
        Self {
            running,
            until,
            touched,
            deleted,
            part,
            seen: EntrySet::default(),
            places: Vec::new(),
            mentioned: Vec::new(),
            gone: Vec::new(),
            judged: false,
            news: false,
        }
    }

    pub(super) fn looked_through(&self) -> Option<(usize, &str)> {
        self.running.looked_through()
    }

    /// Tells of entries, as far as it goes.
    ///
    /// # Errors
    /// When the directory fails.
    pub(super) fn run(
        &mut self,
        copy: &mut Copy,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Option<Pause>, Error> {
        if self.judged {
            return Ok(None);
        }
        self.running.terms.go_on(clock);
        let paused = self.tell(copy, grant, clock, writer)?;
        if paused == Some(Pause::Output) {
            self.running.terms.wait(clock);
        }
        Ok(paused)
    }

    fn tell(
        &mut self,
        copy: &mut Copy,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Option<Pause>, Error> {
        // What is known to be gone comes before anything that may have its name.
        if let Err(stop) = self.tell_gone(writer) {
            return Ok(Some(stop.into()));
        }
        if let Some(pause) = self.tell_places(copy, grant, writer)? {
            return Ok(Some(pause));
        }
        self.tell_stored(copy, grant, clock, writer)
    }

    fn tell_places(
        &mut self,
        copy: &Copy,
        grant: &SearchGrant<'_, '_>,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Option<Pause>, Error> {
        while let Some(place) = self.running.places.front() {
            let naming = &self.running.naming;
            let (dn, uuid) = (place.dn(naming), *place.uuid.as_bytes());
            if let Err(pause) = self.running.terms.room() {
                return Ok(Some(pause));
            }
            let mut outcome = Ok(());
            let told = if self.touched.is_some() {
                mention(&mut self.mentioned, copy.stage, uuid, writer)
            } else {
                self.news = true;
                let state = state(copy.places.contains(&uuid));
                writer.changed(&dn, (state, uuid), |attributes| {
                    outcome = view::write_place(attributes, naming, &dn, place, grant);
                })
            };
            outcome?;
            if let Err(stop) = told {
                return Ok(Some(stop.into()));
            }
            self.places.push(uuid);
            self.running.terms.spend();
            self.running.places.pop_front();
        }
        Ok(None)
    }

    fn tell_stored(
        &mut self,
        copy: &mut Copy,
        grant: &SearchGrant<'_, '_>,
        clock: Clock,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Option<Pause>, Error> {
        let Running { naming, terms, single, searching, custom, .. } = &mut *self.running;
        let custom = custom.choose(naming, grant.schema());
        let mut told = Told {
            copy,
            naming,
            touched: self.touched.as_ref(),
            custom: &custom,
            seen: &mut self.seen,
            mentioned: &mut self.mentioned,
            news: &mut self.news,
        };
        let mut pause = None;
        if let Some(id) = single.take() {
            grant.show(id, &mut |found| {
                pause = told.take(found, writer)?;
                Ok(())
            })?;
            if pause.is_some() {
                *single = Some(id);
            }
            return Ok(pause);
        }
        let Some(searching) = searching else { return Ok(None) };
        go_through(grant, searching, (terms, clock), |found| told.take(found, writer))
    }

    /// Tells of all ids that wait to be told.
    ///
    /// # Errors
    /// [`Stop::Output`] when that has to go on later.
    pub(super) fn tell_ids(&mut self, writer: &mut EntryWriter<'_>) -> Result<(), Stop> {
        if !self.mentioned.is_empty() {
            writer.inform(SyncInfo::Present(&self.mentioned))?;
            self.mentioned.clear();
        }
        self.tell_gone(writer)
    }

    fn tell_gone(&mut self, writer: &mut EntryWriter<'_>) -> Result<(), Stop> {
        while !self.gone.is_empty() {
            let rest = self.gone.len().saturating_sub(IDS);
            writer.inform(SyncInfo::Gone(self.gone.get(rest..).unwrap_or_default()))?;
            self.gone.truncate(rest);
            self.news = true;
        }
        Ok(())
    }
}

/// What happens to the stored entries of a pass.
struct Told<'p> {
    copy: &'p mut Copy,
    naming: &'p Naming,
    touched: Option<&'p EntrySet>,
    custom: &'p custom::Shown<'p>,
    seen: &'p mut EntrySet,
    mentioned: &'p mut Vec<[u8; 16]>,
    news: &'p mut bool,
}

impl Told<'_> {
    /// Tells of an entry, or mentions it when it stayed as it was.
    fn take(
        &mut self,
        found: &Found<'_>,
        writer: &mut EntryWriter<'_>,
    ) -> Result<Option<Pause>, Error> {
        let (id, uuid) = (found.entry().id(), *found.entry().uuid().as_bytes());
        let stays = self.touched.is_some_and(|touched| !touched.contains(id));
        let told = if stays {
            mention(self.mentioned, self.copy.stage, uuid, writer)
        } else {
            self.write(found, (id, uuid), writer)?
        };
        if let Err(stop) = told {
            return Ok(Some(stop.into()));
        }
        self.seen.insert(id);
        if self.copy.stays() {
            self.copy.told.insert(id);
        }
        Ok(None)
    }

    fn write(
        &mut self,
        found: &Found<'_>,
        (id, uuid): (EntryId, [u8; 16]),
        writer: &mut EntryWriter<'_>,
    ) -> Result<Result<(), Stop>, Error> {
        let dn = self.naming.entry(found.entry());
        let mut outcome = Ok(());
        let state = state(self.copy.told.contains(id));
        let written = writer.changed(&dn, (state, uuid), |attributes| {
            outcome = view::write_entry(attributes, self.naming, &dn, found, self.custom);
        });
        outcome?;
        *self.news |= written.is_ok();
        Ok(written)
    }
}

/// What became of an entry that the client has, or has not as far as is known.
const fn state(had: bool) -> SyncState {
    if had { SyncState::Modify } else { SyncState::Add }
}

/// Mentions an entry that stayed as it was; who hears of changes alone need not know.
fn mention(
    mentioned: &mut Vec<[u8; 16]>,
    stage: Stage,
    uuid: [u8; 16],
    writer: &mut EntryWriter<'_>,
) -> Result<(), Stop> {
    if stage == Stage::Persist {
        return Ok(());
    }
    if mentioned.len() >= IDS {
        writer.inform(SyncInfo::Present(mentioned))?;
        mentioned.clear();
    }
    mentioned.push(uuid);
    Ok(())
}
