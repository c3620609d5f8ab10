//! How long one change takes while others change as fast as they can, beside what a commit and the disk
//! take.

use std::fmt;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
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
/// So many commits a change may wait for: the one under way, and its own.
const COMMITS: f64 = 2.0;

/// Changes of one user, one after the other, alone and beside the writers.
pub(super) fn beside_writers(ground: &Ground<'_>) -> Result<Vec<Finding>> {
    let disk = syncs(&ground.setup.directory.join("synced"))?;
    let api = ground.admin()?;
    let other = ground.crowd().reader(NUMBER.min(ground.setup.data.equal - 1))?;
    let user = admins::user(&mut api.open()?, &other.organization.slug)?;
    let measure = || {
        let before = Written::so_far(ground)?;
        let latencies = changes(api, &user, now() + ground.measured)?;
        Ok::<_, anyhow::Error>((latencies, Written::so_far(ground)?.since(&before)))
    };
    let (alone, written_alone) = measure()?;
    let over = AtomicBool::new(false);
    let (beside, deeds) = thread::scope(|scope| {
        let writers = scope.spawn(|| admins::storm(ground, WRITERS, &over));
        wait_until(now() + ONSET);
        let beside = measure();
        over.store(true, Ordering::Relaxed);
        let deeds = writers.join().map_err(|_| anyhow!("the writers panicked"))??;
        Ok::<_, anyhow::Error>((beside?, deeds))
    })?;
    let (beside, written) = beside;
    Ok(vec![Finding {
        what: format!(
            "changes to users, one after another and beside {WRITERS} connections of others"
        ),
        seen: format!(
            "all of them {written}; one after another {written_alone}; by the client, with TLS, beside them {}, \
             alone {}; a write of 4 kB and fdatasync {}; {deeds}",
            told(&beside),
            told(&alone),
            told(&disk),
        ),
        target: format!("waits for {COMMITS:.0} commits at most"),
        met: written.commits_waited_for() <= COMMITS,
    }])
}

/// What the store says of its writing.
struct Written {
    /// How many changes waited, and how many seconds together.
    changes: [f64; 2],
    /// How many commits there were, and how many seconds they took together.
    commits: [f64; 2],
}

impl Written {
    /// Since the daemon was started.
    fn so_far(ground: &Ground<'_>) -> Result<Self> {
        let mut door = TcpStream::connect(ground.subject.metrics.context("no metrics")?)?;
        door.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        door.read_to_string(&mut page)?;
        let value = |series: &str| -> Result<f64> {
            let mut values = page.lines().filter_map(|line| line.strip_prefix(series));
            let value = values.next().with_context(|| format!("no {series}"))?;
            Ok(value.trim().parse()?)
        };
        let pair = |what: &str| -> Result<[f64; 2]> {
            let series = |end| format!("tenantry_store_{what}_seconds_{end} ");
            Ok([value(&series("count"))?, value(&series("sum"))?])
        };
        Ok(Self { changes: pair("change")?, commits: pair("commit")? })
    }

    fn since(&self, before: &Self) -> Self {
        let grown = |[count, sum]: [f64; 2], [then, spent]: [f64; 2]| [count - then, sum - spent];
        Self {
            changes: grown(self.changes, before.changes),
            commits: grown(self.commits, before.commits),
        }
    }

    /// How many times as long as a commit takes a change waits for being durable.
    fn commits_waited_for(&self) -> f64 {
        mean(self.changes) / mean(self.commits)
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([changes, _], [commits, _]) = (self.changes, self.commits);
        write!(
            f,
            "{:.2} ms until durable, {:.1} commits of {:.2} ms that {:.1} changes share",
            mean(self.changes) * 1e3,
            self.commits_waited_for(),
            mean(self.commits) * 1e3,
            changes / commits,
        )
    }
}

fn mean([count, sum]: [f64; 2]) -> f64 {
    sum / count
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
