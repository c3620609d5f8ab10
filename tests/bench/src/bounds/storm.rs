//! One organization's storm, and what another one notices of it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

use super::honest::{Duty, beside};
use super::neighbours::Neighbours;
use super::{Finding, Ground, admins, pests};
use crate::clock::{now, wait_until};
use crate::crowd::newcomers;
use crate::data::password;
use crate::engine::{Engine, Script, Security};
use crate::figures::Figures;
use crate::ldap::{self, Connection};
use crate::proc::yield_to_others;
use crate::rounds::Reader;
use crate::shape::Shape;

/// Connections on which passwords are tried that nobody has remembered: more than may wait.
const BINDING: usize = 400;
/// Connections on which everybody is looked through.
const SEARCHING: usize = 32;
/// Connections on which people are found by an index, and requests under way on each.
const FINDING: Shape = Shape { connections: 64, depth: 16 };
/// Binds under way of people whom the daemon knows.
const KNOWN: usize = 64;
/// People who bind in such a storm, again and again.
const REGULARS: usize = 8;
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
    /// Searches that an index serves, many under way on each connection.
    Indexed,
    /// Searches below what is not there, many under way on each connection.
    Failing,
    /// Passwords that are remembered, on connections that stay.
    WarmBinds,
    /// Passwords that are remembered, each on a new connection.
    NewConnections,
    /// Requests and handshakes that are never finished.
    Halves,
    /// Dumps that are read slowly.
    SlowReaders,
    /// Dumps of which nothing is read.
    Unread,
    /// Dumps that are abandoned.
    Abandoned,
    /// Changes through the admin API.
    Writes,
}

