//! Latencies by when they were: what the host takes from a virtual machine comes in pieces of milliseconds,
//! more of them the busier it is, and spoils the slowest hundredth of a whole run, but few moments of it.

use std::time::{Duration, Instant};

use crate::histogram::Histogram;

/// How long a moment is: some two hundred answers to the honest, and few pieces that the host takes.
const MOMENT: Duration = Duration::from_millis(40);
/// Per mille that are not slower.
const P99: u64 = 990;

/// Latencies, together and by moments.
pub(super) struct Timeline {
    begin: Instant,
    all: Histogram,
    moments: Vec<Vec<Duration>>,
}

impl Timeline {
    /// Nothing yet; moments count from `begin`.
    pub(super) fn since(begin: Instant) -> Self {
        Self { begin, all: Histogram::new(), moments: Vec::new() }
    }

    /// Counts what was asked at a time.
    pub(super) fn record(&mut self, asked: Instant, took: Duration) {
        let since = asked.saturating_duration_since(self.begin).as_millis();
        let moment = usize::try_from(since / MOMENT.as_millis()).unwrap_or(usize::MAX);
        self.moments.resize_with(self.moments.len().max(moment.saturating_add(1)), Vec::new);
        if let Some(moment) = self.moments.get_mut(moment) {
            moment.push(took);
        }
        self.all.record(took);
    }

    /// Adds what another has counted since the same time.
    pub(super) fn merge(&mut self, other: Self) {
        self.all.merge(&other.all);
        self.moments.resize_with(self.moments.len().max(other.moments.len()), Vec::new);
        for (mine, theirs) in self.moments.iter_mut().zip(other.moments) {
            mine.extend(theirs);
        }
    }

    /// How much was counted.
    pub(super) fn count(&self) -> u64 {
        self.all.count()
    }

    /// The 99th percentile of the whole.
    pub(super) fn whole_p99(&self) -> Duration {
        self.all.quantile(P99)
    }

    /// The median of the moments' 99th percentiles.
    pub(super) fn p99(&self) -> Duration {
        let slow = |moment: &Vec<Duration>| {
            let mut sorted = moment.clone();
            sorted.sort_unstable();
            let rank = (sorted.len() * 99).div_ceil(100);
            rank.checked_sub(1).and_then(|rank| sorted.get(rank).copied())
        };
        let mut slowest: Vec<Duration> = self.moments.iter().filter_map(slow).collect();
        slowest.sort_unstable();
        slowest.get(slowest.len() / 2).copied().unwrap_or_default()
    }

    /// How both stand to each other, in words, and how many times longer it takes beside others.
    pub(super) fn told(&self, beside: &Self) -> (String, f64) {
        let ratio = beside.p99().as_secs_f64() / self.p99().as_secs_f64();
        let text = format!(
            "{} µs alone, {} µs beside it: {ratio:.1}× (of the whole {} and {} µs)",
            self.p99().as_micros(),
            beside.p99().as_micros(),
            self.whole_p99().as_micros(),
            beside.whole_p99().as_micros(),
        );
        (text, ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_moment_spoils_the_whole_and_not_the_median() {
        let begin = crate::clock::now();
        let mut timeline = Timeline::since(begin);
        for moment in 0..5_u32 {
            for answer in 0..200_u32 {
                let slow = moment == 3 && answer < 20;
                let took =
                    Duration::from_micros(if slow { 4_000 } else { 100 + u64::from(answer % 10) });
                timeline.record(begin + MOMENT * moment, took);
            }
        }
        assert_eq!(timeline.p99(), Duration::from_micros(109));
        assert!(timeline.whole_p99() > Duration::from_micros(3_900));
        assert_eq!(timeline.count(), 1_000);
        let mut both = Timeline::since(begin);
        both.merge(timeline);
        assert_eq!(both.p99(), Duration::from_micros(109));
    }
}
