//! Keys in lines, one for each destination.

use core::net::SocketAddr;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// What waits of one party. Each line stands among those that are ready, or was put aside by whoever
/// took last; one that gave way to nothing stays where it is until it is looked at.
pub(super) struct Lines<K> {
    lines: HashMap<SocketAddr, VecDeque<K>>,
    /// Lines whose destination may have a place, in turn; each once.
    ready: VecDeque<SocketAddr>,
    /// Lines with something in them.
    filled: BTreeSet<SocketAddr>,
    len: usize,
}

impl<K> Default for Lines<K> {
    fn default() -> Self {
        let (lines, ready) = (HashMap::new(), VecDeque::new());
        Self { lines, ready, filled: BTreeSet::new(), len: 0 }
    }
}

impl<K> Lines<K> {
    /// Puts a key at the end of a destination's line.
    pub(super) fn add(&mut self, to: SocketAddr, key: K) {
        let line = self.lines.entry(to).or_insert_with(|| {
            self.ready.push_back(to);
            VecDeque::new()
        });
        line.push_back(key);
        self.filled.insert(to);
        self.len += 1;
    }

    /// Takes the first key of the line whose turn it is, of one whose destination is not full; full
    /// ones go aside.
    pub(super) fn take(
        &mut self,
        is_full: impl Fn(&SocketAddr) -> bool,
        mut aside: impl FnMut(SocketAddr),
    ) -> Option<(SocketAddr, K)> {
        while let Some(to) = self.ready.pop_front() {
            let Some(line) = self.lines.get_mut(&to) else { continue };
            if !line.is_empty() && is_full(&to) {
                aside(to);
                continue;
            }
            let first = line.pop_front();
            if line.is_empty() {
                self.lines.remove(&to);
                self.filled.remove(&to);
            } else {
                self.ready.push_back(to);
            }
            if let Some(key) = first {
                self.len -= 1;
                return Some((to, key));
            }
        }
        None
    }

    /// A line that was put aside may be taken from again.
    pub(super) fn wake(&mut self, to: SocketAddr) {
        if self.lines.contains_key(&to) {
            self.ready.push_back(to);
        }
    }

    /// Gives up the last key of a line.
    pub(super) fn drop_last(&mut self) -> Option<K> {
        let to = self.filled.last().copied()?;
        let line = self.lines.get_mut(&to)?;
        let last = line.pop_back();
        if line.is_empty() {
            self.filled.remove(&to);
        }
        self.len -= usize::from(last.is_some());
        last
    }

    /// How many keys wait.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is a line to be looked at.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether there is no line left.
    pub(super) fn is_over(&self) -> bool {
        self.lines.is_empty()
    }
}
