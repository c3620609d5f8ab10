//! Admins: how soon they are answered beside LDAP and RADIUS, and what a storm of their changes takes
//! from others.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};

use super::neighbours::Neighbours;
use super::{Finding, Ground};
use crate::clock::{now, wait_until};
use crate::data::Random;
use crate::generator::{self, Operation, Timing};
use crate::histogram::Histogram;
use crate::https::{Api, Connection};
use crate::peers::tenantry;
use crate::workers::{Ask, Field, Single};

/// Connections of a storm that change users without a pause.
pub(super) const WRITERS: usize = 16;
/// Connections that read.
const READERS: u64 = 8;
/// How long each of them thinks between an answer and its next request: they are to be answered soon beside
/// others, not to keep the machine busy by themselves.
const THOUGHT: Duration = Duration::from_millis(20);
/// How long network gear waits between an answer and its next request.
const PAUSE: Duration = Duration::from_millis(2);
/// Organizations of which something is read.
const SAMPLE: usize = 64;
/// Pieces of network gear that ask, each every [`PAUSE`].
const GEAR: usize = 4;
/// How long 95 of 100 reads may take.
const READ: Duration = Duration::from_millis(2);
/// What is read, in turns.
const KINDS: [&str; 6] = [
    "list of users",
    "a user",
    "members of a group",
    "organizations by a filter",
    "events",
    "can-i",
];

/// Reads of all kinds, while others search, bind and log in.
pub(super) fn reads(ground: &Ground<'_>) -> Result<Vec<Finding>> {
    let (api, places) = (ground.admin()?, places(ground)?);
    let neighbours = Neighbours::of(ground)?;
    let workers = gear(ground)?;
    let timing = Timing { warm_up: Duration::ZERO, measured: ground.measured };
    let log = tenantry::log(ground.setup);
    let told_before = std::fs::metadata(&log)?.len();
    let end = now() + ground.measured;
    let (seen, beside, logins) = thread::scope(|scope| {
        let readers: Vec<_> = (1..=READERS)
            .map(|seed| {
                let places = &places;
                scope.spawn(move || read(api, places, Random::new(seed), end))
            })
            .collect();
        let logins = scope.spawn(|| generator::run(&ground.subject.server, timing, workers));
        let beside = neighbours.work(ground.measured)?;
        let mut seen = KINDS.map(|_| Histogram::new());
        for reader in readers {
            let one = reader.join().map_err(|_| anyhow!("a reader panicked"))??;
            seen.iter_mut().zip(&one).for_each(|(all, one)| all.merge(one));
        }
        let logins = logins.join().map_err(|_| anyhow!("the gear panicked"))??;
        Ok::<_, anyhow::Error>((seen, beside, logins))
    })?;
    let mut all = Histogram::new();
    seen.iter().for_each(|one| all.merge(one));
    let asked = beside.searches.count() + beside.binds.count() + logins.latencies.count();
    let seconds = ground.measured.as_secs_f64();
    let beside = format!(
        "{:.0} reads/s beside {:.0} searches, binds and logins a second, {} errors",
        all.count() as f64 / seconds,
        asked as f64 / seconds,
        logins.errors,
    );
    let kinds = KINDS.iter().zip(&seen);
    let kinds = kinds.map(|(kind, latencies)| format!("{kind} {}", told(latencies)));
    let served = served(&log, told_before)?;
    let slowest = served.quantile(950);
    let ratio = slowest.as_secs_f64() / READ.as_secs_f64();
    Ok(vec![Finding {
        what: format!(
            "reads of the admin API, {READERS} connections, each {} ms behind its last answer, {} organizations of {} users",
            THOUGHT.as_millis(),
            ground.setup.data.equal,
            ground.setup.data.users() / ground.setup.data.organizations.len().max(1),
        ),
        seen: format!(
            "p95 {} ({ratio:.2}× the target) of {} in the server, from a request's arrival at its route \
             to its answer; {} by the client, with TLS and with waiting for both: {}; {beside}",
            told(&served),
            served.count(),
            told(&all),
            kinds.collect::<Vec<_>>().join(", "),
        ),
        target: format!("p95 under {} ms", READ.as_millis()),
        met: served.count() > 0 && slowest < READ,
    }])
}

/// How long reads took that the daemon's log tells of behind a place.
fn served(log: &Path, behind: u64) -> Result<Histogram> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(behind))?;
    let mut seen = Histogram::new();
    for line in BufReader::new(file).lines() {
        let line = line?;
        let took = line.split_once("took_us=").map(|(_, took)| took);
        let Some(took) = took.filter(|_| line.contains("method=GET")) else { continue };
        let digits = took.split(|letter: char| !letter.is_ascii_digit()).next();
        seen.record(Duration::from_micros(digits.context("no number")?.parse()?));
    }
    Ok(seen)
}

fn told(latencies: &Histogram) -> String {
    format!("{:.2} ms", latencies.quantile(950).as_secs_f64() * 1e3)
}

/// An organization and something in it.
struct Place {
    slug: String,
    organization: String,
    user: String,
    group: String,
}

impl Place {
    fn path(&self, kind: usize) -> String {
        let Self { slug, organization, user, group } = self;
        let root = format!("/v1/organizations/{organization}");
        match kind {
            0 => format!("{root}/users?limit=50"),
            1 => format!("{root}/users/{user}"),
            2 => format!("{root}/groups/{group}/members"),
            3 => format!("/v1/organizations?filter=slug%20eq%20%22{slug}%22"),
            4 => format!("{root}/events?limit=50"),
            _ => format!("/v1/me/can-i?permission=manage_identities&organization={organization}"),
        }
    }
}

