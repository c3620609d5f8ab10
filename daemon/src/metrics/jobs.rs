//! When work in the background was last done.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::counts::Kind;
use super::pen::Pen;
use super::tally::Tally;
use crate::clock::Clock;
use crate::lifecycle::Tasks;

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
    /// Certificates that end are told of.
    CertificateEnds,
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
        "certificate_ends",
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

/// Has work done in the background again and again, and notes when it was done.
pub(crate) struct Jobs {
    tasks: Tasks,
    tally: Arc<Tally>,
    clock: Clock,
}

impl Jobs {
    /// Notes it in a tally.
    pub(crate) fn new(tasks: &Tasks, tally: Arc<Tally>, clock: Clock) -> Self {
        Self { tasks: tasks.clone(), tally, clock }
    }

    /// The clock by which it is noted.
    pub(crate) const fn clock(&self) -> Clock {
        self.clock
    }

    /// The tasks among which it is.
    pub(crate) const fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Has a step done on a thread that may wait for the disk, until the daemon drains. The step says
    /// how long it rests: after it was done well, or as an error where it was not, which it has said
    /// itself if something failed.
    pub(crate) fn repeat(
        &self,
        job: Job,
        mut step: impl FnMut() -> Result<Duration, Duration> + Send + 'static,
    ) {
        let (tally, clock) = (Arc::clone(&self.tally), self.clock);
        self.tasks.repeat(job.word(), move || match step() {
            Ok(rest) => {
                tally.jobs.done(job, clock.wall());
                rest
            }
            Err(rest) => rest,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::{Lifecycle, Notifier};

    #[test]
    fn every_kind_has_its_word() {
        assert_eq!(Job::WORDS.len(), Job::CertificateEnds.number() + 1);
    }

    #[tokio::test]
    async fn what_fails_is_not_noted_as_done() {
        let (tally, life) = (
            Arc::<Tally>::default(),
            Lifecycle::new(Duration::from_secs(1), Notifier::new(|_| {})),
        );
        let jobs = Jobs::new(life.tasks(), Arc::clone(&tally), Clock::start());
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let own = tell.clone();
        jobs.repeat(Job::Imports, move || {
            own.send(true).unwrap();
            Err(Duration::from_millis(1))
        });
        jobs.repeat(Job::Reports, move || {
            tell.send(false).unwrap();
            Ok(Duration::from_millis(1))
        });
        // The first step of each is noted when its second has begun.
        let (mut failed, mut done) = (0, 0);
        while failed < 2 || done < 2 {
            *(if told.recv().await.unwrap() { &mut failed } else { &mut done }) += 1;
        }
        let last = |job: Job| tally.jobs.0[job.number()].load(Ordering::Relaxed);
        assert!(last(Job::Reports) > 0 && last(Job::Imports) == 0);
    }
}
