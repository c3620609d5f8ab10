//! How often something took how long.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often something took how long, in steps. Noting it takes no lock.
#[derive(Debug)]
pub struct Durations {
    bounds: &'static [Duration],
    /// One for each bound, and one for what took longer than all.
    counts: Box<[AtomicU64]>,
    nanoseconds: AtomicU64,
}

/// What is known of durations at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DurationFigures {
    /// How often it took as long at most, and longer than the step before.
    pub steps: Vec<(Duration, u64)>,
    /// How often it took longer than all steps.
    pub beyond: u64,
    /// How long all of it took together.
    pub sum: Duration,
}

impl Durations {
    /// Starts with nothing known; the bounds of the steps are in ascending order.
    #[must_use]
    pub fn new(bounds: &'static [Duration]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, nanoseconds: AtomicU64::new(0) }
    }

    /// Notes that it took so long once more.
    pub fn note(&self, took: Duration) {
        let step = self.bounds.partition_point(|bound| *bound < took);
        if let Some(count) = self.counts.get(step) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// What is known so far.
    #[must_use]
    pub fn figures(&self) -> DurationFigures {
        let mut counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let steps = self.bounds.iter().copied().zip(counts.by_ref()).collect();
        let sum = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed));
        DurationFigures { steps, beyond: counts.next().unwrap_or(0), sum }
    }
}

/// Tells the time that has passed since any moment, always the same one.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(pub fn() -> Duration);

impl Stopwatch {
    /// The time that has passed.
    pub(crate) fn read(self) -> Duration {
        (self.0)()
    }
}

/// For whom nothing takes any time.
impl Default for Stopwatch {
    fn default() -> Self {
        Self(|| Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &[Duration] = &[Duration::from_millis(1), Duration::from_millis(10)];

    #[test]
    fn what_takes_as_long_as_a_bound_is_within_it() {
        let durations = Durations::new(STEPS);
        for milliseconds in [0, 1, 2, 10, 11, 500] {
            durations.note(Duration::from_millis(milliseconds));
        }
        let figures = durations.figures();
        assert_eq!(figures.steps, [(STEPS[0], 2), (STEPS[1], 2)]);
        assert_eq!((figures.beyond, figures.sum), (2, Duration::from_millis(524)));
    }

    #[test]
    fn nothing_is_known_before_anything_was_noted() {
        let figures = Durations::new(STEPS).figures();
        assert_eq!(figures.steps, [(STEPS[0], 0), (STEPS[1], 0)]);
        assert_eq!((figures.beyond, figures.sum), (0, Duration::ZERO));
    }
}
