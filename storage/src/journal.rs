//! A journal: what must be durable at once and may go into the database later, much of it together.
//!
//! Entries have numbers that rise by one, and from one opening to the next by far more: within a file
//! there are no gaps. Two files take turns: once one is half full, the other takes what comes, until
//! the database has all that is in the first one durably. Which entries the database has it says
//! itself, by a number that is written in the same transaction; so that after a crash none is missing
//! and none counts twice, and what the database lost again is read from the files again. Nothing is
//! ever cut off: a file is written over from its start in its next turn, and the number in each
//! checksum tells old entries from new ones.
//!
//! A file starts with a header: a mark, the number of its first entry (u64, little endian) and the
//! CRC-32 of both. An entry has the length of its body and a CRC-32 (both u32, little endian) of its
//! number and its body, then the body.

#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::events::unpoisoned;
use crate::folder::{Folder, SegmentFile};

/// Why entries could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// No more fit before others went into the database.
    #[error("the journal is full")]
    Full,
    /// The disk failed. Who asked does not know whether the entries are kept.
    #[error("the journal cannot be used: {0}")]
    Disk(#[from] io::Error),
}

/// Something that was appended.
#[derive(Clone, Eq, PartialEq, Debug)]
pub struct JournalEntry {
    /// Its number.
    pub number: u64,
    /// What it is, in the words of whoever appended it.
    pub body: Vec<u8>,
}

/// The journal.
pub struct Journal {
    halves: [Half; 2],
    capacity: u64,
    state: Mutex<State>,
}

/// One of the files.
struct Half {
    file: SegmentFile,
    /// The number of the last entry that was written to it.
    written: AtomicU64,
    synced: Mutex<Synced>,
}

/// How far a file is on the disk.
#[derive(Default)]
struct Synced {
    /// The number of the last entry that is certain to be there.
    until: u64,
    /// What a failed sync leaves behind nobody knows: nothing more is until the next turn.
    failed: bool,
}

struct State {
    /// Which file takes what comes.
    current: bool,
    /// Where the next entry goes; zero before the header of this turn, [`NO_ROOM`] after a failure.
    end: u64,
    next: u64,
    /// Whether the other file holds what may not be durable in the database.
    is_held: bool,
    /// Whether this file holds what was taken.
    is_taken: bool,
    /// What was not taken yet.
    waiting: Vec<JournalEntry>,
}

impl Journal {
    /// Opens the journal in a folder. What it holds is had from [`left`](Self::left), and until
    /// that is settled it takes nothing.
    pub(crate) fn open(folder: &dyn Folder, capacity: u64) -> io::Result<Self> {
        let [first, second] = NAMES.map(|name| folder.open(name));
        let halves = [Half::new(first?), Half::new(second?)];
        let mut turns = Vec::new();
        for half in &halves {
            turns.push(read(&half.file)?);
        }
        turns.sort_by_key(|turn| turn.first().map(|entry| entry.number));
        let waiting: Vec<_> = turns.into_iter().flatten().collect();
        let next = behind(waiting.last().map_or(0, |entry| entry.number));
        let state =
            State { current: false, end: NO_ROOM, next, is_held: true, is_taken: true, waiting };
        Ok(Self { halves, capacity, state: Mutex::new(state) })
    }

    /// What was left when the journal was opened, of the entries behind the number `settled`, which
    /// the database has with all before it. [`settle`](Self::settle) follows once it has these
    /// durably, too.
    pub fn left(&self, settled: u64) -> Vec<JournalEntry> {
        let mut state = self.state();
        state.next = state.next.max(behind(settled));
        let mut left = std::mem::take(&mut state.waiting);
        left.retain(|entry| entry.number > settled);
        left
    }

    /// Appends entries; returns once they are on the disk.
    ///
    /// # Errors
    /// [`Full`](JournalError::Full), or the disk's.
    pub fn append(&self, bodies: &[Vec<u8>]) -> Result<(), JournalError> {
        // The numbers in a file have no gaps.
        if bodies.is_empty() {
            return Ok(());
        }
        let (half, last) = self.write(bodies)?;
        let synced = self.file(half).sync(last);
        if synced.is_err() {
            let mut state = self.state();
            if state.current == half {
                state.end = NO_ROOM;
            }
        }
        Ok(synced?)
    }

    /// What was appended since the last time. Where a file is half full, or `turns` says so, the other
    /// one takes what comes from then on; then [`is_held`](Self::is_held) says so until everything
    /// that was taken is [settled](Self::settle).
    pub fn take(&self, turns: bool) -> Vec<JournalEntry> {
        let mut state = self.state();
        let is_used = state.end > 0;
        if !state.is_held && is_used && (turns || state.end > self.capacity / 2) {
            state.current = !state.current;
            (state.is_held, state.is_taken) = (true, false);
            self.begin(&mut state);
        } else {
            state.is_taken |= !state.waiting.is_empty();
        }
        std::mem::take(&mut state.waiting)
    }

