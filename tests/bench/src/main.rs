//! Measures Tenantry, slapd, 389-ds and FreeRADIUS with the same people, the same requests and the same
//! generator, one after the other, on loopback addresses.

mod ber;
mod bounds;
mod clock;
mod crowd;
mod data;
mod engine;
mod generator;
mod histogram;
mod https;
mod ldap;
mod machine;
mod peers;
mod proc;
mod radius;
mod report;
mod rounds;
mod row;
mod scenario;
mod shape;
mod subject;
mod table;
mod targets;
mod tls;
mod workers;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};

use crate::bounds::{Finding, Ground, Look};
use crate::data::Data;
use crate::engine::Security;
use crate::generator::{Figures, Timing};
use crate::machine::Machine;
use crate::peers::dirsrv;
use crate::peers::echo;
use crate::peers::freeradius::{self, Duplicates};
use crate::peers::slapd::{self, Databases};
use crate::peers::{Setup, tenantry};
use crate::proc::Cores;
use crate::report::Seen;
use crate::row::Row;
use crate::scenario::Scenario;
use crate::shape::Shape;
use crate::subject::Subject;
use crate::table::{OURS, Outcome};

/// Compares Tenantry with slapd, 389-ds and FreeRADIUS on this machine.
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
    /// How long each row is measured.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// How long each row runs before that.
    #[arg(long, default_value_t = 1)]
    warm_up: u64,
    /// Threads that the peers are told to use.
    #[arg(long, default_value_t = 4)]
    threads: usize,
    /// What to measure: the rows beside the peers, our own bounds, a store of very many people.
    #[arg(long, value_delimiter = ',', default_value = "rows,bounds")]
    parts: Vec<Part>,
    /// Bounds to look at, instead of all.
    #[arg(long, value_delimiter = ',')]
    looks: Vec<Look>,
    /// People in the store of very many.
    #[arg(long, default_value_t = 1_000_000)]
    scale_users: usize,
    /// Servers to measure, instead of all.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Peer>,
    /// Scenarios to measure, instead of all.
    #[arg(long, value_delimiter = ',')]
    scenarios: Vec<Scenario>,
    /// When TLS begins in the rows to measure, instead of all.
    #[arg(long, value_delimiter = ',')]
    security: Vec<Security>,
    /// Connections, such as 64, or connections times requests on each, such as 8x16, in place of
    /// each scenario's own.
    #[arg(long, value_delimiter = ',')]
    shapes: Vec<Shape>,
    /// A look at whether everything works, in a minute or two: the figures mean little.
    #[arg(long)]
    smoke: bool,
    /// Our daemon.
    #[arg(long, default_value = "tenantryd")]
    tenantryd: PathBuf,
    /// Write the report there, too.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Keep the temporary directory with all configuration and logs.
    #[arg(long)]
    keep: bool,
    /// Be the echo server that the others are compared with.
    #[arg(long, hide = true)]
    serve_echo: Option<SocketAddr>,
}

impl Arguments {
    /// The arguments as they count.
    fn settled() -> Self {
        let mut arguments = Self::parse();
        if arguments.smoke {
            arguments.users = arguments.users.min(2_000);
            arguments.seconds = 1;
            arguments.warm_up = 0;
        }
        arguments
    }

    fn timing(&self) -> Timing {
        Timing {
            warm_up: Duration::from_secs(self.warm_up),
            measured: Duration::from_secs(self.seconds),
        }
    }

    /// Whether a server is to be started for the rows or for our bounds.
    fn wants(&self, peer: Peer) -> bool {
        (self.only.is_empty() || self.only.contains(&peer))
            && (self.parts.contains(&Part::Rows)
                || (self.parts.contains(&Part::Bounds) && peer == Peer::Tenantry))
    }

    /// Whether nothing was chosen among the rows, which would leave little room for the bounds.
    fn wants_bounds(&self) -> bool {
        let Self { scenarios, security, shapes, .. } = self;
        self.parts.contains(&Part::Bounds)
            && (!self.parts.contains(&Part::Rows)
                || (scenarios.is_empty() && security.is_empty() && shapes.is_empty()))
    }

    fn data(&self) -> Data {
        let organizations = self.users.div_ceil(self.users_each);
        Data::new(organizations, self.users_each, self.large.unwrap_or(self.users / 20))
    }
}

/// A part of the report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Part {
    Rows,
    Bounds,
    Scale,
}

/// A server, in one of its settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Peer {
    Echo,
    Slapd,
    SlapdSeparate,
    Dirsrv,
    Freeradius,
    FreeradiusPlain,
    Tenantry,
}

impl Peer {
    fn start(self, setup: &Setup<'_>, arguments: &Arguments) -> Result<Subject> {
        match self {
            Self::Echo => echo::start(setup),
            Self::Slapd => slapd::start(setup, Databases::Shared),
            Self::SlapdSeparate => slapd::start(setup, Databases::Separate),
            Self::Dirsrv => dirsrv::start(setup),
            Self::Freeradius => freeradius::start(setup, Duplicates::Answered),
            Self::FreeradiusPlain => freeradius::start(setup, Duplicates::Ignored),
            Self::Tenantry => tenantry::start(setup, &arguments.tenantryd),
        }
    }
}

