//! One organization whose gear asks or reports as fast as it can.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use super::honest::{Duty, beside};
use super::{Finding, Ground};
use crate::data::{User, password};
use crate::proc::yield_to_others;
use crate::radius::{Gear, Inner, Peer, Report};

/// How long each waits for an answer before it asks about the next.
const PATIENCE: Duration = Duration::from_secs(2);
/// People asked about again and again, where they are known.
const REGULARS: usize = 8;

/// What is asked.
#[derive(Clone, Copy)]
enum Rush {
    /// PAP of people who have not logged in before, right and wrong passwords.
    ColdPap,
    /// Handshakes of EAP-TTLS, none of which is finished.
    Handshakes,
    /// PAP of people whom the daemon knows.
    WarmPap,
    /// Accounting: sessions that begin, are reported about, and end.
    Reports,
}

/// The gear of another organization beside each.
pub(super) fn all(ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
    let mut findings = vec![Rush::ColdPap.pass(ground)?];
    for rush in [Rush::Handshakes, Rush::WarmPap, Rush::Reports] {
        ground.restart()?;
        findings.push(rush.pass(ground)?);
    }
    Ok(findings)
}

impl Rush {
    /// Requests under way.
    const fn under_way(self) -> usize {
        match self {
            Self::ColdPap | Self::Reports => 256,
            Self::Handshakes | Self::WarmPap => 64,
        }
    }

    /// Questions about one person before the next one's turn.
    const fn each(self) -> usize {
        match self {
            Self::ColdPap | Self::Handshakes => 2,
            Self::WarmPap => 1,
            Self::Reports => 3,
        }
    }

    fn pass(self, ground: &Ground<'_>) -> Result<Finding> {
        let many = self.under_way();
        let what = match self {
            Self::ColdPap => format!("another's cold PAP, right and wrong, {many} under way"),
            Self::Handshakes => format!("another's handshakes of EAP-TTLS, {many} under way"),
            Self::WarmPap => format!("another's warm PAP, {many} under way"),
            Self::Reports => format!("another's accounting, {many} under way"),
        };
        if matches!(self, Self::WarmPap) {
            introduce(ground)?;
        }
        beside(ground, Duty::WarmPap, &what, |over| self.rage(ground, over))
    }

    /// Asks until it is over; what was done, and that it was something.
    fn rage(self, ground: &Ground<'_>, over: &AtomicBool) -> Result<(String, bool)> {
        // The threads that are started from here are behind the others as well.
        yield_to_others()?;
        let (tried, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            let worker = |number| {
                let (tried, answered) = (&tried, &answered);
                scope.spawn(move || -> Result<()> {
                    let mut worker = Worker::new(self, ground, number)?;
                    while !over.load(Ordering::Relaxed) {
                        tried.fetch_add(1, Ordering::Relaxed);
                        if worker.ask()? {
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    Ok(())
                })
            };
            let workers: Vec<_> = (0..self.under_way()).map(worker).collect();
            let join = |it: thread::ScopedJoinHandle<'_, Result<()>>| {
                it.join().map_err(|_| anyhow!("the rush panicked"))?
            };
            workers.into_iter().try_for_each(join)
        })?;
        let (tried, answered) = (tried.into_inner(), answered.into_inner());
        let what = match self {
            Self::ColdPap | Self::WarmPap => "let in",
            Self::Handshakes => "got the server's hello",
            Self::Reports => "answered",
        };
        Ok((format!("{tried} tries of the other, {answered} {what}"), tried > 0))
    }
}

/// Lets the regulars of the organization that rushes in, so that the daemon knows them.
fn introduce(ground: &Ground<'_>) -> Result<()> {
    let (greedy, server) = (ground.greedy()?, ground.radius()?.pap);
    let mut gear = Gear::open(greedy.organization.source, server, &greedy.tenant.secret)?;
    let mut regulars = greedy.organization.users.iter().take(REGULARS);
    regulars.try_for_each(|user| gear.pap(&user.login, &password(user.password)).map(drop))
}

/// One piece of the gear that rushes.
struct Worker<'a> {
    rush: Rush,
    ground: &'a Ground<'a>,
    gear: Gear,
    users: Vec<&'a User>,
    next: usize,
    /// What is reported next, and of which session.
    report: (u64, Report),
}

impl<'a> Worker<'a> {
    fn new(rush: Rush, ground: &'a Ground<'_>, number: usize) -> Result<Self> {
        let greedy = ground.greedy()?;
        let server = match rush {
            Rush::ColdPap | Rush::WarmPap => ground.radius()?.pap,
            Rush::Handshakes => ground.radius()?.wireless,
            Rush::Reports => ground.radius()?.accounting,
        };
        let mut gear = Gear::open(greedy.organization.source, server, &greedy.tenant.secret)?;
        gear.patience(PATIENCE)?;
        let users = greedy.organization.users.iter();
        let users = match rush {
            Rush::WarmPap => users.take(REGULARS).collect(),
            Rush::ColdPap | Rush::Handshakes | Rush::Reports => {
                users.skip(number).step_by(rush.under_way()).collect()
            }
        };
        let report = (gear.session(), Report::Start);
        Ok(Self { rush, ground, gear, users, next: number * rush.each(), report })
    }

    /// Asks about the next; whether that came to what it was to come to.
    fn ask(&mut self) -> Result<bool> {
        let turn = self.next;
        self.next += 1;
        let turns = turn / self.rush.each();
        let user = self.users.get(turns % self.users.len().max(1)).context("nobody")?;
        let right = password(user.password);
        match self.rush {
            Rush::ColdPap => {
                let password = if turn.is_multiple_of(2) { &right } else { "not-the-password" };
                Ok(self.gear.pap(&user.login, password).is_ok())
            }
            Rush::Handshakes => {
                let tls = &self.ground.radius()?.peers.newer;
                let (user, password) = (&user.login, &right);
                let inner = Inner::TtlsPap;
                let peer = Peer { inner, tls, user, password, resumes: false };
                Ok(self.gear.eap_begin(&peer).is_ok())
            }
            Rush::WarmPap => Ok(self.gear.pap(&user.login, &right).is_ok()),
            Rush::Reports => {
                let (session, report) = self.report;
                self.report = match report.next() {
                    Report::Start => (self.gear.session(), Report::Start),
                    next @ (Report::Interim | Report::Stop) => (session, next),
                };
                Ok(self.gear.report(&user.login, session, report).is_ok())
            }
        }
    }
}
