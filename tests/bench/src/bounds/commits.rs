//! How long one change takes while others change as fast as they can, beside what the disk takes.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use serde_json::json;

use super::honest::{NUMBER, ONSET};
use super::{Finding, Ground, admins};
use crate::clock::{now, wait_until};
use crate::histogram::Histogram;
use crate::https::Api;

/// Connections that change users of another organization without a pause.
const WRITERS: usize = 8;
/// How often the disk is asked to keep something.
const SYNCS: usize = 300;
/// What it is asked to keep.
const BLOCK: [u8; 4096] = [7; 4096];

/// Changes of one user, one after the other, alone and beside the writers.
pub(super) fn beside_writers(ground: &Ground<'_>) -> Result<Vec<Finding>> {
    let disk = syncs(&ground.setup.directory.join("synced"))?;
    let api = ground.admin()?;
    let other = ground.crowd().reader(NUMBER.min(ground.setup.data.equal - 1))?;
    let user = admins::user(&mut api.open()?, &other.organization.slug)?;
    let alone = changes(api, &user, now() + ground.measured)?;
    let over = AtomicBool::new(false);
    let (beside, deeds) = thread::scope(|scope| {
        let writers = scope.spawn(|| admins::storm(ground, WRITERS, &over));
        wait_until(now() + ONSET);
        let beside = changes(api, &user, now() + ground.measured);
        over.store(true, Ordering::Relaxed);
        let deeds = writers.join().map_err(|_| anyhow!("the writers panicked"))??;
        Ok::<_, anyhow::Error>((beside?, deeds))
    })?;
    let ratio = beside.quantile(500).as_secs_f64() / disk.quantile(500).as_secs_f64();
    Ok(vec![Finding {
        what: format!("a change to a user beside {WRITERS} connections of others"),
        seen: format!(
            "{}, {} alone, measured by the client with TLS; a write of 4 kB and fdatasync {}: \
             {ratio:.1}× at the median; {deeds}",
            told(&beside),
            told(&alone),
            told(&disk),
        ),
        target: String::new(),
        met: true,
    }])
}

fn told(latencies: &Histogram) -> String {
    let milliseconds = |of: Duration| of.as_secs_f64() * 1e3;
    let (half, most) = (latencies.quantile(500), latencies.quantile(990));
    format!("p50 {:.2} ms and p99 {:.2} ms", milliseconds(half), milliseconds(most))
}

/// What the disk takes to keep a block of a file that does not grow.
fn syncs(file: &Path) -> Result<Histogram> {
    let file = File::create(file)?;
    file.write_all_at(&BLOCK, 0)?;
    file.sync_all()?;
    let mut latencies = Histogram::new();
    for _ in 0..SYNCS {
        let begun = now();
        file.write_all_at(&BLOCK, 0)?;
        file.sync_data()?;
        latencies.record(now() - begun);
    }
    Ok(latencies)
}

/// Changes a user without a pause until the end.
fn changes(api: &Api, user: &str, end: Instant) -> Result<Histogram> {
    let (mut connection, mut latencies) = (api.open()?, Histogram::new());
    let mut turn = 0_u64;
    while now() < end {
        turn += 1;
        let body = json!({"title": format!("manager {turn}")});
        let begun = now();
        connection.call("PATCH", user, &body)?;
        latencies.record(now() - begun);
    }
    Ok(latencies)
}
