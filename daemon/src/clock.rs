//! The clock: the only place in the project that asks what time it is.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time of day and the time that has passed. Everything below the daemon is told the
/// time and never asks.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts a clock whose monotonic time begins at zero.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Tells the time of day in milliseconds since 1970-01-01 00:00 UTC. It can jump, backwards
    /// too, when an administrator or NTP sets it.
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn wall(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| u64::try_from(since.as_millis()).ok())
            .unwrap_or(0)
    }

    /// Tells the time since the clock was started. It never goes backwards.
    pub fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// Tells the time since it was first asked, to measure how long something takes.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn stopwatch() -> Duration {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_is_past_the_year_2020_and_before_the_year_2200() {
        let wall = Clock::start().wall();
        assert!((1_577_836_800_000..7_258_118_400_000).contains(&wall));
    }

    #[test]
    fn the_monotonic_clock_does_not_go_backwards() {
        let clock = Clock::start();
        let earlier = clock.monotonic();
        assert!(clock.monotonic() >= earlier);
        let earlier = stopwatch();
        assert!(stopwatch() >= earlier);
    }
}
