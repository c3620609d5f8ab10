//! Imports: what was asked for, what came, and how far each is.

use std::ops::Deref;

use serde::Serialize;
use storage::{Change, Id, Partition, Reading, Snapshot};
use uuid::Uuid;

use super::browse::{Batch, Browse};
use super::site::Site;
use crate::access::{Context, Grant, ManageIdentities, View, Who};
use crate::error::{Error, Invalid};
use crate::events::{Action, SubjectKind, differences};
use crate::id::{ImportId, RecordId};
use crate::imports::{CHUNKS, Chunks, IMPORT_ROWS, IMPORTS, Row, RowOutcome, Verdict, made};
use crate::limits;
use crate::records::{
    Asker, Import, ImportCounts, ImportFields, ImportState, ImportWork, Position, Stamp, Token,
    TokenPurpose, indices,
};
use crate::text::prepare;

/// The imports of the grant's organization.
pub struct Imports<'g, S> {
    site: Site<'g, S>,
}

/// A part of what becomes of an import's rows.
pub struct OutcomePage {
    /// What becomes of rows, in the order of the file, each with its place.
    pub outcomes: Vec<(u64, RowOutcome)>,
    /// Where the next part begins; absent at the end.
    pub next: Option<u64>,
}

/// The most octets of what says how a file is read.
const READING: usize = 32 << 10;

/// Who asks for an import, as it is kept.
struct Asked {
    asker: Asker,
    asked_by: String,
    outlives_token: bool,
}

impl Asked {
    fn of(self, import: Import) -> Import {
        let Self { asker, asked_by, outlives_token } = self;
        Import { asker, asked_by, outlives_token, ..import }
    }
}

/// What an event tells of an import.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    fields: &'a ImportFields,
    state: &'static str,
    rows: u64,
    done: ImportCounts,
}

impl<'a> Told<'a> {
    fn of(import: &'a Import) -> Self {
        let Import { fields, rows, done, .. } = import;
        Self { fields, state: import.state.name(), rows: *rows, done: *done }
    }
}

impl<'t, 's> Grant<'t, &'s Snapshot, View> {
    /// The organization's imports, to be read.
    pub fn imports(&self) -> Imports<'t, &'s Snapshot> {
        Imports::new(self.site())
    }
}

impl<'t, 'c> Grant<'t, &mut Change<'c>, ManageIdentities> {
    /// The organization's imports, to be changed.
    pub fn imports(&mut self) -> Imports<'t, &mut Change<'c>> {
        Imports::new(self.site_mut())
    }
}

impl<'g, S> Imports<'g, S> {
    pub(crate) const fn new(site: Site<'g, S>) -> Self {
        Self { site }
    }

    fn partition(&self) -> Partition {
        self.site.partition()
    }

    fn chunks(&self, id: ImportId) -> Chunks {
        Chunks { partition: self.partition(), import: id.record() }
    }

    /// Whether an import waits until the store takes its next step.
    pub fn is_stalled(&self, id: ImportId) -> bool {
        self.site.tools.stalled().has(self.partition(), id.record())
    }
}