fn places(ground: &Ground<'_>) -> Result<Vec<Place>> {
    let mut connection = ground.admin()?.open()?;
    let data = ground.setup.data;
    let step = (data.equal / SAMPLE).max(1);
    let some = data.organizations.iter().take(data.equal).step_by(step).take(SAMPLE);
    some.map(|it| place(&mut connection, &it.slug)).collect()
}

fn place(connection: &mut Connection<'_>, slug: &str) -> Result<Place> {
    let organization = organization(connection, slug)?;
    let root = format!("/v1/organizations/{organization}");
    let user = first(connection, &format!("{root}/users?limit=1"))?;
    let group = first(connection, &format!("{root}/groups?limit=1"))?;
    Ok(Place { slug: slug.to_owned(), organization, user, group })
}

/// The id of an organization.
pub(super) fn organization(connection: &mut Connection<'_>, slug: &str) -> Result<String> {
    first(connection, &format!("/v1/organizations?filter=slug%20eq%20%22{slug}%22"))
}

/// The path of a user of an organization.
pub(super) fn user(connection: &mut Connection<'_>, slug: &str) -> Result<String> {
    let Place { organization, user, .. } = place(connection, slug)?;
    Ok(format!("/v1/organizations/{organization}/users/{user}"))
}

/// The id of what a list begins with.
fn first(connection: &mut Connection<'_>, path: &str) -> Result<String> {
    let page = connection.call("GET", path, &Value::Null)?;
    let id = page.pointer("/items/0/id").and_then(Value::as_str).map(ToOwned::to_owned);
    id.with_context(|| format!("nothing at {path}"))
}

/// Reads until the end; how long each kind took.
fn read(
    api: &Api,
    places: &[Place],
    mut random: Random,
    end: Instant,
) -> Result<[Histogram; KINDS.len()]> {
    let mut connection = api.open()?;
    let mut seen = KINDS.map(|_| Histogram::new());
    while now() < end {
        for (kind, latencies) in seen.iter_mut().enumerate() {
            let path = random.choose(places).context("nothing to read")?.path(kind);
            let asked = now();
            connection.call("GET", &path, &Value::Null)?;
            latencies.record(now() - asked);
            wait_until(now() + THOUGHT);
        }
    }
    Ok(seen)
}

/// Network gear that asks for the regulars, each again and again with a pause.
fn gear<'a>(ground: &'a Ground<'_>) -> Result<Vec<Operation<'a>>> {
    let radius = ground.subject.radius.as_ref().context("no RADIUS")?;
    let server: SocketAddr = radius.pap;
    let (data, tenants) = (ground.setup.data, ground.subject.tenants.as_slice());
    let field = Field { server, data, tenants, workers: GEAR };
    let asking = field.asking(&Ask::Single(Single::Pap), &data.regulars(), 1)?;
    let slowly = |mut ask: Operation<'a>| {
        let operation = move || {
            let answer = ask();
            wait_until(now() + PAUSE);
            answer
        };
        Box::new(operation) as Operation<'a>
    };
    Ok(asking.into_iter().map(slowly).collect())
}

/// Changes users of the large organization by so many connections without a pause until it is over;
/// what was done, in words.
pub(super) fn storm(ground: &Ground<'_>, writers: usize, over: &AtomicBool) -> Result<String> {
    let api = ground.admin()?;
    let data = ground.setup.data;
    let large = data.organizations.get(data.equal).context("there is no large organization")?;
    let mut connection = api.open()?;
    let found = place(&mut connection, &large.slug)?;
    let root = format!("/v1/organizations/{}/users", found.organization);
    let page = connection.call("GET", &format!("{root}?limit=200"), &Value::Null)?;
    let users: Vec<String> = page
        .get("items")
        .and_then(Value::as_array)
        .context("no users")?
        .iter()
        .filter_map(|user| user.get("id")?.as_str().map(ToOwned::to_owned))
        .collect();
    ensure!(users.len() >= writers, "only {} users", users.len());
    let changes = AtomicU64::new(0);
    let begun = now();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..writers)
            .map(|writer| {
                let own: Vec<&String> = users.iter().skip(writer).step_by(writers).collect();
                let (root, changes) = (&root, &changes);
                scope.spawn(move || write(api, (root, &own), changes, over))
            })
            .collect();
        let join = |writer: thread::ScopedJoinHandle<'_, Result<()>>| {
            writer.join().map_err(|_| anyhow!("a writer panicked"))?
        };
        writers.into_iter().try_for_each(join)
    })?;
    let rate = changes.load(Ordering::Relaxed) as f64 / (now() - begun).as_secs_f64();
    Ok(format!("{rate:.0} changes/s"))
}

fn write(
    api: &Api,
    (root, own): (&str, &[&String]),
    changes: &AtomicU64,
    over: &AtomicBool,
) -> Result<()> {
    let mut connection = api.open()?;
    for (turn, user) in own.iter().cycle().enumerate() {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let body = json!({"title": format!("engineer {turn}")});
        connection.call("PATCH", &format!("{root}/{user}"), &body)?;
        changes.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}
