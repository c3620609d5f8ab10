//! One organization's storm, and what another one notices of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

use super::honest::{Duty, beside};
use super::neighbours::Neighbours;
use super::{Finding, Ground, admins, pests};
use crate::clock::{now, wait_until};
use crate::engine::{Engine, Script, Security};
use crate::figures::Figures;
use crate::ldap;
use crate::proc::yield_to_others;
use crate::rounds::Reader;
use crate::shape::Shape;

/// Connections on which passwords are tried that nobody has remembered: more than may wait.
const BINDING: usize = 400;
/// Connections on which everybody is looked through.
const SEARCHING: usize = 32;
/// How long a storm rages before it counts.
const ONSET: Duration = Duration::from_secs(1);
/// Who waits longer than this while nobody storms has not got the machine for himself.
const QUIET: Duration = Duration::from_millis(10);
/// How many times longer the neighbours may wait.
const LIMIT: f64 = 2.0;

/// What the large organization does.
#[derive(Clone, Copy)]
pub(super) enum Storm {
    /// Passwords that nobody has remembered, right and wrong.
    ColdBinds,
    /// Searches that no index serves.
    Unindexed,
    /// Requests and handshakes that are never finished.
    Halves,
    /// Dumps that are read slowly.
    SlowReaders,
    /// Changes through the admin API.
    Writes,
}

/// The neighbours alone, and while it rages.
pub(super) fn pass(storm: Storm, ground: &Ground<'_>) -> Result<Vec<Finding>> {
    let neighbours = Neighbours::of(ground)?;
    let alone = neighbours.work(ground.measured)?;
    let slowest = alone.searches.p99().max(alone.binds.p99());
    ensure!(slowest < QUIET, "the machine is busy: a p99 of {slowest:.1?} without any storm");
    let over = AtomicBool::new(false);
    let (beside, deeds) = thread::scope(|scope| {
        let storm = scope.spawn(|| storm.rage(ground, &over));
        wait_until(now() + ONSET);
        let beside = neighbours.work(ground.measured);
        over.store(true, Ordering::Relaxed);
        let deeds = storm.join().map_err(|_| anyhow!("the storm panicked"))??;
        Ok::<_, anyhow::Error>((beside?, deeds))
    })?;
    let (searches, searched) = alone.searches.told(&beside.searches);
    let (binds, bound) = alone.binds.told(&beside.binds);
    let noticed = Finding {
        what: format!("neighbours beside {}", storm.name()),
        seen: format!("p99 of searches {searches}, of warm binds {binds}; {deeds}"),
        target: format!("at most {LIMIT:.0}×"),
        met: searched <= LIMIT && bound <= LIMIT,
    };
    Ok(vec![noticed])
}

/// Changes without end: what those notice who search and bind, and what those whose gear asks.
pub(super) fn writes(ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
    let mut noticed = pass(Storm::Writes, ground)?;
    ground.restart()?;
    let (ground, storm) = (&*ground, Storm::Writes);
    let rage = |over: &AtomicBool| storm.rage(ground, over).map(|deeds| (deeds, true));
    noticed.push(beside(ground, Duty::WarmPap, &storm.name(), rage)?);
    Ok(noticed)
}

impl Storm {
    fn name(self) -> String {
        match self {
            Self::ColdBinds => format!("{BINDING} connections of cold binds, right and wrong"),
            Self::Unindexed => format!("{SEARCHING} connections of (description=*x*)"),
            Self::Halves => "half requests and half TLS handshakes, 500 a second each".to_owned(),
            Self::SlowReaders => format!("{} slow readers", pests::READERS),
            Self::Writes => format!("{} connections of changes to users", admins::WRITERS),
        }
    }

    /// Does it until it is over; what it did, in words.
    fn rage(self, ground: &Ground<'_>, over: &AtomicBool) -> Result<String> {
        match self {
            Self::ColdBinds => flood(ground, ground.crowd().strangers(ground.greedy()?, BINDING)),
            Self::Unindexed => {
                let shape = Shape::of(SEARCHING);
                flood(ground, ground.crowd().readers_of_large(shape, Reader::unindexed)?)
            }
            Self::Halves => {
                let (clear, secure) = (ground.ldap()?, ground.ldaps()?);
                let opened = pests::halves(clear, secure, &ground.subject.tls, over)?;
                Ok(format!("{opened} opened of each"))
            }
            Self::SlowReaders => {
                let reader = ground.greedy()?;
                let bind = ldap::bind(&reader.tenant.reader_dn, &reader.tenant.reader_password);
                let sipped = pests::dawdlers(ground.ldap()?, &bind, &reader.everybody(), over)?;
                Ok(format!("they read {} kB, {} hung up on", sipped.octets / 1000, sipped.lost))
            }
            Self::Writes => admins::storm(ground, admins::WRITERS, over),
        }
    }
}

/// Asks in a closed loop, from behind the neighbours where the generator is short of cores.
fn flood(ground: &Ground<'_>, scripts: Vec<Script>) -> Result<String> {
    yield_to_others()?;
    let mut engine = Engine::new(ground.place(Security::Clear)?, vec![scripts])?;
    let figures = engine.measure(&ground.subject.server, ONSET, ground.measured)?;
    let figures: Figures = figures.into_iter().next().context("no figures")?;
    let broken = match figures.example {
        Some(example) => format!(", {} broken: {example}", figures.errors),
        None => String::new(),
    };
    Ok(format!(
        "{:.0} answers/s to the storm{broken}",
        figures.latencies.count() as f64 / figures.elapsed.as_secs_f64()
    ))
}