impl<S> Imports<'_, S>
where
    S: Deref,
    S::Target: Reading + Sized,
{
    /// Reads an import.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub fn read(&self, id: ImportId) -> Result<Import, Error> {
        self.site.source.get(self.partition(), id.record())?.ok_or(Error::Missing)
    }

    /// Finds the import with an external id.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub fn id_of(&self, uuid: Uuid) -> Result<ImportId, Error> {
        let (partition, index) = (self.partition(), indices::IMPORT_UUID);
        let found = self.site.source.find_first(partition, index, uuid.as_bytes())?;
        found.and_then(ImportId::from_record).ok_or(Error::Missing)
    }

    /// All imports that are kept, in the order in which they were asked for.
    ///
    /// # Errors
    /// When the store fails.
    pub fn all(&self) -> Result<Vec<(ImportId, Import)>, Error> {
        let mut all = Vec::new();
        for found in self.site.source.scan::<Import>(self.partition(), None) {
            let (id, import) = found?;
            all.extend(ImportId::from_record(id).map(|id| (id, import)));
        }
        Ok(all)
    }

    /// What becomes of the rows from a place on, so many at most.
    ///
    /// # Errors
    /// `Missing`, or when the store fails.
    pub fn outcomes(&self, id: ImportId, from: u64, limit: usize) -> Result<OutcomePage, Error> {
        let import = self.read(id)?;
        let place = |chunk: u32, row: u64| u64::from(chunk) << 32 | row;
        let (first, mut row) = (u32::try_from(from >> 32).unwrap_or(u32::MAX), from & 0xffff_ffff);
        let mut outcomes = Vec::new();
        for chunk in first..import.chunks {
            let all = self.chunks(id).outcomes(&*self.site.source, chunk)?;
            for (number, outcome) in (0_u64..).zip(all) {
                if number < row {
                    continue;
                }
                if outcomes.len() == limit {
                    return Ok(OutcomePage { outcomes, next: Some(place(chunk, number)) });
                }
                outcomes.push((place(chunk, number), outcome));
            }
            row = 0;
        }
        Ok(OutcomePage { outcomes, next: None })
    }

    /// Tells of rows by which a user or a group is made what they say, as long as they are kept.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn tell_made(
        &self,
        id: ImportId,
        outcomes: &mut [(u64, RowOutcome)],
    ) -> Result<(), Error> {
        let (mut read, source) = (None::<(u64, Vec<Row>)>, &*self.site.source);
        let made_ones = outcomes.iter_mut().filter(|(_, row)| row.verdict == Verdict::Create);
        for (place, outcome) in made_ones {
            let (chunk, number) = (*place >> 32, *place & 0xffff_ffff);
            if read.as_ref().is_none_or(|(known, _)| *known != chunk) {
                let rows =
                    self.chunks(id).rows(source, u32::try_from(chunk).unwrap_or(u32::MAX))?;
                read = Some((chunk, rows));
            }
            let row = read.as_ref().zip(usize::try_from(number).ok());
            if let Some(row) = row.and_then(|((_, rows), number)| rows.get(number)) {
                let Site { place, context, tools, .. } = self.site;
                outcome.makes(made(row, Site { source, place, context, tools })?);
            }
        }
        Ok(())
    }

    fn read_at(&self, id: ImportId, revision: Option<u64>) -> Result<Import, Error> {
        let import = self.read(id)?;
        match revision {
            Some(seen) if seen != import.stamp.revision => Err(Error::Stale),
            Some(_) | None => Ok(import),
        }
    }
}

impl Browse for Imports<'_, &Snapshot> {
    type Id = ImportId;
    type Record = Import;

    fn batch(
        &self,
        after: Option<ImportId>,
        limit: usize,
    ) -> Result<Batch<ImportId, Import>, Error> {
        let all = self.all()?;
        let behind = all.into_iter().filter(|(id, _)| after.is_none_or(|after| *id > after));
        let mut records: Vec<_> = behind.take(limit.saturating_add(1)).collect();
        let is_more = records.len() > limit;
        records.truncate(limit);
        Ok((records, is_more))
    }

    fn called(&self, name: &str) -> Result<Vec<(ImportId, Import)>, Error> {
        let name = prepare(name);
        let mut all = self.all()?;
        all.retain(|(_, import)| prepare(&import.fields.name) == name);
        Ok(all)
    }

    fn candidate(&self, id: ImportId) -> Result<Option<Import>, Error> {
        Ok(self.site.source.get(self.site.partition(), id.record())?)
    }
}

impl Imports<'_, &mut Change<'_>> {
    /// Begins an import, whose rows are to come. Where there are as many as are kept, it takes the place
    /// of the oldest that is over.
    ///
    /// # Errors
    /// `Invalid` for what is not acceptable; `Forbidden` when there are too many that are not over.
    pub fn create(&mut self, fields: ImportFields) -> Result<(ImportId, Import), Error> {
        limits::name("/name", &fields.name)?;
        if fields.reading.len() > READING {
            let message = format!("has more than {READING} octets");
            return Err(Invalid::new("/mapping", message).into());
        }
        self.make_room()?;
        let (partition, now) = (self.partition(), self.site.now());
        let number = self.site.source.allocate(partition)?;
        let id = ImportId::from_record(number).ok_or(Error::Missing)?;
        let Asked { asker, asked_by, outlives_token } = self.asked()?;
        let import = Import {
            uuid: self.site.tools.uuid(now),
            stamp: Stamp::new(now),
            fields,
            state: ImportState::Receiving,
            asker,
            asked_by,
            upload: 0,
            chunks: 0,
            rows: 0,
            ignored: 0,
            checked: 0,
            applied: 0,
            joined: 0,
            planned: ImportCounts::default(),
            done: ImportCounts::default(),
            position: Position::default(),
            outlives_token,
            numbered_first: false,
        };
        self.site.source.put(partition, number, &import)?;
        let work = self.work(id)?;
        let place = self.site.source.allocate(Partition::Provider)?;
        self.site.source.put(Partition::Provider, place, &work)?;
        self.tell(Action::Created, None, Some(&import))?;
        Ok((id, import))
    }

