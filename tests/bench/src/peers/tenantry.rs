//! Ours: filled through the admin API, stopped, and started again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{PATIENCE, Setup, disk_usage, free_ports, load};
use crate::clock;
use crate::https::Api;
use crate::ldap;
use crate::proc::{Server, own_cpu, run};
use crate::subject::{Life, Radius, Subject};
use crate::table::OURS;
use crate::tls::Files;

/// What `tenantryd demo --describe` writes, as far as it is needed here.
#[derive(Deserialize)]
struct Description {
    ldap: SocketAddr,
    admin_api: AdminApi,
    ca_file: PathBuf,
}

impl Description {
    /// The admin API, as one who may do everything.
    fn door(&self) -> Result<Api> {
        let AdminApi { url, tokens } = &self.admin_api;
        let address = url.trim_start_matches("https://").trim_end_matches('/').parse()?;
        Api::new(address, &self.ca_file, &tokens.administrator_with_billing)
    }
}

#[derive(Deserialize)]
struct AdminApi {
    url: String,
    tokens: Tokens,
}

#[derive(Deserialize)]
struct Tokens {
    administrator_with_billing: String,
}

/// Starts it empty, loads it, and starts it again with all people in it.
///
/// # Errors
/// When a step fails.
pub(crate) fn start(setup: &Setup<'_>, program: &Path) -> Result<Subject> {
    let program = text(program)?;
    let hashes = load::hashes()?;
    setup.tls.copy_to(&setup.path("data").join("tls"))?;
    let (mut empty, described) = launch_demo(setup, program, 0)?;
    let door = described.door()?;
    let (begin, server_cpu, own) = (clock::now(), empty.cpu()?, own_cpu()?);
    let tenants = load::everything(&door, setup.data, &hashes, &setup.tls.gateways)?;
    let load = clock::now() - begin;
    let (load_cpu, load_generator_cpu) = (empty.cpu()? - server_cpu, own_cpu()? - own);
    let after_load = Some(empty.memory()?);
    empty.stop()?;

    let (server, doors, start) = launch(setup, program)?;
    Ok(Subject {
        name: OURS,
        version: run(std::process::Command::new(program).arg("--version"))?.trim().to_owned(),
        ldap: Some(doors.ldap),
        ldaps: Some(doors.ldaps),
        radius: Some(doors.radius(setup)?),
        admin: Some(door.at(doors.admin)),
        metrics: Some(doors.metrics),
        tls: setup.tls.client()?,
        tenants,
        life: Life {
            load,
            load_cpu,
            load_generator_cpu,
            start,
            disk: disk_usage(&setup.path("data"))?,
            after_load,
            after_start: server.memory()?,
            ..Life::default()
        },
        server,
    })
}

/// Ends it and starts it again with what it has on disk; how long the start took.
///
/// # Errors
/// When it does not end or does not start.
pub(crate) fn restart(
    setup: &Setup<'_>,
    program: &Path,
    subject: &mut Subject,
) -> Result<Duration> {
    subject.server.stop()?;
    let (server, doors, start) = launch(setup, text(program)?)?;
    subject.server = server;
    subject.ldap = Some(doors.ldap);
    subject.ldaps = Some(doors.ldaps);
    subject.radius = Some(doors.radius(setup)?);
    subject.admin = subject.admin.take().map(|door| door.at(doors.admin));
    subject.metrics = Some(doors.metrics);
    Ok(start)
}

/// Starts a demonstration, which makes admins and their keys, and waits for its first answer.
fn launch_demo(setup: &Setup<'_>, program: &str, past: u64) -> Result<(Server, Description)> {
    let (data, description) = (setup.path("data"), setup.path("description.json"));
    let (data, events) = (text(&data)?, past.to_string());
    let files = ["--data", data, "--describe", text(&description)?];
    let arguments = [&["demo"][..], &files[..], &["--past", events.as_str()]].concat();
    let log = log(setup);
    // A description of a former start says nothing of this one.
    let _former = std::fs::remove_file(&description);
    let mut server = Server::start(&setup.cores.all, program, &arguments, &log)?;
    let patience = PATIENCE + Duration::from_secs(past / SLOWLY);
    let described = clock::poll("tenantryd's first answer", patience, || {
        server.expect_alive()?;
        let text = std::fs::read_to_string(&description).unwrap_or_default();
        let described = serde_json::from_str::<Description>(&text).ok();
        Ok(described.filter(|d| ldap::answers(d.ldap)))
    })?;
    Ok((server, described))
}

