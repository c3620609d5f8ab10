//! When work in the background was last done.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::{JoinError, spawn_blocking};

use super::counts::Kind;
use super::pen::Pen;
use super::tally::Tally;
use crate::clock::Clock;

/// Work that is done again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    /// Records follow changed definitions of custom attributes.
    Definitions,
    /// Imports go on.
    Imports,
    /// RADIUS clients are read.
    RadiusClients,
    /// What was kept long enough is removed, and usage counted.
    Housekeeping,
    /// The size of the event log is bounded.
    EventBound,
    /// What ends by itself of users ends.
    UserLives,
    /// Devices that went silent are told of.
    SilentDevices,
    /// Times of rules are followed.
    RuleTimes,
    /// Reports of sessions are taken in.
    Reports,
    /// Sessions that went silent are ended.
    Sessions,
}

impl Kind for Job {
    const WORDS: &'static [&'static str] = &[
        "definitions",
        "imports",
        "radius_clients",
        "housekeeping",
        "event_bound",
        "user_lives",
        "silent_devices",
        "rule_times",
        "reports",
        "sessions",
    ];

    fn number(self) -> usize {
        self as usize
    }
}

/// When each was last done, in milliseconds since 1970; 0 before the first time.
#[derive(Debug)]
pub(crate) struct JobCounts(Box<[AtomicU64]>);

impl Default for JobCounts {
    fn default() -> Self {
        Self(Job::WORDS.iter().map(|_| AtomicU64::new(0)).collect())
    }
}

impl JobCounts {
    fn done(&self, job: Job, at: u64) {
        if let Some(last) = self.0.get(job.number()) {
            last.store(at, Ordering::Relaxed);
        }
    }

    pub(super) fn tell(&self, pen: &mut Pen<'_, '_>) -> fmt::Result {
        let times = self.0.iter().map(|last| last.load(Ordering::Relaxed));
        let told = Job::WORDS.iter().copied().zip(times).filter(|(_, at)| *at > 0);
        let rows = told.map(|(task, at)| ([("task", task)], at));
        let help = "When work in the background was last done well, in seconds since 1970.";
        pen.moments(("task_last_success_timestamp", help), rows)
    }
}

/// Runs work in the background, and notes when it was done; clones note it in the same place.
#[derive(Clone)]
pub(crate) struct Jobs {
    tally: Arc<Tally>,
    clock: Clock,
}

impl Jobs {
    /// Notes it in a tally.
    pub(crate) fn new(tally: Arc<Tally>, clock: Clock) -> Self {
        Self { tally, clock }
    }

    /// The clock by which it is noted.
    pub(crate) const fn clock(&self) -> Clock {
        self.clock
    }

    /// Runs a step of a job where it may wait for the disk.
    ///
    /// # Errors
    /// When it panics; how it fails otherwise is within.
    pub(crate) async fn run<T: Send + 'static, E: Send + 'static>(
        &self,
        job: Job,
        step: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<Result<T, E>, JoinError> {
        let done = spawn_blocking(step).await;
        if matches!(done, Ok(Ok(_))) {
            self.tally.jobs.done(job, self.clock.wall());
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_word() {
        assert_eq!(Job::WORDS.len(), Job::Sessions.number() + 1);
    }

    #[tokio::test]
    async fn what_fails_is_not_noted_as_done() {
        let tally = Arc::<Tally>::default();
        let jobs = Jobs::new(Arc::clone(&tally), Clock::start());
        let last = |job: Job| tally.jobs.0[job.number()].load(Ordering::Relaxed);
        let failed = jobs.run(Job::Imports, || Err::<(), _>("no")).await;
        assert_eq!((failed.unwrap(), last(Job::Imports)), (Err("no"), 0));
        let done = jobs.run(Job::Reports, || Ok::<_, ()>(3)).await;
        assert_eq!(done.unwrap(), Ok(3));
        assert!(last(Job::Reports) > 0 && last(Job::Imports) == 0);
    }
}
