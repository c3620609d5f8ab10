//! Ours: filled through the admin API, stopped, and started again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{PATIENCE, Setup, disk_usage, load};
use crate::clock;
use crate::https::Api;
use crate::ldap;
use crate::proc::{Server, run};
use crate::subject::{Life, Subject};
use crate::table::OURS;

/// What `tenantryd demo --describe` writes, as far as it is needed here.
#[derive(Deserialize)]
struct Description {
    ldap: SocketAddr,
    radius: RadiusPorts,
    admin_api: AdminApi,
    ca_file: PathBuf,
}

#[derive(Deserialize)]
struct RadiusPorts {
    auth: SocketAddr,
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
    let program = program.to_str().context("path is not UTF-8")?;
    let hashes = load::hashes()?;
    let (empty, described, _) = launch(setup, program)?;
    let api = &described.admin_api;
    let address = api.url.trim_start_matches("https://").trim_end_matches('/').parse()?;
    let token = &api.tokens.administrator_with_billing;
    let door = Api::new(address, &described.ca_file, token)?;
    let begin = clock::now();
    let tenants = load::everything(&door, setup.data, &hashes)?;
    let load = clock::now() - begin;
    let after_load = Some(empty.memory()?);
    empty.stop()?;

    let (server, described, start) = launch(setup, program)?;
    Ok(Subject {
        name: OURS,
        version: run(std::process::Command::new(program).arg("--version"))?.trim().to_owned(),
        ldap: Some(described.ldap),
        radius: Some(described.radius.auth),
        tenants,
        life: Life {
            load,
            start,
            disk: disk_usage(&setup.path("data"))?,
            after_load,
            after_start: server.memory()?,
            ..Life::default()
        },
        server,
    })
}

/// Starts the daemon on its data directory and waits for its first LDAP answer.
fn launch(setup: &Setup<'_>, program: &str) -> Result<(Server, Description, Duration)> {
    let data = setup.path("data");
    let description = setup.path("description.json");
    if description.exists() {
        std::fs::remove_file(&description)?;
    }
    let arguments = [
        "demo",
        "--data",
        data.to_str().context("path is not UTF-8")?,
        "--describe",
        description.to_str().context("path is not UTF-8")?,
    ];
    let log = setup.path("tenantryd.log");
    let begin = clock::now();
    let mut server = Server::start(&setup.cores.server, program, &arguments, &log)?;
    let described = clock::poll("tenantryd's first answer", PATIENCE, || {
        server.expect_alive()?;
        let text = std::fs::read_to_string(&description).unwrap_or_default();
        let described = serde_json::from_str::<Description>(&text).ok();
        Ok(described.filter(|d| ldap::answers(d.ldap)))
    })?;
    Ok((server, described, clock::now() - begin))
}