/// At least so many events of the past are written in a second.
const SLOWLY: u64 = 20_000;

/// A demonstration that runs, with all people in it.
pub(crate) struct Demonstration {
    /// The process.
    pub(crate) server: Server,
    /// Its admin API, as one who may do everything.
    pub(crate) door: Api,
    /// How long it took to its first answer.
    pub(crate) start: Duration,
}

/// Fills a demonstration with people, lets its organizations have a past, and starts it again.
///
/// # Errors
/// When a step fails.
pub(crate) fn with_past(setup: &Setup<'_>, program: &Path, past: u64) -> Result<Demonstration> {
    let program = text(program)?;
    setup.tls.copy_to(&setup.path("data").join("tls"))?;
    let (mut empty, described) = launch_demo(setup, program, 0)?;
    load::everything(&described.door()?, setup.data, &load::hashes()?, &setup.tls.gateways)?;
    empty.stop()?;
    let (mut filling, _) = launch_demo(setup, program, past)?;
    filling.stop()?;
    let begin = clock::now();
    let (server, described) = launch_demo(setup, program, 0)?;
    Ok(Demonstration { server, door: described.door()?, start: clock::now() - begin })
}

/// Where the daemon listens.
struct Doors {
    ldap: SocketAddr,
    ldaps: SocketAddr,
    radius: SocketAddr,
    radsec: SocketAddr,
    accounting: SocketAddr,
    admin: SocketAddr,
    metrics: SocketAddr,
}

impl Doors {
    fn radius(&self, setup: &Setup<'_>) -> Result<Radius> {
        let Self { radius: pap, radsec, accounting, .. } = *self;
        let (gateways, peers) = (setup.tls.gateways.clone(), setup.tls.peers()?);
        Ok(Radius { pap, wireless: pap, resuming: pap, accounting, radsec, gateways, peers })
    }
}

/// Starts the daemon on what a demonstration left, and waits for its first LDAP answer.
fn launch(setup: &Setup<'_>, program: &str) -> Result<(Server, Doors, Duration)> {
    let [ldap, ldaps, radius, radsec, accounting, admin, metrics] = free_ports()?;
    let doors = Doors { ldap, ldaps, radius, radsec, accounting, admin, metrics };
    let configuration = setup.write("tenantry.toml", &configuration(setup, &doors))?;
    let arguments = ["serve", "--config", text(&configuration)?];
    let log = log(setup);
    let begin = clock::now();
    let mut server = Server::start(&setup.cores.server, program, &arguments, &log)?;
    clock::poll("tenantryd's first answer", PATIENCE, || {
        server.expect_alive()?;
        Ok(ldap::answers(doors.ldap).then_some(()))
    })?;
    Ok((server, doors, clock::now() - begin))
}

/// The defaults, but for addresses, how many entries one answer may have and how long it may take, and
/// that the log says how long requests of the admin API took.
fn configuration(setup: &Setup<'_>, doors: &Doors) -> String {
    let data = setup.path("data");
    let Files { certificate, key, .. } = setup.tls;
    let Doors { ldap, ldaps, radius, radsec, accounting, admin, metrics } = doors;
    let (directory, master_key) = (data.join("data"), data.join("master-key"));
    format!(
        "[data]
directory = {directory:?}
master_key = \"file:{}\"
[ldap]
listen = [\"{ldap}\"]
listen_tls = [\"{ldaps}\"]
cleartext_bind = true
size_limit = 10000000
time_limit = \"10m\"
[radius]
auth = [\"{radius}\"]
acct = [\"{accounting}\"]
radsec = [\"{radsec}\"]
[admin_api]
listen = [\"{admin}\"]
requests_per_minute = 60000000
[metrics]
listen = [\"{metrics}\"]
[tls]
certificate = {certificate:?}
key = {key:?}
[privileges]
stay_root = true
[log]
filter = \"warn,admin_api::layers=debug\"
",
        master_key.display()
    )
}

/// Where it writes its log.
pub(crate) fn log(setup: &Setup<'_>) -> PathBuf {
    setup.path("tenantryd.log")
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("path is not UTF-8")
}
