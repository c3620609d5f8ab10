//! What connections cost that say nothing.

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
    let secure = idle_with(ground, Security::Ldaps)?;
    Ok(clear.into_iter().chain(secure).collect())
}

fn idle_with(ground: &Ground<'_>, security: Security) -> Result<[Finding; 2]> {
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
    let what = format!("{IDLE} idle bound connections, {}", name_of(security));
    let whole = Finding {
        what: format!("{what}: the whole process"),
        seen: format!(
            "{} RSS, {} PSS; {} RSS before them, which are the store's cache and the accounts",
            megabytes(after.resident),
            megabytes(after.proportional),
            megabytes(before.resident),
        ),
        target: String::new(),
        met: true,
    };
    let added = Finding {
        what: format!("{what}: what they add"),
        seen: format!("{} more RSS, {each:.1} kB each", megabytes(taken)),
        target: format!("under {} more", megabytes(IDLE_LIMIT)),
        met: taken < IDLE_LIMIT,
    };
    Ok([added, whole])
}

fn name_of(security: Security) -> &'static str {
    match security {
        Security::Clear => "clear",
        Security::StartTls => "StartTLS",
        Security::Ldaps => "LDAPS",
    }
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
