//! One organization of very many people, and what connections take that ask for all of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use super::memory::growing;
use super::{Finding, Ground, megabytes, pests};
use crate::Arguments;
use crate::clock::{now, wait_until};
use crate::data::Data;
use crate::engine::{Engine, Pick, Script, Security};
use crate::ldap;
use crate::peers::{Setup, tenantry};
use crate::rounds::{Reader, Rounds};
use crate::shape::Shape;

/// Dumps at once.
const DUMPS: usize = 4;
/// What each connection may take.
const LIMIT_EACH: u64 = 20_000_000;
/// How many times as long as other bounds these are looked at: a dump takes seconds.
const TIMES: u32 = 10;

/// What is asked for.
type Asking<'a> = fn(Reader<'a>) -> Rounds;

/// Loads the organization and looks at dumps of it.
///
/// # Errors
/// When it cannot be loaded.
pub(crate) fn measure(pattern: &Setup<'_>, arguments: &Arguments) -> Result<Vec<Finding>> {
    let data = Data::new(0, 0, arguments.dump_users);
    let setup = Setup { data: &data, directory: pattern.directory.join("one"), ..*pattern };
    std::fs::create_dir_all(&setup.directory)?;
    let subject = tenantry::start(&setup, &arguments.tenantryd)?;
    let loaded = subject.life.load.as_secs_f64();
    let measured = arguments.time_of_bounds() * TIMES;
    let mut ground = Ground::new(subject, &setup, &arguments.tenantryd, measured);
    let unpaged = dump(&ground, "not paged", Reader::dump)?;
    ground.restart()?;
    let paged = dump(&ground, "in pages of 500", Reader::dump_paged)?;
    ground.restart()?;
    let slow = slow_readers(&ground)?;
    let loading = Finding {
        what: format!("{} users in one organization: loading, in no groups", data.users()),
        seen: format!("{loaded:.0} s, {:.0} users/s", data.users() as f64 / loaded),
        target: String::new(),
        met: true,
    };
    Ok(vec![loading, unpaged, paged, slow])
}

/// Fills the store's cache by one whole dump.
fn warm<'a>(ground: &'a Ground<'_>, rounds: Asking<'a>) -> Result<()> {
    let mut scripts = ground.crowd().readers_of_large(Shape::of(1), rounds)?;
    scripts.iter_mut().for_each(once);
    Engine::new(ground.place(Security::Clear)?, vec![scripts])?.exhaust()
}

fn once(script: &mut Script) {
    script.pick = Pick::InTurn { next: 0, stride: 1, left: 1 };
}

fn dump<'a>(ground: &'a Ground<'_>, how: &str, rounds: Asking<'a>) -> Result<Finding> {
    warm(ground, rounds)?;
    let server = &ground.subject.server;
    let scripts = ground.crowd().readers_of_large(Shape::of(DUMPS), rounds)?;
    let mut engine = Engine::new(ground.place(Security::Clear)?, vec![scripts])?;
    let (figures, growth) =
        growing(server, || engine.measure(server, Duration::ZERO, ground.measured))?;
    let figures = figures.first().context("no figures")?;
    let entries = ground.greedy()?.organization.users.len();
    let each = growth / DUMPS as u64;
    let whole = figures.latencies.count();
    let enough = usize::try_from(whole)? >= DUMPS;
    Ok(Finding {
        what: format!("{DUMPS} dumps of {entries} entries at once, {how}"),
        seen: format!(
            "{} more at most, {} a connection; {whole} whole dumps in {:.0} s, each {:.1} s at the \
             median and {:.1} MB; {} RSS at most; {} errors {}",
            megabytes(growth),
            megabytes(each),
            figures.elapsed.as_secs_f64(),
            figures.latencies.quantile(500).as_secs_f64(),
            figures.octets_each() / 1e6,
            megabytes(server.memory()?.peak),
            figures.errors,
            figures.example.as_deref().unwrap_or_default(),
        ),
        target: format!("under {} a connection, {DUMPS} whole dumps", megabytes(LIMIT_EACH)),
        met: each < LIMIT_EACH && figures.errors == 0 && enough,
    })
}

/// Readers of a dump of everybody at once who take 4 kB every 50 ms.
fn slow_readers(ground: &Ground<'_>) -> Result<Finding> {
    warm(ground, Reader::dump)?;
    let (server, clear) = (&ground.subject.server, ground.ldap()?);
    let reader = ground.greedy()?;
    let bind = ldap::bind(&reader.tenant.reader_dn, &reader.tenant.reader_password);
    let (everybody, over) = (reader.everybody(), AtomicBool::new(false));
    let sip = || {
        thread::scope(|scope| {
            let sipping = scope.spawn(|| pests::dawdlers(clear, &bind, &everybody, &over));
            wait_until(now() + ground.measured / 2);
            over.store(true, Ordering::Relaxed);
            sipping.join().map_err(|_| anyhow!("the readers panicked"))?
        })
    };
    let (sipped, growth) = growing(server, sip)?;
    let readers = pests::READERS;
    let each = growth / readers as u64;
    let entries = reader.organization.users.len();
    Ok(Finding {
        what: format!(
            "{readers} slow readers of a dump of {entries} entries, not paged, 4 kB every 50 ms"
        ),
        seen: format!(
            "{} more at most, {} each; they read {} kB, {} hung up on",
            megabytes(growth),
            megabytes(each),
            sipped.octets / 1000,
            sipped.lost,
        ),
        target: format!("under {} a connection", megabytes(LIMIT_EACH)),
        met: each < LIMIT_EACH && sipped.octets > 0,
    })
}
