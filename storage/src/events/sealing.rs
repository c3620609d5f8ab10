//! Sealing what is full, beside the thread that writes events.
//!
//! It takes seconds for a million events, in which neither who logs in nor what is told of them shall
//! wait. Until a segment is sealed it is read as it was written, and whoever opens the log after a crash
//! begins with it anew.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::active::Active;
use super::queue::{Described, Log};
use super::sealed::Sealed;
use super::{EventError, unpoisoned};

/// What the thread that seals shares with the others.
pub(super) struct Sealing {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// How many segments are full and not sealed.
    waiting: usize,
    /// Why the last one could not be sealed.
    failure: Option<Described>,
    /// How long it is until it is tried again.
    delay: Duration,
    closed: bool,
}

impl Sealing {
    pub(super) fn new(waiting: usize) -> Self {
        let state = State { waiting, failure: None, delay: Duration::ZERO, closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Why the last segment could not be sealed.
    pub(super) fn failure(&self) -> Option<Described> {
        self.state().failure.clone()
    }

    /// Returns when all that was full is sealed, or is not going to be soon.
    #[cfg(test)]
    pub(super) fn settle(&self) {
        let waits =
            |state: &mut State| state.waiting > 0 && state.failure.is_none() && !state.closed;
        drop(self.changed.wait_while(self.state(), waits));
    }

    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Waits while too many segments are full.
    fn wait_for_room(&self) -> Result<(), EventError> {
        let waits = |state: &mut State| {
            state.waiting >= MOST_FULL && state.failure.is_none() && !state.closed
        };
        let state = unpoisoned(self.changed.wait_while(self.state(), waits));
        match &state.failure {
            Some(failure) if state.waiting >= MOST_FULL && !state.closed => {
                Err(failure.clone().into())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn add(&self) {
        self.state().waiting += 1;
        self.changed.notify_all();
    }

    /// Waits for a segment that is full; `false` at the end.
    fn next(&self) -> bool {
        let idle = |state: &mut State| state.waiting == 0 && !state.closed;
        !unpoisoned(self.changed.wait_while(self.state(), idle)).closed
    }

    /// Rests a little between a few events, so that who shares the core is not held up, unless more segments
    /// are full. Fails once the log is closed: whoever opens it begins anew.
    fn rest(&self) -> Result<(), EventError> {
        let alone = |state: &mut State| state.waiting == 1 && !state.closed;
        let waited = self.changed.wait_timeout_while(self.state(), REST, alone);
        let (state, _) = unpoisoned(waited);
        if state.closed { Err(io::Error::from(io::ErrorKind::Interrupted).into()) } else { Ok(()) }
    }

    /// Notes how it ended, and waits after a failure, longer each time: a disk that is full has no room for
    /// what is tried in vain.
    fn note(&self, ended: Result<(), EventError>) {
        let mut state = self.state();
        let failed = ended.is_err();
        state.waiting -= usize::from(!failed);
        state.failure = ended.err().map(Described::from);
        state.delay =
            if failed { (state.delay * 2).clamp(FIRST_DELAY, LAST_DELAY) } else { Duration::ZERO };
        let delay = state.delay;
        self.changed.notify_all();
        drop(self.changed.wait_timeout_while(state, delay, |state| !state.closed));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        unpoisoned(self.state.lock())
    }
}

impl Log {
    /// Starts another segment behind the one that is written to, and leaves that one to be sealed.
    ///
    /// The new one is on the disk first, because it alone knows where the chains stand.
    pub(super) fn rotate(&self) -> Result<(), EventError> {
        self.sealing.wait_for_room()?;
        let (place, heads) = {
            let full = &unpoisoned(self.segments.read()).active;
            ((full.next(), full.copied), full.heads.clone())
        };
        let active = Active::create(self.folder.as_ref(), place, heads)?;
        let mut segments = unpoisoned(self.segments.write());
        let full = std::mem::replace(&mut segments.active, active);
        segments.full.push_back(Arc::new(full));
        drop(segments);
        self.sealing.add();
        Ok(())
    }

    /// Seals what is full until the log is closed, the oldest first.
    pub(super) fn seal(&self) {
        // Nobody waits for a thread that has fallen.
        let _ends = Ends(&self.sealing);
        (self.options.prepare)();
        while self.sealing.next() {
            self.sealing.note(self.seal_oldest());
        }
    }

    fn seal_oldest(&self) -> Result<(), EventError> {
        let segments = unpoisoned(self.segments.read());
        let (full, shelf) = (segments.full.front().cloned(), Arc::clone(&segments.shelf));
        drop(segments);
        let Some(full) = full else { return Ok(()) };
        let (folder, words) = (self.folder.as_ref(), &self.options.words);
        let sealed = Sealed::create(folder, &full, words, &shelf, || self.sealing.rest())?;
        // The sealed one counts only once the other is gone: who forgets it would bring that one back.
        folder.remove(&full.name)?;
        let mut segments = unpoisoned(self.segments.write());
        segments.full.pop_front();
        segments.sealed.push(Arc::new(sealed));
        Ok(())
    }
}

/// Closes the sealing when the thread that does it ends, however it does.
struct Ends<'s>(&'s Sealing);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// How long it is until a segment that could not be sealed is tried again, first and at most.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LAST_DELAY: Duration = Duration::from_secs(60);

/// So many segments may be full. Then what is written waits for the oldest to be sealed.
const MOST_FULL: usize = 4;

/// How long the thread that seals rests between a few events, which take it a fifth of that.
const REST: Duration = Duration::from_micros(500);