    /// Whether a file is kept from being written over until what was taken is
    /// [settled](Self::settle).
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state().is_held
    }

    /// The database has everything durably that was taken until now.
    pub fn settle(&self) {
        let mut state = self.state();
        (state.is_held, state.is_taken) = (false, false);
    }

    /// Entries that were taken and that the database lost again: those behind the number `settled`
    /// up to the number `until`.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn again(&self, settled: u64, until: u64) -> io::Result<Vec<JournalEntry>> {
        // Nothing is written meanwhile.
        let _state = self.state();
        let mut entries = Vec::new();
        for half in &self.halves {
            entries.append(&mut read(&half.file)?);
        }
        entries.retain(|entry| (settled.saturating_add(1)..=until).contains(&entry.number));
        entries.sort_by_key(|entry| entry.number);
        Ok(entries)
    }

    /// How many entries wait to be taken.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    /// Writes entries; in which file, and the number of the last one.
    fn write(&self, bodies: &[Vec<u8>]) -> Result<(bool, u64), JournalError> {
        let mut state = self.state();
        let is_free = !state.is_held && !state.is_taken && state.waiting.is_empty();
        if state.end == NO_ROOM && is_free {
            self.begin(&mut state);
        }
        let mut octets = Vec::new();
        if state.end == 0 {
            write_header(&mut octets, state.next);
        }
        let mut entries = Vec::with_capacity(bodies.len());
        for (number, body) in (state.next..).zip(bodies) {
            write_entry(&mut octets, number, body)?;
            entries.push(JournalEntry { number, body: body.clone() });
        }
        let end = state.end.saturating_add(octets.len() as u64);
        if end > self.capacity {
            return Err(JournalError::Full);
        }
        let half = self.file(state.current);
        half.make_room(end, self.capacity)?;
        half.file.write(state.end, &octets)?;
        let last = entries.last().map_or(state.next, |entry| entry.number);
        half.written.store(last, Ordering::Release);
        (state.end, state.next) = (end, last.saturating_add(1));
        state.waiting.extend(entries);
        Ok((state.current, last))
    }

    /// Lets the current file be written over from its start.
    fn begin(&self, state: &mut State) {
        state.end = 0;
        unpoisoned(self.file(state.current).synced.lock()).failed = false;
    }

    fn file(&self, second: bool) -> &Half {
        let [one, other] = &self.halves;
        if second { other } else { one }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        unpoisoned(self.state.lock())
    }
}

impl Half {
    fn new(file: SegmentFile) -> Self {
        Self { file, written: AtomicU64::new(0), synced: Mutex::default() }
    }

    /// Lets the file reach up to `end`, and a step further. The zeros are written: whoever syncs what
    /// stands in their place later waits for no change of the file's length or of where its octets are.
    fn make_room(&self, end: u64, capacity: u64) -> io::Result<()> {
        let length = self.file.len()?;
        if length >= end {
            return Ok(());
        }
        let longer = end.next_multiple_of(GROWTH).min(capacity);
        self.file.set_len(longer)?;
        for at in (length..longer).step_by(ZEROS.len()) {
            let rest = usize::try_from(longer - at).unwrap_or(usize::MAX);
            self.file.write(at, ZEROS.get(..rest).unwrap_or(&ZEROS))?;
        }
        Ok(())
    }

    /// Returns once everything until an entry is on the disk; one sync does for all that wait.
    fn sync(&self, until: u64) -> io::Result<()> {
        let mut synced = unpoisoned(self.synced.lock());
        if synced.until >= until {
            return Ok(());
        }
        if synced.failed {
            return Err(io::Error::other("the disk failed before"));
        }
        let written = self.written.load(Ordering::Acquire);
        let done = self.file.sync_data();
        synced.failed = done.is_err();
        if done.is_ok() {
            synced.until = written;
        }
        done
    }
}

/// Reads what the last turn of a file left.
fn read(file: &SegmentFile) -> io::Result<Vec<JournalEntry>> {
    let length = usize::try_from(file.len()?).map_err(io::Error::other)?;
    let mut octets = vec![0; length];
    file.read(0, &mut octets)?;
    let mut entries = Vec::new();
    let Some((mut number, mut rest)) = read_header(&octets) else { return Ok(entries) };
    while let Some((body, behind)) = read_entry(rest, number) {
        entries.push(JournalEntry { number, body: body.to_vec() });
        (number, rest) = (number.saturating_add(1), behind);
    }
    Ok(entries)
}

fn write_header(out: &mut Vec<u8>, first: u64) {
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&first.to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(out).to_le_bytes());
}

fn read_header(octets: &[u8]) -> Option<(u64, &[u8])> {
    let (header, rest) = octets.split_first_chunk::<HEADER>()?;
    let (body, crc) = header.split_last_chunk()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let first = body.strip_prefix(MAGIC.as_slice())?.first_chunk()?;
    Some((u64::from_le_bytes(*first), rest))
}

fn write_entry(out: &mut Vec<u8>, number: u64, body: &[u8]) -> Result<(), JournalError> {
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&checksum(number, body).to_le_bytes());
    out.extend_from_slice(body);
    Ok(())
}

fn read_entry(input: &[u8], number: u64) -> Option<(&[u8], &[u8])> {
    let (length, rest) = input.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (body, rest) = rest.split_at_checked(length)?;
    (checksum(number, body) == u32::from_le_bytes(*crc)).then_some((body, rest))
}

fn checksum(number: u64, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_le_bytes());
    hasher.update(body);
    hasher.finalize()
}

const NAMES: [&str; 2] = ["one", "other"];
const MAGIC: &[u8; 8] = b"tnjournl";
const HEADER: usize = MAGIC.len() + 8 + 4;
/// By how much a file grows.
const GROWTH: u64 = 1 << 20;
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
/// Where nothing can be written before the next turn.
const NO_ROOM: u64 = u64::MAX;

/// The first number for what is appended from an opening on: none that an entry after the last
/// known one, `number`, may have had, which a crash left unfinished.
const fn behind(number: u64) -> u64 {
    (number | u32::MAX as u64).saturating_add(1)
}
