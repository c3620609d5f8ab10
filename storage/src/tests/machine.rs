//! A machine whose disk fails on cue.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;

use crate::folder::Folder;

/// What happens at the chosen operation.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Fault {
    /// The power goes: this operation and all after it fail.
    PowerLoss,
    /// This operation fails, the next works.
    OneError,
    /// This operation and all writes after it fail, reads go on.
    NoWrites,
}

/// A machine with files; clones are the same machine.
#[derive(Clone, Debug)]
pub(crate) struct Machine(Arc<Mutex<State>>);

#[derive(Default, Debug)]
struct State {
    names: BTreeMap<String, usize>,
    removed: BTreeMap<String, usize>,
    files: Vec<Platter>,
    operations: u64,
    plan: Option<(u64, Fault)>,
    dead: bool,
    stuck: bool,
    unreadable: bool,
}

/// A file: what the programs see, and what is certain to be there after a power loss.
#[derive(Clone, Default, Debug)]
struct Platter {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Operation>,
}

#[derive(Clone, Debug)]
enum Operation {
    Write(usize, Vec<u8>),
    Resize(usize),
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// Plans a fault at the n-th operation from here on, counted from 1.
    pub(crate) fn plan(&self, at: u64, fault: Fault) {
        let mut state = self.state();
        state.plan = Some((state.operations + at, fault));
    }

    /// Says whether the planned operation was reached.
    pub(crate) fn was_hit(&self) -> bool {
        let state = self.state();
        state.plan.is_some_and(|(at, _)| state.operations >= at)
    }

    /// Makes reading fail, or work again.
    pub(crate) fn refuse_reads(&self, unreadable: bool) {
        self.state().unreadable = unreadable;
    }

    /// Lets writes work again.
    pub(crate) fn heal(&self) {
        let mut state = self.state();
        state.stuck = false;
        state.plan = None;
    }

    /// The machine after the power came back: of what was not synced, each piece is there, lost,
    /// or there by half.
    pub(crate) fn restarted(&self, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let state = self.state();
        let mut names = state.names.clone();
        for (name, file) in &state.removed {
            if dice.roll(2) == 0 {
                names.entry(name.clone()).or_insert(*file);
            }
        }
        let files = state.files.iter().map(|file| file.restarted(&mut dice)).collect();
        Self(Arc::new(Mutex::new(State { names, files, ..State::default() })))
    }

    pub(crate) fn file(&self, name: &str) -> MachineFile {
        let mut state = self.state();
        let fresh = state.files.len();
        let file = *state.names.entry(name.into()).or_insert(fresh);
        if file == fresh {
            state.files.push(Platter::default());
        }
        MachineFile { machine: self.clone(), file }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    /// Counts an operation that changes something, and fails it if that is planned.
    fn operate(&mut self) -> io::Result<()> {
        self.alive()?;
        self.operations += 1;
        if let Some((at, fault)) = self.plan.filter(|(at, _)| *at == self.operations) {
            let _ = at;
            self.dead = fault == Fault::PowerLoss;
            self.stuck = fault == Fault::NoWrites;
            return Err(io::Error::other("planned fault"));
        }
        if self.stuck { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn alive(&self) -> io::Result<()> {
        if self.dead { Err(io::Error::other("no power")) } else { Ok(()) }
    }
}

impl Platter {
    fn restarted(&self, dice: &mut Dice) -> Self {
        let mut durable = self.durable.clone();
        let habit = dice.roll(4);
        for operation in &self.unsynced {
            let fate = if habit == 3 { dice.roll(3) } else { habit };
            match (operation, fate) {
                (_, 0) => {}
                (Operation::Write(offset, data), 2) => {
                    for (sector, piece) in data.chunks(SECTOR).enumerate() {
                        if dice.roll(2) == 0 {
                            write(&mut durable, offset + sector * SECTOR, piece);
                        }
                    }
                }
                (Operation::Write(offset, data), _) => write(&mut durable, *offset, data),
                (Operation::Resize(length), _) => durable.resize(*length, 0),
            }
        }
        Self { seen: durable.clone(), durable, unsynced: Vec::new() }
    }
}

/// A file of the machine.
#[derive(Debug)]
pub(crate) struct MachineFile {
    machine: Machine,
    file: usize,
}

impl MachineFile {
    fn with<T>(
        &self,
        changing: bool,
        use_it: impl FnOnce(&mut Platter) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.machine.state();
        let fault = if changing { state.operate() } else { state.alive() };
        let dying = state.dead && fault.is_err();
        let platter = &mut state.files[self.file];
        if fault.is_ok() || dying {
            // What is under way when the power goes may still reach the disk.
            let done = use_it(platter);
            fault.and(done)
        } else {
            fault.and(Err(io::ErrorKind::Other.into()))
        }
    }
}

impl StorageBackend for MachineFile {
    fn len(&self) -> io::Result<u64> {
        self.with(false, |platter| Ok(platter.seen.len() as u64))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if self.machine.state().unreadable {
            return Err(io::Error::other("planned fault"));
        }
        self.with(false, |platter| {
            let start = usize::try_from(offset).unwrap();
            let data = platter.seen.get(start..start + out.len());
            out.copy_from_slice(data.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.with(true, |platter| {
            let length = usize::try_from(len).unwrap();
            platter.seen.resize(length, 0);
            platter.unsynced.push(Operation::Resize(length));
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.with(true, |_| Ok(()))?;
        self.with(false, |platter| {
            platter.durable.clone_from(&platter.seen);
            platter.unsynced.clear();
            Ok(())
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.with(true, |platter| {
            let offset = usize::try_from(offset).unwrap();
            write(&mut platter.seen, offset, data);
            platter.unsynced.push(Operation::Write(offset, data.to_vec()));
            Ok(())
        })
    }
}

impl Folder for Machine {
    fn names(&self) -> io::Result<Vec<String>> {
        let state = self.state();
        state.alive()?;
        Ok(state.names.keys().filter(|name| name.contains('.')).cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageBackend>> {
        let mut state = self.state();
        if !state.names.contains_key(name) {
            state.operate()?;
            state.removed.remove(name);
        }
        drop(state);
        Ok(Arc::new(self.file(name)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.into(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        state.operate()?;
        if let Some(file) = state.names.remove(name) {
            state.removed.insert(name.into(), file);
        }
        // Then the folder is synced.
        state.operate()?;
        state.removed.remove(name);
        Ok(())
    }
}

/// Pseudo-random numbers.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What a disk writes as one piece.
const SECTOR: usize = 512;

fn write(file: &mut Vec<u8>, offset: usize, data: &[u8]) {
    if file.len() < offset + data.len() {
        file.resize(offset + data.len(), 0);
    }
    file[offset..offset + data.len()].copy_from_slice(data);
}
