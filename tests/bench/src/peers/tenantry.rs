//! Ours: filled through the admin API, stopped, and started again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{PATIENCE, Setup, disk_usage, free_port, load};
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
    let (mut empty, described) = launch_demo(setup, program)?;
    let api = &described.admin_api;
    let address = api.url.trim_start_matches("https://").trim_end_matches('/').parse()?;
    let token = &api.tokens.administrator_with_billing;
    let door = Api::new(address, &described.ca_file, token)?;
    let (begin, server_cpu, own) = (clock::now(), empty.cpu()?, own_cpu()?);
    let tenants = load::everything(&door, setup.data, &hashes)?;
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

/// Ends it and starts it again with what it has on disk.
///
/// # Errors
/// When it does not end or does not start.
pub(crate) fn restart(setup: &Setup<'_>, program: &Path, subject: &mut Subject) -> Result<()> {
    subject.server.stop()?;
    let (server, doors, _) = launch(setup, text(program)?)?;
    subject.server = server;
    subject.ldap = Some(doors.ldap);
    subject.ldaps = Some(doors.ldaps);
    subject.radius = Some(doors.radius(setup)?);
    Ok(())
}

/// Starts a demonstration, which makes admins and their keys, and waits for its first answer.
fn launch_demo(setup: &Setup<'_>, program: &str) -> Result<(Server, Description)> {
    let (data, description) = (setup.path("data"), setup.path("description.json"));
    let arguments = ["demo", "--data", text(&data)?, "--describe", text(&description)?];
    let log = setup.path("tenantryd.log");
    let mut server = Server::start(&setup.cores.all, program, &arguments, &log)?;
    let described = clock::poll("tenantryd's first answer", PATIENCE, || {
        server.expect_alive()?;
        let text = std::fs::read_to_string(&description).unwrap_or_default();
        let described = serde_json::from_str::<Description>(&text).ok();
        Ok(described.filter(|d| ldap::answers(d.ldap)))
    })?;
    Ok((server, described))
}

/// Where the daemon listens.
struct Doors {
    ldap: SocketAddr,
    ldaps: SocketAddr,
    radius: SocketAddr,
    accounting: SocketAddr,
}

impl Doors {
    fn radius(&self, setup: &Setup<'_>) -> Result<Radius> {
        let (pap, accounting) = (self.radius, self.accounting);
        let peers = setup.tls.peers()?;
        Ok(Radius { pap, wireless: pap, resuming: pap, accounting, peers })
    }
}

/// Starts the daemon on what a demonstration left, and waits for its first LDAP answer.
fn launch(setup: &Setup<'_>, program: &str) -> Result<(Server, Doors, Duration)> {
    let doors = Doors {
        ldap: free_port()?,
        ldaps: free_port()?,
        radius: free_port()?,
        accounting: free_port()?,
    };
    let configuration = setup.write("tenantry.toml", &configuration(setup, &doors))?;
    let arguments = ["serve", "--config", text(&configuration)?];
    let log = setup.path("tenantryd.log");
    let begin = clock::now();
    let mut server = Server::start(&setup.cores.server, program, &arguments, &log)?;
    clock::poll("tenantryd's first answer", PATIENCE, || {
        server.expect_alive()?;
        Ok(ldap::answers(doors.ldap).then_some(()))
    })?;
    Ok((server, doors, clock::now() - begin))
}

/// The defaults, but for addresses, and how many entries one answer may have and how long it may take.
fn configuration(setup: &Setup<'_>, doors: &Doors) -> String {
    let data = setup.path("data");
    let Files { certificate, key, .. } = setup.tls;
    let Doors { ldap, ldaps, radius, accounting } = doors;
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
[admin_api]
listen = []
[tls]
certificate = {certificate:?}
key = {key:?}
[privileges]
stay_root = true
[log]
filter = \"warn\"
",
        master_key.display()
    )
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("path is not UTF-8")
}
