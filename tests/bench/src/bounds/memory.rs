//! What connections cost: 5 000 that say nothing, and some that ask for everything.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};

use super::{Finding, Ground, megabytes};
use crate::clock::{now, wait_until};
use crate::engine::{Engine, Security};
use crate::proc::Server;
use crate::rounds::{Reader, Rounds};
use crate::shape::Shape;

/// Connections that say nothing.
const IDLE: usize = 5_000;
/// What they may take together; the store's cache and the accounts behind them are there before.
const IDLE_LIMIT: u64 = 100_000_000;
/// Service accounts that the connections are bound as.
const ACCOUNTS: usize = 256;
/// Dumps at once.
const DUMPS: usize = 4;
/// What each connection may take.
pub(super) const LIMIT_EACH: u64 = 20_000_000;
/// How often memory is looked at while something is going on.
const SAMPLING: Duration = Duration::from_millis(10);
/// How long the daemon may take to put its things away: what hashing took it keeps for seconds.
const SETTLING: Duration = Duration::from_secs(4);

/// Nothing to do.
fn nothing(_: Reader<'_>) -> Rounds {
    Rc::new([])
}

/// Binds 5 000 connections, in clear and inside TLS, and leaves them alone.
pub(super) fn idle(ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
    let clear = idle_with(ground, Security::Clear)?;
    ground.restart()?;
    Ok(vec![clear, idle_with(ground, Security::Ldaps)?])
}

fn idle_with(ground: &Ground<'_>, security: Security) -> Result<Finding> {
    let server = &ground.subject.server;
    // Every account binds before: what its first bind leaves behind is not the connections'.
    let accounts = ground.crowd().readers(Shape::of(ACCOUNTS), nothing)?;
    let mut before = Engine::new(ground.place(security)?, vec![accounts])?;
    before.open()?;
    drop(before);
    wait_until(now() + SETTLING);
    let before = server.footprint()?;
    let scripts = ground.crowd().readers(Shape::of(IDLE), nothing)?;
    let mut engine = Engine::new(ground.place(security)?, vec![scripts])?;
    engine.open()?;
    wait_until(now() + SETTLING);
    let after = server.footprint()?;
    drop(engine);
    let taken = after.resident.saturating_sub(before.resident);
    let each = taken as f64 / IDLE as f64 / 1e3;
    Ok(Finding {
        what: format!("{IDLE} idle bound connections, {}", name_of(security)),
        seen: format!(
            "{} more, {each:.1} kB each; {} PSS, {} RSS in all, {} RSS before",
            megabytes(taken),
            megabytes(after.proportional),
            megabytes(after.resident),
            megabytes(before.resident),
        ),
        target: format!("under {} more", megabytes(IDLE_LIMIT)),
        met: taken < IDLE_LIMIT,
    })
}

fn name_of(security: Security) -> &'static str {
    match security {
        Security::Clear => "clear",
        Security::StartTls => "StartTLS",
        Security::Ldaps => "LDAPS",
    }
}

/// Lets several connections ask for everybody in the large organization, at once and in pages.
pub(super) fn dumps(ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
    let unpaged = dump(ground, "not paged", Reader::dump)?;
    ground.restart()?;
    Ok(vec![unpaged, dump(ground, "in pages of 500", Reader::dump_paged)?])
}

fn dump<'a>(
    ground: &'a Ground<'_>,
    how: &str,
    rounds: fn(Reader<'a>) -> Rounds,
) -> Result<Finding> {
    let server = &ground.subject.server;
    let scripts = |rounds: fn(Reader<'a>) -> Rounds| {
        ground.crowd().readers_of_large(Shape::of(DUMPS), rounds)
    };
    let mut before = Engine::new(ground.place(Security::Clear)?, vec![scripts(nothing)?])?;
    before.open()?;
    drop(before);
    let mut engine = Engine::new(ground.place(Security::Clear)?, vec![scripts(rounds)?])?;
    let (figures, growth) =
        growing(server, || engine.measure(server, Duration::ZERO, ground.measured))?;
    let figures = figures.first().ok_or_else(|| anyhow!("no figures"))?;
    let entries = ground.greedy()?.organization.users.len();
    let each = growth / DUMPS as u64;
    Ok(Finding {
        what: format!("{DUMPS} dumps of {entries} entries at once, {how}"),
        seen: format!(
            "{} more at most, {} a connection; {:.1} dumps/s, {} errors {}",
            megabytes(growth),
            megabytes(each),
            figures.rate(),
            figures.errors,
            figures.example.as_deref().unwrap_or_default(),
        ),
        target: format!("under {} a connection", megabytes(LIMIT_EACH)),
        met: each < LIMIT_EACH && figures.errors == 0,
    })
}

/// Does something; how far the daemon's memory rose meanwhile at most.
pub(super) fn growing<T>(server: &Server, action: impl FnOnce() -> Result<T>) -> Result<(T, u64)> {
    let before = server.memory()?.anonymous;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let sampler = scope.spawn(|| -> Result<u64> {
            let mut most = before;
            while !over.load(Ordering::Relaxed) {
                most = most.max(server.memory()?.anonymous);
                wait_until(now() + SAMPLING);
            }
            Ok(most)
        });
        let done = action();
        over.store(true, Ordering::Relaxed);
        let most = sampler.join().map_err(|_| anyhow!("the sampler panicked"))??;
        Ok((done?, most - before))
    })
}
