//! The benchmark's only look at the clock.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Reads the monotonic clock.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures real time; this is its one reader"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Blocks this thread until `moment`.
#[expect(
    clippy::disallowed_methods,
    reason = "the main thread has nothing else to do while the workers measure"
)]
pub(crate) fn wait_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(now()));
}

/// Repeats `attempt` every millisecond until it succeeds.
///
/// # Errors
/// When `patience` runs out, with `what` was awaited.
pub(crate) fn poll<T>(
    what: &str,
    patience: Duration,
    mut attempt: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = now() + patience;
    loop {
        if let Some(value) = attempt()? {
            return Ok(value);
        }
        if now() > end {
            bail!("{what} did not happen within {patience:?}");
        }
        wait_until(now() + Duration::from_millis(1));
    }
}
