//! Binds that nobody has remembered: bounded by the hash, and by nothing else.

use std::time::Duration;

use anyhow::{Context, Result};

use super::{Finding, Ground};
use crate::clock::now;
use crate::crowd::in_turn;
use crate::engine::{Engine, Security};
use crate::peers::hash;

/// Connections that bind.
const CONNECTIONS: usize = 16;
/// Hashes that are timed.
const HASHES: usize = 33;
/// The least share of the pool's cores that is to go into hashing.
const LEAST: f64 = 0.85;

/// Lets everybody bind once, and compares with what the hashes alone would take.
pub(super) fn binds(ground: &mut Ground<'_>) -> Result<Vec<Finding>> {
    let place = ground.place(Security::Clear)?;
    let scripts = in_turn(CONNECTIONS, &ground.crowd().all_binds());
    let mut engine = Engine::new(place, vec![scripts])?;
    let figures = engine.measure(&ground.subject.server, ground.measured / 4, ground.measured)?;
    let figures = figures.into_iter().next().context("no figures")?;
    let each = median_hash()?;
    let pool = ground.setup.cores.of_server;
    let share = figures.rate() * each.as_secs_f64() / pool as f64;
    Ok(vec![Finding {
        what: format!("cold binds, {CONNECTIONS} connections"),
        seen: format!(
            "{:.1} binds/s × {:.1} ms for one hash = {share:.2} of each of the pool's {pool} cores; \
             {} errors",
            figures.rate(),
            each.as_secs_f64() * 1e3,
            figures.errors,
        ),
        target: format!("at least {LEAST} of each core"),
        met: share >= LEAST && figures.errors == 0,
    }])
}

/// How long one hash takes here, where no other thread hashes.
fn median_hash() -> Result<Duration> {
    let mut times = Vec::with_capacity(HASHES);
    for number in 0..HASHES {
        let before = now();
        hash(&number.to_string(), [7; 16])?;
        times.push(now() - before);
    }
    times.sort();
    times.get(HASHES / 2).copied().context("no hash")
}