/// What `tests/bench/imports` printed into a report, which stays there.
fn imports(report: &Path) -> String {
    let former = std::fs::read_to_string(report).unwrap_or_default();
    former
        .find("\n## Imports\n")
        .and_then(|place| former.get(place..))
        .unwrap_or_default()
        .to_owned()
}

fn main() -> Result<()> {
    let arguments = Arguments::settled();
    if let Some(address) = arguments.serve_echo {
        return echo::serve(address);
    }
    let machine = Machine::look()?;
    let cores = Cores::split(machine.cores);
    cores.pin_generator()?;
    proc::allow_many_files()?;
    let data = arguments.data();
    let mut directory = tempfile::Builder::new().prefix("tenantry-bench-").tempdir()?;
    directory.disable_cleanup(arguments.keep);
    say(&format!("working in {}", directory.path().display()));
    let tls = tls::Files::make(directory.path())?;

    let (mut outcomes, mut failures, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for peer in Peer::value_variants() {
        if !arguments.wants(*peer) {
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
            tls: &tls,
            threads: arguments.threads,
        };
        std::fs::create_dir_all(&setup.directory)?;
        say(&format!("{name}: loading and starting"));
        let started = peer.start(&setup, &arguments);
        match started.and_then(|subject| examine(subject, &setup, &arguments, &mut findings)) {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => {
                say(&format!("FAILED: {name}: {error:#}"));
                failures.push(format!("{name}: {error:#}"));
            }
        }
    }
    if arguments.parts.contains(&Part::Scale) {
        findings.extend(scale(directory.path(), &cores, &tls, &arguments));
    }
    let seen = Seen { outcomes: &outcomes, findings: &findings };
    let text = report::write(&machine, &cores, &data, &arguments, seen)?;
    std::io::stdout().write_all(text.as_bytes())?;
    if let Some(path) = &arguments.write {
        let text = text + &imports(path);
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    ensure!(failures.is_empty(), "{}", failures.join("; "));
    // A peer that gives in under a load says something of the peer, and the report says it.
    let wrong = |outcome: &Outcome| {
        (outcome.name == OURS || arguments.smoke)
            && (!outcome.failed.is_empty() || outcome.figures.iter().any(|(_, f)| f.errors > 0))
    };
    ensure!(!outcomes.iter().any(wrong), "there were wrong answers, or none");
    Ok(())
}

/// Loads and compares the stores of few and of very many people.
fn scale(directory: &Path, cores: &Cores, tls: &tls::Files, arguments: &Arguments) -> Vec<Finding> {
    say(&format!("scale: loading {} users", arguments.scale_users));
    let none = Data::new(0, 0, 0);
    let directory = directory.join("scale");
    let setup = Setup { data: &none, directory, cores, tls, threads: arguments.threads };
    let findings = bounds::scale(&setup, arguments)
        .unwrap_or_else(|error| vec![Finding::failure("scale", &error)]);
    findings.iter().for_each(|finding| say(&finding.to_string()));
    findings
}

/// Puts a server through all scenarios, ours also through its bounds, and stops it.
fn examine(
    mut subject: Subject,
    setup: &Setup<'_>,
    arguments: &Arguments,
    findings: &mut Vec<Finding>,
) -> Result<Outcome> {
    let Arguments { scenarios, security, shapes, .. } = arguments;
    let rows = match arguments.parts.contains(&Part::Rows) {
        true => Row::chosen(scenarios, security, shapes),
        false => Vec::new(),
    };
    let (loaded, started) = (subject.life.load, subject.life.start);
    say(&format!("{}: loaded in {loaded:.1?}, started in {started:.0?}", subject.name));
    let (mut figures, mut failed) = (Vec::new(), Vec::new());
    for row in rows {
        match row.measure(&subject, setup.data, arguments.timing()) {
            Ok(Some(seen)) => {
                say(&summary(subject.name, row, &seen));
                figures.push((row, seen));
            }
            Ok(None) => {}
            Err(error) => {
                say(&format!("FAILED: {row} of {}: {error:#}", subject.name));
                failed.push((row, format!("{error:#}")));
            }
        }
    }
    subject.life.after_run = subject.server.memory()?;
    let (name, version) = (subject.name, subject.version.clone());
    let life = subject.life.clone();
    if name == OURS && arguments.wants_bounds() {
        let timing = arguments.timing();
        let mut ground = Ground::new(subject, setup, &arguments.tenantryd, timing.measured);
        findings.extend(ground.measure(&arguments.looks, |finding| say(&finding.to_string())));
    } else if let Err(error) = subject.server.stop() {
        say(&format!("{name} is killed: {error:#}"));
    }
    Ok(Outcome { name, version, life, figures, failed })
}

fn summary(name: &str, row: Row, figures: &Figures) -> String {
    let share = |part: Duration| part.as_secs_f64() / figures.elapsed.as_secs_f64() * 100.0;
    format!(
        "{name}: {row}: {:.0}/s, {:.1} µs CPU each, p50 {:?}, p99 {:?}, server {:.0} %, generator \
         {:.0} %, {} errors {}",
        figures.rate(),
        figures.cpu_each(),
        figures.latencies.quantile(500),
        figures.latencies.quantile(990),
        share(figures.server_cpu),
        share(figures.generator_cpu),
        figures.errors,
        figures.example.as_deref().unwrap_or_default()
    )
}

/// Progress, beside the report.
fn say(line: &str) {
    // Nobody is there to be told when the terminal is gone.
    drop(writeln!(std::io::stderr(), "{line}"));
}
