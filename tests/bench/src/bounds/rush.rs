//! One organization whose gear asks as fast as it can about people that nobody knows yet.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use super::honest::beside;
use super::{Finding, Ground};
use crate::data::{User, password};
use crate::proc::yield_to_others;
use crate::radius::{Gear, Inner, Peer};

/// How long each waits for an answer before it asks about the next.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is asked.
#[derive(Clone, Copy)]
enum Rush {
    /// PAP of people who have not logged in before, right and wrong passwords.
    ColdPap,
    /// Handshakes of EAP-TTLS, none of which is finished.
    Handshakes,
}

/// The gear of another organization beside each.
pub(super) fn both(ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
    let pap = Rush::ColdPap.pass(ground)?;
    ground.restart()?;
    Ok(vec![pap, Rush::Handshakes.pass(ground)?])
}

impl Rush {
    /// Requests under way.
    const fn under_way(self) -> usize {
        match self {
            Self::ColdPap => 256,
            Self::Handshakes => 64,
        }
    }

    fn pass(self, ground: &Ground<'_>) -> Result<Finding> {
        let many = self.under_way();
        let what = match self {
            Self::ColdPap => format!("another's cold PAP, right and wrong, {many} under way"),
            Self::Handshakes => format!("another's handshakes of EAP-TTLS, {many} under way"),
        };
        beside(ground, &what, |over| self.rage(ground, over))
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
            Self::ColdPap => "let in",
            Self::Handshakes => "got the server's hello",
        };
        Ok((format!("{tried} tries of the other, {answered} {what}"), tried > 0))
    }
}

/// One piece of the gear that rushes.
struct Worker<'a> {
    rush: Rush,
    ground: &'a Ground<'a>,
    gear: Gear,
    users: Vec<&'a User>,
    next: usize,
}

impl<'a> Worker<'a> {
    fn new(rush: Rush, ground: &'a Ground<'_>, number: usize) -> Result<Self> {
        let greedy = ground.greedy()?;
        let server = match rush {
            Rush::ColdPap => ground.radius()?.pap,
            Rush::Handshakes => ground.radius()?.wireless,
        };
        let gear = Gear::open(greedy.organization.source, server, &greedy.tenant.secret)?;
        gear.patience(PATIENCE)?;
        let users = greedy.organization.users.iter().skip(number).step_by(rush.under_way());
        Ok(Self { rush, ground, gear, users: users.collect(), next: 0 })
    }

    /// Asks about the next; whether that came to what it was to come to.
    fn ask(&mut self) -> Result<bool> {
        let turn = self.next;
        self.next += 1;
        let user = self.users.get(turn / 2 % self.users.len().max(1)).context("nobody")?;
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
        }
    }
}
