//! Numbers that only grow. Counting is one relaxed addition: it takes no lock, and allocates
//! nothing.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often something happened.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Counts one more.
    pub(crate) fn one(&self) {
        self.add(1);
    }

    /// Counts some more.
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How often so far.
    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is told apart: few things, each with a word that is no name of anybody.
pub(crate) trait Kind: Copy + 'static {
    /// What each is called, in order.
    const WORDS: &'static [&'static str];

    /// Which one it is, in the order of the words.
    fn number(self) -> usize;

    /// What it is called.
    fn word(self) -> &'static str {
        Self::WORDS.get(self.number()).copied().unwrap_or_default()
    }
}

/// How often each of some kinds of thing happened.
pub(crate) struct Counts<K> {
    counts: Box<[Count]>,
    kind: PhantomData<fn(K)>,
}

impl<K: Kind> Counts<K> {
    /// Counts one more of a kind.
    pub(crate) fn one(&self, kind: K) {
        self.add(kind, 1);
    }

    /// Counts some more of a kind.
    pub(crate) fn add(&self, kind: K, more: u64) {
        if let Some(count) = self.counts.get(kind.number()) {
            count.add(more);
        }
    }

    /// How often each happened so far, with its word.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'static str, u64)> {
        K::WORDS.iter().copied().zip(self.counts.iter().map(Count::value))
    }
}

impl<K: Kind> Default for Counts<K> {
    fn default() -> Self {
        Self { counts: K::WORDS.iter().map(|_| Count::default()).collect(), kind: PhantomData }
    }
}

impl<K: Kind> fmt::Debug for Counts<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.rows()).finish()
    }
}

/// How often each of some kinds of thing ended in each of some ways.
pub(crate) struct Table<K, E> {
    lines: Box<[Counts<E>]>,
    kind: PhantomData<fn(K)>,
}

impl<K: Kind, E: Kind> Table<K, E> {
    /// Counts one more of a kind that ended so.
    pub(crate) fn one(&self, kind: K, end: E) {
        if let Some(line) = self.lines.get(kind.number()) {
            line.one(end);
        }
    }

    /// How often each so far: what it was, how it ended, how often.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let lines = K::WORDS.iter().copied().zip(self.lines.iter());
        lines.flat_map(|(kind, line)| line.rows().map(move |(end, count)| (kind, end, count)))
    }
}

impl<K: Kind, E: Kind> Default for Table<K, E> {
    fn default() -> Self {
        Self { lines: K::WORDS.iter().map(|_| Counts::default()).collect(), kind: PhantomData }
    }
}

impl<K: Kind, E: Kind> fmt::Debug for Table<K, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.rows()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    enum Fruit {
        Apple,
        Pear,
    }

    impl Kind for Fruit {
        const WORDS: &'static [&'static str] = &["apple", "pear"];

        fn number(self) -> usize {
            self as usize
        }
    }

    #[test]
    fn each_kind_is_counted_for_itself() {
        let counts = Counts::<Fruit>::default();
        counts.one(Fruit::Pear);
        counts.add(Fruit::Pear, 2);
        assert_eq!(counts.rows().collect::<Vec<_>>(), [("apple", 0), ("pear", 3)]);
        let table = Table::<Fruit, Fruit>::default();
        table.one(Fruit::Apple, Fruit::Pear);
        let rows = [("apple", "apple", 0), ("apple", "pear", 1), ("pear", "apple", 0)];
        assert_eq!(table.rows().take(3).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn threads_that_count_at_once_lose_nothing() {
        let counts = Counts::<Fruit>::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|_| counts.one(Fruit::Apple)));
            }
        });
        assert_eq!(counts.rows().next(), Some(("apple", 4_000)));
    }
}
