//! Measures Tenantry, slapd and FreeRADIUS with the same people, the same requests and the same
//! generator, one after the other, on loopback addresses.

mod ber;
mod clock;
mod data;
mod generator;
mod histogram;
mod https;
mod ldap;
mod machine;
mod peers;
mod proc;
mod radius;
mod reader;
mod report;
mod scenario;
mod subject;
mod table;
mod workers;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};

use crate::data::Data;
use crate::generator::{Figures, Load};
use crate::machine::Machine;
use crate::peers::freeradius::{self, Duplicates};
use crate::peers::slapd::{self, Databases};
use crate::peers::{Setup, tenantry};
use crate::proc::Cores;
use crate::scenario::Scenario;
use crate::subject::Subject;
use crate::table::Outcome;

/// Compares Tenantry with slapd and FreeRADIUS on this machine.
#[derive(Parser)]
struct Arguments {
    /// People in organizations of equal size.
    #[arg(long, default_value_t = 100_000)]
    users: usize,
    /// People in each of them.
    #[arg(long, default_value_t = 100)]
    users_each: usize,
    /// People in one large organization more; a twentieth of all unless given.
    #[arg(long)]
    large: Option<usize>,
    /// How long each scenario is measured.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How long each scenario runs before that.
    #[arg(long, default_value_t = 2)]
    warm_up: u64,
    /// Operations under way at any time.
    #[arg(long, default_value_t = 16)]
    workers: usize,
    /// Threads that slapd and FreeRADIUS are told to use.
    #[arg(long, default_value_t = 4)]
    threads: usize,
    /// Servers to measure, instead of all.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Peer>,
    /// Scenarios to measure, instead of all.
    #[arg(long, value_delimiter = ',')]
    scenarios: Vec<Scenario>,
    /// Our daemon.
    #[arg(long, default_value = "tenantryd")]
    tenantryd: PathBuf,
    /// Write the report there, too.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Keep the temporary directory with all configuration and logs.
    #[arg(long)]
    keep: bool,
}

/// A server, in one of its settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Peer {
    Slapd,
    SlapdSeparate,
    Freeradius,
    FreeradiusPlain,
    Tenantry,
}

impl Peer {
    fn start(self, setup: &Setup<'_>, arguments: &Arguments) -> Result<Subject> {
        match self {
            Self::Slapd => slapd::start(setup, Databases::Shared),
            Self::SlapdSeparate => slapd::start(setup, Databases::Separate),
            Self::Freeradius => freeradius::start(setup, Duplicates::Answered),
            Self::FreeradiusPlain => freeradius::start(setup, Duplicates::Ignored),
            Self::Tenantry => tenantry::start(setup, &arguments.tenantryd),
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let machine = Machine::look()?;
    let cores = Cores::split(machine.cores);
    cores.pin_generator()?;
    proc::allow_many_files()?;
    let organizations = arguments.users.div_ceil(arguments.users_each);
    let large = arguments.large.unwrap_or(arguments.users / 20);
    let data = Data::new(organizations, arguments.users_each, large);
    let mut directory = tempfile::Builder::new().prefix("tenantry-bench-").tempdir()?;
    directory.disable_cleanup(arguments.keep);
    say(&format!("working in {}", directory.path().display()));

    let mut outcomes = Vec::new();
    let mut failures = Vec::new();
    for peer in Peer::value_variants() {
        if !arguments.only.is_empty() && !arguments.only.contains(peer) {
            continue;
        }
        if *peer == Peer::SlapdSeparate && data.organizations.len() > slapd::MOST_DATABASES {
            say("slapd cannot serve a database for each of so many organizations");
            continue;
        }
        let name = format!("{peer:?}").to_lowercase();
        let setup = Setup {
            data: &data,
            directory: directory.path().join(&name),
            cores: &cores,
            threads: arguments.threads,
        };
        std::fs::create_dir_all(&setup.directory)?;
        say(&format!("{name}: loading and starting"));
        let started = peer.start(&setup, &arguments);
        match started.and_then(|subject| examine(subject, &data, &arguments, &mut failures)) {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => fail(&mut failures, &name, &error),
        }
    }
    let text = report::write(&machine, &cores, &data, &arguments, &outcomes)?;
    std::io::stdout().write_all(text.as_bytes())?;
    if let Some(path) = &arguments.write {
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let wrong = |outcome: &Outcome| outcome.figures.iter().any(|(_, f)| f.errors > 0);
    ensure!(failures.is_empty(), "{}", failures.join("; "));
    ensure!(!outcomes.iter().any(wrong), "there were wrong answers");
    Ok(())
}

/// Puts a server through all scenarios and stops it.
fn examine(
    subject: Subject,
    data: &Data,
    arguments: &Arguments,
    failures: &mut Vec<String>,
) -> Result<Outcome> {
    let load = Load {
        workers: arguments.workers,
        warm_up: Duration::from_secs(arguments.warm_up),
        measured: Duration::from_secs(arguments.seconds),
    };
    let mut figures = Vec::new();
    for scenario in Scenario::ALL {
        if !arguments.scenarios.is_empty() && !arguments.scenarios.contains(&scenario) {
            continue;
        }
        match scenario.measure(&subject, data, load) {
            Ok(Some(seen)) => {
                say(&summary(subject.name, scenario.title(), &seen));
                figures.push((scenario, seen));
            }
            Ok(None) => {}
            Err(error) => {
                let what = format!("{} of {}", scenario.title(), subject.name);
                fail(failures, &what, &error);
            }
        }
    }
    let mut life = subject.life;
    life.after_run = subject.server.memory()?;
    subject.server.stop()?;
    Ok(Outcome { name: subject.name, version: subject.version, life, figures })
}

/// Notes what could not be measured; the rest goes on.
fn fail(failures: &mut Vec<String>, what: &str, error: &anyhow::Error) {
    failures.push(format!("{what}: {error:#}"));
    say(&format!("FAILED: {what}: {error:#}"));
}

fn summary(name: &str, title: &str, figures: &Figures) -> String {
    format!(
        "{name}: {title}: {:.0}/s, {:.1} µs CPU each, {} errors {}",
        figures.rate(),
        figures.cpu_each(),
        figures.errors,
        figures.example.as_deref().unwrap_or_default()
    )
}

/// Progress, beside the report.
fn say(line: &str) {
    // Nobody is there to be told when the terminal is gone.
    drop(writeln!(std::io::stderr(), "{line}"));
}
