//! Rows and what becomes of them, sealed in chunks beside their import.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use storage::{Change, Corrupt, Id, Partition, ReadError, Reading};
use zeroize::{Zeroize, Zeroizing};

use super::former::FormerRow;
use super::outcome::RowOutcome;
use super::row::{Row, RowEntry, RowPassword, RowReference, UserRow};
use crate::authentication::{NtHash, Password};
use crate::error::Error;
use crate::records::kinds;

/// The chunks of one import.
#[derive(Clone, Copy)]
pub(crate) struct Chunks {
    pub(crate) partition: Partition,
    pub(crate) import: Id,
}

/// The bits of a chunk's number that are its place in its import.
const PLACE: u32 = 20;

/// What stands before the version of a chunk: lists without a version begin with how many they have,
/// and one of nothing at all ends there, or has nothing but such lists behind it.
const VERSIONED: u8 = 0;
/// The version at which chunks are written.
const VERSION: u8 = 3;

fn written<T: Serialize>(lists: &T) -> Result<Vec<u8>, Error> {
    Ok(storage::encode_behind(vec![VERSIONED, VERSION], lists).map_err(ReadError::from)?)
}

/// What [`written`] wrote, in this version or one before, or the octets of a chunk of before there were
/// versions.
enum Form<'a> {
    Present(&'a [u8]),
    Second(&'a [u8]),
    First(&'a [u8]),
    Unversioned(&'a [u8]),
}

impl<'a> Form<'a> {
    fn of(octets: &'a [u8]) -> Result<Self, Error> {
        match octets {
            [VERSIONED, VERSION, lists @ ..] => Ok(Self::Present(lists)),
            [VERSIONED, 2, lists @ ..] => Ok(Self::Second(lists)),
            [VERSIONED, 1, lists @ ..] => Ok(Self::First(lists)),
            [VERSIONED, version, ..] if *version > VERSION => {
                let text = format!("a chunk of an import has unknown version {version}");
                Err(ReadError::from(Corrupt::new(text)).into())
            }
            unversioned => Ok(Self::Unversioned(unversioned)),
        }
    }
}

fn read<T: DeserializeOwned>(lists: &[u8]) -> Result<T, Error> {
    Ok(storage::decode(lists).map_err(ReadError::from)?)
}

/// Whom the organization's own attributes of a row are to name, beside the row that it belongs to.
type Naming = (u32, Vec<RowReference>);

/// What else stands beside the row that it belongs to.
#[derive(Serialize, Deserialize)]
struct Beside {
    row: u32,
    enabled: bool,
    /// Of a user that of the primary group, and of a group its own.
    sid: Option<String>,
}

impl Beside {
    /// What stands beside a row, if something does.
    fn of(row: u32, entry: &RowEntry) -> Option<Self> {
        let (enabled, sid) = match entry {
            RowEntry::User(user) => (user.enabled, user.primary_group.clone()),
            RowEntry::Group(group) => (false, group.sid.clone()),
            RowEntry::Faulty(_) => (false, None),
        };
        (enabled || sid.is_some()).then_some(Self { row, enabled, sid })
    }
}

/// All that a chunk of rows is made of.
type Lists = (Vec<Row>, Vec<Kept>, Vec<Naming>, Vec<Beside>);

fn lists(octets: &[u8]) -> Result<Lists, Error> {
    Ok(match Form::of(octets)? {
        Form::Present(lists) => read(lists)?,
        Form::Second(lists) => {
            let (rows, kept, naming) = read(lists)?;
            (rows, kept, naming, Vec::new())
        }
        Form::First(lists) => {
            let (rows, kept) = read(lists)?;
            (rows, kept, Vec::new(), Vec::new())
        }
        Form::Unversioned(lists) => {
            let (rows, kept): (Vec<FormerRow>, _) = read(lists)?;
            (rows.into_iter().map(Row::from).collect(), kept, Vec::new(), Vec::new())
        }
    })
}

/// A password beside the row that it belongs to.
#[derive(Serialize, Deserialize)]
struct Kept {
    row: u32,
    is_hash: bool,
    octets: Vec<u8>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}

impl Chunks {
    /// Whether a chunk of rows is kept.
    pub(crate) fn has_rows(&self, source: &impl Reading, chunk: u32) -> Result<bool, Error> {
        let found = source.secret(self.partition, kinds::IMPORT_ROWS, self.number(chunk))?;
        Ok(found.is_some())
    }

    /// Reads a chunk of rows.
    pub(crate) fn rows(&self, source: &impl Reading, chunk: u32) -> Result<Vec<Row>, Error> {
        let found = source.secret(self.partition, kinds::IMPORT_ROWS, self.number(chunk))?;
        let Some(found) = found else { return Ok(Vec::new()) };
        let (mut rows, kept, naming, beside) = lists(found.expose())?;
        for (row, references) in naming {
            let own = entry(&mut rows, row).and_then(RowEntry::references_mut);
            if let Some(own) = own {
                *own = references;
            }
        }
        for kept in kept {
            if let Some(RowEntry::User(user)) = entry(&mut rows, kept.row) {
                kept.give(user)?;
            }
        }
        for beside in beside {
            match entry(&mut rows, beside.row) {
                Some(RowEntry::User(user)) => {
                    (user.enabled, user.primary_group) = (beside.enabled, beside.sid);
                }
                Some(RowEntry::Group(group)) => group.sid = beside.sid,
                Some(RowEntry::Faulty(_)) | None => {}
            }
        }
        Ok(rows)
    }

    /// Keeps a chunk of rows in place of the one there.
    pub(crate) fn put_rows(
        &self,
        change: &mut Change<'_>,
        chunk: u32,
        rows: &[Row],
    ) -> Result<(), Error> {
        let (mut kept, mut naming, mut beside) = (Vec::new(), Vec::<Naming>::new(), Vec::new());
        for (row, number) in rows.iter().zip(0..) {
            if !row.entry.references().is_empty() {
                naming.push((number, row.entry.references().to_vec()));
            }
            beside.extend(Beside::of(number, &row.entry));
            let RowEntry::User(user) = &row.entry else { continue };
            if let Some(password) = &user.password {
                let (is_hash, octets) = match password {
                    RowPassword::Clear(clear) => (false, clear.expose()),
                    RowPassword::Hash(hash) => (true, hash.as_bytes()),
                };
                kept.push(Kept { row: number, is_hash, octets: octets.to_vec() });
            }
            // Its scheme tells it from the hash beside it: that names no such one.
            if let Some(nt_hash) = &user.nt_hash {
                let octets = nt_hash.text().as_bytes().to_vec();
                kept.push(Kept { row: number, is_hash: true, octets });
            }
        }
        let encoded = Zeroizing::new(written(&(rows, kept, naming, beside))?);
        let number = self.number(chunk);
        Ok(change.put_secret(self.partition, kinds::IMPORT_ROWS, number, &encoded)?)
    }

    /// Reads what becomes of a chunk of rows.
    pub(crate) fn outcomes(
        &self,
        source: &impl Reading,
        chunk: u32,
    ) -> Result<Vec<RowOutcome>, Error> {
        let found = source.secret(self.partition, kinds::IMPORT_OUTCOMES, self.number(chunk))?;
        let Some(found) = found else { return Ok(Vec::new()) };
        match Form::of(found.expose())? {
            // Outcomes have kept their form.
            Form::Present(lists)
            | Form::Second(lists)
            | Form::First(lists)
            | Form::Unversioned(lists) => read(lists),
        }
    }

    /// Keeps what becomes of a chunk of rows in place of what was kept.
    pub(crate) fn put_outcomes(
        &self,
        change: &mut Change<'_>,
        chunk: u32,
        outcomes: &[RowOutcome],
    ) -> Result<(), Error> {
        let encoded = written(&outcomes)?;
        let number = self.number(chunk);
        Ok(change.put_secret(self.partition, kinds::IMPORT_OUTCOMES, number, &encoded)?)
    }

    /// Erases the rows of so many chunks, of which some may be gone.
    pub(crate) fn forget_rows(&self, change: &mut Change<'_>, chunks: u32) -> Result<(), Error> {
        self.forget(change, kinds::IMPORT_ROWS, chunks)
    }

    /// Erases what became of the rows of so many chunks.
    pub(crate) fn forget_outcomes(
        &self,
        change: &mut Change<'_>,
        chunks: u32,
    ) -> Result<(), Error> {
        self.forget(change, kinds::IMPORT_OUTCOMES, chunks)
    }

    /// Erases one chunk of rows.
    pub(crate) fn forget_chunk(&self, change: &mut Change<'_>, chunk: u32) -> Result<(), Error> {
        change.delete_secret(self.partition, kinds::IMPORT_ROWS, self.number(chunk))?;
        Ok(())
    }

    fn forget(
        &self,
        change: &mut Change<'_>,
        kind: storage::Kind,
        chunks: u32,
    ) -> Result<(), Error> {
        for chunk in 0..chunks {
            change.delete_secret(self.partition, kind, self.number(chunk))?;
        }
        Ok(())
    }

    /// Secrets do not take numbers from records, so the import's own is the beginning of theirs.
    fn number(&self, chunk: u32) -> Id {
        self.import << PLACE | Id::from(chunk)
    }
}

/// What a row of a chunk is about.
fn entry(rows: &mut [Row], row: u32) -> Option<&mut RowEntry> {
    let row = usize::try_from(row).ok().and_then(|row| rows.get_mut(row))?;
    Some(&mut row.entry)
}

impl Kept {
    /// Gives it to the row that it belongs to.
    fn give(&self, user: &mut UserRow) -> Result<(), Error> {
        if self.is_hash {
            let text = String::from_utf8_lossy(&self.octets);
            match NtHash::of_scheme(&text) {
                Some(nt_hash) => user.nt_hash = nt_hash.ok(),
                None => user.password = Some(RowPassword::Hash(text.into_owned())),
            }
            return Ok(());
        }
        let clear = Password::new(&self.octets);
        let clear = clear.map_err(|error| ReadError::from(Corrupt::new(error.to_string())))?;
        user.password = Some(RowPassword::Clear(clear));
        Ok(())
    }
}