    /// Forgets the oldest import that is over where there are as many as are kept; one that may go on
    /// only where there is no other.
    fn make_room(&mut self) -> Result<(), Error> {
        let all = self.all()?;
        if all.len() < IMPORTS {
            return Ok(());
        }
        let over = all.iter().filter(|(_, import)| import.state.is_over());
        let oldest = over.min_by_key(|(id, import)| (import.state.may_go_on(), *id));
        let text = "there are 20 imports, none of which is over: wait, or cancel one";
        let (id, _) = oldest.ok_or(Error::Forbidden(text))?;
        self.delete(*id, None)
    }

    /// Begins to take rows in place of those that came before; tells by what they are handed over.
    ///
    /// # Errors
    /// `Missing`; `Forbidden` when all rows came already.
    pub fn begin_upload(&mut self, id: ImportId) -> Result<u32, Error> {
        let mut import = self.receiving(id)?;
        self.chunks(id).forget_rows(self.site.source, import.chunks)?;
        import.upload = import.upload.saturating_add(1);
        (import.chunks, import.rows, import.ignored) = (0, 0, 0);
        self.keep(id, &import)?;
        Ok(import.upload)
    }

    /// Takes rows.
    ///
    /// # Errors
    /// `Missing`; `Stale` when another upload began; `Forbidden` when there are too many rows.
    pub fn append(&mut self, id: ImportId, upload: u32, rows: &[Row]) -> Result<(), Error> {
        let mut import = self.uploaded(id, upload)?;
        import.rows = import.rows.saturating_add(rows.len() as u64);
        if import.rows > IMPORT_ROWS || import.chunks >= CHUNKS {
            return Err(Error::Forbidden("an import has 250000 rows at most; make several"));
        }
        self.chunks(id).put_rows(self.site.source, import.chunks, rows)?;
        import.chunks = import.chunks.saturating_add(1);
        self.keep(id, &import)
    }

    /// Says that all rows came, `ignored` that were neither users nor groups: now they are checked,
    /// and perhaps applied, as asked for by whoever says so.
    ///
    /// # Errors
    /// `Missing`; `Stale` when another upload began.
    pub fn finish_upload(
        &mut self,
        id: ImportId,
        upload: u32,
        ignored: u64,
    ) -> Result<Import, Error> {
        let before = self.uploaded(id, upload)?;
        let asked = self.asked()?;
        let after = asked.of(Import { ignored, state: ImportState::Checking, ..before.clone() });
        self.change(id, &before, after)
    }

    /// Says that all rows were checked: they are applied, unless somebody has to say so; with
    /// `numbered_first` those before the others that say their POSIX number.
    pub(crate) fn checked(&mut self, id: ImportId, numbered_first: bool) -> Result<(), Error> {
        let before = self.read(id)?;
        let goes_on = before.planned.error == 0 || before.fields.leave_out_errors;
        let applies = goes_on && !before.fields.dry_run;
        let state = if applies { ImportState::Applying } else { ImportState::Checked };
        let after = Import { state, numbered_first, ..before.clone() };
        self.change(id, &before, after).map(drop)
    }

    /// Has an import applied that was checked, with `leave_out_errors` also when rows are in error; one
    /// that failed goes on where it was. What is done then is done as asked for by whoever says so.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Forbidden` when it neither was checked nor failed, rows are in error, or
    /// they are not kept any more.
    pub fn apply(
        &mut self,
        id: ImportId,
        revision: Option<u64>,
        leave_out_errors: bool,
    ) -> Result<Import, Error> {
        let before = self.read_at(id, revision)?;
        let state = match &before.state {
            ImportState::Checked => ImportState::Applying,
            ImportState::Failed(_) => self.resumed(id, &before)?,
            ImportState::Receiving
            | ImportState::Checking
            | ImportState::Applying
            | ImportState::Done
            | ImportState::Cancelled => {
                let text = "only an import that was checked, or that failed, can be applied";
                return Err(Error::Forbidden(text));
            }
        };
        let is_applied = state == ImportState::Applying;
        let mut after = self.asked()?.of(Import { state, ..before.clone() });
        after.fields.leave_out_errors |= leave_out_errors;
        if is_applied && before.planned.error > 0 && !after.fields.leave_out_errors {
            let text = "rows are in error: mend the file, or leave them out (leave_out_errors)";
            return Err(Error::Forbidden(text));
        }
        self.change(id, &before, after)
    }

    /// Puts an end to an import; what was applied stays.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Forbidden` when it is over already.
    pub fn cancel(&mut self, id: ImportId, revision: Option<u64>) -> Result<Import, Error> {
        if self.read_at(id, revision)?.state.is_over() {
            return Err(Error::Forbidden("the import is over already"));
        }
        self.end(id, ImportState::Cancelled)?;
        self.read(id)
    }

