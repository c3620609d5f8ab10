//! Latencies, counted in buckets about 1.6 % wide.

use std::time::Duration;

/// Buckets for each power of two.
const STEPS: u64 = 64;
/// log2 of [`STEPS`].
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Enough for every `u64` number of nanoseconds.
const BUCKETS: usize = 64 * 60;

/// A distribution of durations with a constant relative error.
#[derive(Clone)]
pub(crate) struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Histogram {
    /// An empty distribution.
    pub(crate) fn new() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0 }
    }

    /// Counts one duration.
    pub(crate) fn record(&mut self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(bucket_of(nanoseconds)) {
            *bucket += 1;
            self.count += 1;
        }
    }

    /// Adds all that `other` has counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs;
        }
        self.count += other.count;
    }

    /// How many durations were counted.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The duration that `per_mille` of all durations do not exceed.
    pub(crate) fn quantile(&self, per_mille: u64) -> Duration {
        let rank = (self.count * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(lower_bound(index));
            }
        }
        Duration::ZERO
    }
}

/// The bucket that counts `value`.
fn bucket_of(value: u64) -> usize {
    let magnitude = value.checked_ilog2().unwrap_or(0);
    let shift = magnitude.saturating_sub(STEP_BITS);
    usize::try_from(u64::from(shift) * STEPS + (value >> shift)).unwrap_or(BUCKETS - 1)
}

/// The smallest value that falls into the bucket.
fn lower_bound(index: usize) -> u64 {
    let index = u64::try_from(index).unwrap_or(u64::MAX);
    let shift = (index / STEPS).saturating_sub(1);
    (index - shift * STEPS) << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_two_percent() {
        let mut histogram = Histogram::new();
        for microseconds in 1..=10_000 {
            histogram.record(Duration::from_micros(microseconds));
        }
        for (per_mille, exact) in [(500, 5_000.0), (990, 9_900.0), (1000, 10_000.0)] {
            let found = histogram.quantile(per_mille).as_secs_f64() * 1e6;
            assert!((found / exact - 1.0).abs() < 0.02, "{found} for {exact}");
        }
    }

    #[test]
    fn every_value_falls_into_the_bucket_that_starts_below_it() {
        for value in [0, 1, 63, 64, 65, 127, 128, 129, 1_000_000_007, u64::MAX] {
            let index = bucket_of(value);
            assert!(index < BUCKETS);
            assert!(lower_bound(index) <= value);
            assert!(bucket_of(lower_bound(index)) == index);
        }
    }
}