/// The neighbours alone, and while it rages.
pub(super) fn pass(storm: Storm, ground: &Ground<'_>) -> Result<Vec<Finding>> {
    storm.introduce(ground)?;
    let neighbours = Neighbours::of(ground)?;
    let alone = neighbours.work(ground.measured)?;
    let slowest = alone.searches.p99().max(alone.binds.p99());
    ensure!(slowest < QUIET, "the machine is busy: a p99 of {slowest:.1?} without any storm");
    let over = AtomicBool::new(false);
    let (beside, (deeds, raged)) = thread::scope(|scope| {
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
        met: searched <= LIMIT && bound <= LIMIT && raged,
    };
    Ok(vec![noticed])
}

/// Changes without end: what those notice who search and bind, and what those whose gear asks.
pub(super) fn writes(ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
    let mut noticed = pass(Storm::Writes, ground)?;
    ground.restart()?;
    let (ground, storm) = (&*ground, Storm::Writes);
    let rage = |over: &AtomicBool| storm.rage(ground, over);
    noticed.push(beside(ground, Duty::WarmPap, &storm.name(), rage)?);
    Ok(noticed)
}

impl Storm {
    fn name(self) -> String {
        match self {
            Self::ColdBinds => format!("{BINDING} connections of cold binds, right and wrong"),
            Self::Unindexed => format!("{SEARCHING} connections of (description=*x*)"),
            Self::Indexed => {
                let Shape { connections, depth } = FINDING;
                format!("{connections} connections of (uid=…), {depth} under way on each")
            }
            Self::Failing => {
                let Shape { connections, depth } = FINDING;
                format!(
                    "{connections} connections of searches that fail, {depth} under way on each"
                )
            }
            Self::WarmBinds => format!("{KNOWN} open connections of warm binds"),
            Self::NewConnections => {
                format!("{KNOWN} warm binds under way, each on a new connection")
            }
            Self::Halves => "half requests and half TLS handshakes, 500 a second each".to_owned(),
            Self::SlowReaders => format!("{} slow readers", pests::READERS),
            Self::Unread => format!(
                "{} connections that ask for {} dumps each and read nothing, a new one every {} ms",
                pests::UNREAD,
                pests::DUMPS,
                pests::TURN.as_millis()
            ),
            Self::Abandoned => {
                format!("{} connections of dumps, each abandoned when it comes", pests::FICKLE)
            }
            Self::Writes => format!("{} connections of changes to users", admins::WRITERS),
        }
    }

    /// Lets those bind once as whom it storms and whom the daemon is to know.
    fn introduce(self, ground: &Ground<'_>) -> Result<()> {
        if !matches!(self, Self::Indexed | Self::Failing | Self::WarmBinds | Self::NewConnections) {
            return Ok(());
        }
        let Reader { organization, tenant } = ground.greedy()?;
        let mut connection = Connection::open(ground.ldap()?)?;
        connection.ask(&ldap::bind(&tenant.reader_dn, &tenant.reader_password))?;
        organization.users.iter().take(REGULARS).try_for_each(|user| {
            let bind = ldap::bind(&organization.user_dn(user), &password(user.password));
            connection.ask(&bind).map(drop)
        })
    }

    /// Does it until it is over; what it did, in words, and whether it was one to the end.
    fn rage(self, ground: &Ground<'_>, over: &AtomicBool) -> Result<(String, bool)> {
        match self {
            Self::ColdBinds => flood(ground, ground.crowd().strangers(ground.greedy()?, BINDING)),
            Self::Unindexed => {
                let shape = Shape::of(SEARCHING);
                flood(ground, ground.crowd().readers_of_large(shape, Reader::unindexed)?)
            }
            Self::Indexed => {
                flood(ground, ground.crowd().readers_of_large(FINDING, Reader::equality)?)
            }
            Self::Failing => {
                flood(ground, ground.crowd().readers_of_large(FINDING, Reader::missing)?)
            }
            Self::WarmBinds => {
                let binds = |reader: Reader<'_>| reader.binds(REGULARS);
                flood(ground, ground.crowd().readers_of_large(Shape::of(KNOWN), binds)?)
            }
            Self::NewConnections => {
                flood(ground, newcomers(KNOWN, &ground.greedy()?.binds(REGULARS)))
            }
            Self::Halves => {
                let (clear, secure) = (ground.ldap()?, ground.ldaps()?);
                let opened = pests::halves(clear, secure, &ground.subject.tls, over)?;
                Ok((format!("{opened} opened of each"), opened > 0))
            }
            Self::SlowReaders => {
                let (server, bind, dump) = dump(ground)?;
                let sipped = pests::dawdlers(server, &bind, &dump, over)?;
                let read = sipped.octets / 1000;
                let deeds = format!("they read {read} kB, {} hung up on", sipped.lost);
                Ok((deeds, sipped.octets > 0))
            }
            Self::Unread => {
                let (server, bind, dump) = dump(ground)?;
                let seen = pests::unread(server, &bind, &dump, over)?;
                let (opened, filled) = (seen.opened, seen.filled);
                Ok((format!("{opened} opened, {filled} with answers unread"), filled > 0))
            }
            Self::Abandoned => {
                let (server, bind, dump) = dump(ground)?;
                let seen = pests::abandoning(server, &bind, &dump, over)?;
                let (dumps, lost) = (seen.dumps, seen.lost);
                Ok((format!("{dumps} dumps abandoned, {lost} hung up on"), dumps > 0))
            }
            Self::Writes => Ok((admins::storm(ground, admins::WRITERS, over)?, true)),
        }
    }
}

/// Where everybody of the large organization is dumped, and by which bind and which search.
fn dump(ground: &Ground<'_>) -> Result<(SocketAddr, Vec<u8>, Vec<u8>)> {
    let reader = ground.greedy()?;
    let bind = ldap::bind(&reader.tenant.reader_dn, &reader.tenant.reader_password);
    Ok((ground.ldap()?, bind, reader.everybody()))
}

/// Asks in a closed loop, from behind the neighbours where the generator is short of cores.
fn flood(ground: &Ground<'_>, scripts: Vec<Script>) -> Result<(String, bool)> {
    yield_to_others()?;
    let mut engine = Engine::new(ground.place(Security::Clear)?, vec![scripts])?;
    let figures = engine.measure(&ground.subject.server, ONSET, ground.measured)?;
    let figures: Figures = figures.into_iter().next().context("no figures")?;
    let broken = match figures.example {
        Some(example) => format!(", {} broken: {example}", figures.errors),
        None => String::new(),
    };
    let answers = figures.latencies.count();
    let rate = answers as f64 / figures.elapsed.as_secs_f64();
    // Whoever meets many errors breaks off.
    let raged = answers > 0 && figures.elapsed >= ground.measured;
    Ok((format!("{rate:.0} answers/s to the storm{broken}"), raged))
}