    /// Forgets an import that is over, with what became of its rows.
    ///
    /// # Errors
    /// `Missing` or `Stale`; `Forbidden` when it is not over.
    pub fn delete(&mut self, id: ImportId, revision: Option<u64>) -> Result<(), Error> {
        let import = self.read_at(id, revision)?;
        if !import.state.is_over() {
            return Err(Error::Forbidden("the import is not over; cancel it first"));
        }
        self.forget_rows(id, import.chunks)?;
        self.chunks(id).forget_outcomes(self.site.source, import.chunks)?;
        let partition = self.partition();
        self.site.source.delete::<Import>(partition, id.record())?;
        self.tell(Action::Deleted, Some(&import), None)
    }

    /// Ends an import, and erases the rows that are left, unless it may go on.
    pub(crate) fn end(&mut self, id: ImportId, state: ImportState) -> Result<(), Error> {
        let before = self.read(id)?;
        if !matches!(state, ImportState::Failed(_)) {
            self.forget_rows(id, before.chunks)?;
        }
        let after = Import { state, ..before.clone() };
        self.change(id, &before, after).map(drop)
    }

    /// Where an import goes on that failed: where nothing of it was applied it is checked anew, since it
    /// may be that it was not yet.
    fn resumed(&self, id: ImportId, failed: &Import) -> Result<ImportState, Error> {
        if !self.chunks(id).has_rows(&*self.site.source, failed.position.chunk)? {
            return Err(Error::Forbidden("its rows are not kept any more: import the file anew"));
        }
        let is_begun = failed.position != Position::default();
        Ok(if is_begun { ImportState::Applying } else { ImportState::Checking })
    }

    /// Erases the rows that are left of so many chunks: there is nothing to do for the import any more.
    pub(crate) fn forget_rows(&mut self, id: ImportId, chunks: u32) -> Result<(), Error> {
        self.chunks(id).forget_rows(self.site.source, chunks)?;
        let key = self.work(id)?.key();
        let (place, index) = (Partition::Provider, indices::IMPORT_WORK_OF);
        let works: Vec<Id> = self.site.source.find(place, index, &key).collect::<Result<_, _>>()?;
        for work in works {
            self.site.source.delete::<ImportWork>(place, work)?;
        }
        Ok(())
    }

    /// Who asks.
    fn asked(&self) -> Result<Asked, Error> {
        let Context { actor, source, .. } = self.site.context;
        let Who::Admin { admin, token } = actor.0 else { return Err(Error::Missing) };
        let (home, number) = (token.home.partition(), token.number.record());
        let record = self.site.source.get::<Token>(home, number)?.ok_or(Error::Missing)?;
        Ok(Asked {
            asker: Asker { admin, token, source: *source },
            asked_by: self.site.actor_name()?,
            outlives_token: record.purpose == TokenPurpose::Session,
        })
    }

    fn work(&self, id: ImportId) -> Result<ImportWork, Error> {
        let organization = self.site.place.organization().ok_or(Error::Missing)?;
        Ok(ImportWork { organization, import: id.record() })
    }

    fn receiving(&self, id: ImportId) -> Result<Import, Error> {
        let import = self.read(id)?;
        if import.state != ImportState::Receiving {
            return Err(Error::Forbidden("the rows of this import came already"));
        }
        Ok(import)
    }

    fn uploaded(&self, id: ImportId, upload: u32) -> Result<Import, Error> {
        let import = self.receiving(id)?;
        if import.upload == upload { Ok(import) } else { Err(Error::Stale) }
    }

    fn keep(&mut self, id: ImportId, import: &Import) -> Result<(), Error> {
        let partition = self.partition();
        Ok(self.site.source.put(partition, id.record(), import)?)
    }

    fn change(
        &mut self,
        id: ImportId,
        before: &Import,
        mut after: Import,
    ) -> Result<Import, Error> {
        after.stamp.touch(self.site.now());
        self.keep(id, &after)?;
        self.tell(Action::Changed, Some(before), Some(&after))?;
        Ok(after)
    }

    fn tell(
        &mut self,
        action: Action,
        before: Option<&Import>,
        after: Option<&Import>,
    ) -> Result<(), Error> {
        let told = differences(before.map(Told::of).as_ref(), after.map(Told::of).as_ref());
        let Some(import) = after.or(before) else { return Ok(()) };
        self.site.tell(action, (SubjectKind::Import, import.uuid, &import.fields.name), told)
    }
}
