//! Measures Tenantry, slapd, 389-ds and FreeRADIUS with the same people, the same requests and the same
//! generator, in turn, on loopback addresses.

mod ber;
mod bounds;
mod clock;
mod contest;
mod crowd;
mod data;
mod disk;
mod engine;
mod figures;
mod flock;
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
mod shown;
mod subject;
mod table;
mod targets;
mod threads;
mod tls;
mod trunks;
mod workers;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};

use crate::bounds::{Finding, Ground, Look};
use crate::contest::Contestant;
use crate::data::Data;
use crate::engine::Security;
use crate::generator::Timing;
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
use crate::threads::Sweep;

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
    /// How often each row is measured, on all servers in turn; the medians count. Three times for a report
    /// that is written, else once, unless given.
    #[arg(long)]
    repeats: Option<usize>,
    /// How many seconds each row is measured each time: 4, or 2 where it is measured several times.
    #[arg(long)]
    seconds: Option<f64>,
    /// How many seconds each row runs before that: a quarter of these.
    #[arg(long)]
    warm_up: Option<f64>,
    /// Threads that the peers are told to use: 4, and for FreeRADIUS the best of a few numbers that are
    /// tried, unless given.
    #[arg(long)]
    threads: Option<usize>,
    /// What to measure, several divided by commas.
    #[arg(long, value_delimiter = ',', default_value = "rows,bounds")]
    parts: Vec<Part>,
    /// Bounds to look at, instead of all.
    #[arg(long, value_delimiter = ',')]
    looks: Vec<Look>,
    /// Events in the log of very many.
    #[arg(long, default_value_t = 10_000_000)]
    events: u64,
    /// People in the store of very many.
    #[arg(long, default_value_t = 1_000_000)]
    scale_users: usize,
    /// People in the one organization beside it that is dumped.
    #[arg(long, default_value_t = 1_000_000)]
    dump_users: usize,
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
            arguments.events = arguments.events.min(50_000);
            arguments.seconds = Some(1.0);
            arguments.warm_up = Some(0.0);
            arguments.threads = arguments.threads.or(Some(THREADS));
            arguments.dump_users = arguments.dump_users.min(20_000);
            arguments.scale_users = arguments.scale_users.min(20_000);
        }
        arguments
    }

    fn timing(&self) -> Timing {
        let seconds = self.seconds.unwrap_or_else(|| if self.repeats() == 1 { 4.0 } else { 2.0 });
        let warm_up = self.warm_up.unwrap_or(seconds / 4.0);
        let of = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Timing { warm_up: of(warm_up), measured: of(seconds) }
    }

    /// How long loads are kept up for the bounds, whose slowest hundredth counts.
    fn time_of_bounds(&self) -> Duration {
        let measured = self.timing().measured;
        if self.smoke { measured } else { measured.max(Duration::from_secs(4)) }
    }

    /// How often each row is measured.
    fn repeats(&self) -> usize {
        let usual = if self.write.is_some() && !self.smoke { 3 } else { 1 };
        self.repeats.unwrap_or(usual).max(1)
    }

    /// Threads for a peer: what was found to be best for it, where that was tried.
    fn threads(&self, sweep: Option<&Sweep>) -> usize {
        self.threads.or_else(|| sweep.and_then(Sweep::best)).unwrap_or(THREADS)
    }

    /// The rows to measure.
    fn rows(&self) -> Vec<Row> {
        match self.parts.contains(&Part::Rows) {
            true => Row::chosen(&self.scenarios, &self.security, &self.shapes),
            false => Vec::new(),
        }
    }

    /// Whether FreeRADIUS's number of threads is to be found out.
    fn wants_sweep(&self) -> bool {
        self.threads.is_none()
            && (self.wants(Peer::Freeradius) || self.wants(Peer::FreeradiusPlain))
            && self.rows().iter().any(|row| row.scenario.is_radius())
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

/// Threads of peers for which no other number was found to be better.
const THREADS: usize = 4;

/// A part of the report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Part {
    /// The scenarios, on every server that can.
    Rows,
    /// What one client or one organization may take from others, of ours alone; left out where rows are
    /// measured too and scenarios, security or shapes are chosen.
    Bounds,
    /// A store of very many people, and dumps of one organization of very many, of ours alone.
    Scale,
    /// A log of very many events, and how soon some are found in it, of ours alone.
    Events,
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
    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    fn is_freeradius(self) -> bool {
        matches!(self, Self::Freeradius | Self::FreeradiusPlain)
    }

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

    let hall = Setup {
        data: &data,
        directory: directory.path().into(),
        cores: &cores,
        tls: &tls,
        threads: 0,
    };
    let (mut failures, mut findings) = (Vec::new(), Vec::new());
    let sweep = match arguments.wants_sweep() {
        true => tune(&hall, &arguments, &mut failures),
        false => None,
    };
    let mut contestants = gather(&hall, &arguments, sweep.as_ref(), &mut failures);
    contest::run(&mut contestants, &arguments.rows(), arguments.repeats(), arguments.timing());
    let (outcomes, ours) = end(contestants, &mut failures);
    match ours {
        Some((subject, setup)) if arguments.wants_bounds() => {
            let measured = arguments.time_of_bounds();
            let mut ground = Ground::new(subject, &setup, &arguments.tenantryd, measured);
            findings.extend(ground.measure(&arguments.looks, |finding| say(&finding.to_string())));
            stop(ground.leave());
        }
        Some((subject, _)) => stop(subject),
        None => {}
    }
    if arguments.parts.contains(&Part::Scale) {
        findings.extend(scale(directory.path(), &cores, &tls, &arguments));
    }
    if arguments.parts.contains(&Part::Events) {
        findings.extend(events(directory.path(), &cores, &tls, &arguments));
    }
    let seen = Seen { outcomes: &outcomes, findings: &findings, sweep: sweep.as_ref() };
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
            && (!outcome.failed.is_empty()
                || outcome.figures.iter().any(|(_, shown)| shown.errors > 0))
    };
    ensure!(!outcomes.iter().any(wrong), "there were wrong answers, or none");
    Ok(())
}

/// Loads and compares the stores of few and of very many people, and dumps one organization of very many.
fn scale(directory: &Path, cores: &Cores, tls: &tls::Files, arguments: &Arguments) -> Vec<Finding> {
    say(&format!("scale: loading {} users", arguments.scale_users));
    let none = Data::new(0, 0, 0);
    let directory = directory.join("scale");
    let setup = Setup { data: &none, directory, cores, tls, threads: THREADS };
    let mut findings = bounds::scale(&setup, arguments)
        .unwrap_or_else(|error| vec![Finding::failure("scale", &error)]);
    findings.iter().for_each(|finding| say(&finding.to_string()));
    say(&format!("scale: loading {} users of one organization", arguments.dump_users));
    let dumps = bounds::large(&setup, arguments)
        .unwrap_or_else(|error| vec![Finding::failure("dumps", &error)]);
    dumps.iter().for_each(|finding| say(&finding.to_string()));
    findings.extend(dumps);
    findings
}

/// Fills the log with very many events, and looks for some.
fn events(
    directory: &Path,
    cores: &Cores,
    tls: &tls::Files,
    arguments: &Arguments,
) -> Vec<Finding> {
    say(&format!("events: writing {}", arguments.events));
    let none = Data::new(0, 0, 0);
    let directory = directory.join("events");
    let setup = Setup { data: &none, directory, cores, tls, threads: THREADS };
    let findings = bounds::events(&setup, arguments)
        .unwrap_or_else(|error| vec![Finding::failure("events", &error)]);
    findings.iter().for_each(|finding| say(&finding.to_string()));
    findings
}

/// Finds out how many threads FreeRADIUS does best with.
fn tune(hall: &Setup<'_>, arguments: &Arguments, failures: &mut Vec<String>) -> Option<Sweep> {
    say("freeradius: trying numbers of threads");
    let setup = Setup { directory: hall.directory.join("threads"), ..*hall };
    match Sweep::make(&setup, arguments.timing()) {
        Ok(sweep) => {
            say(&sweep.to_string());
            Some(sweep)
        }
        Err(error) => {
            say(&format!("FAILED: the threads of FreeRADIUS: {error:#}"));
            failures.push(format!("the threads of FreeRADIUS: {error:#}"));
            None
        }
    }
}

/// Loads and starts all servers that take part.
fn gather<'a>(
    hall: &Setup<'a>,
    arguments: &Arguments,
    sweep: Option<&Sweep>,
    failures: &mut Vec<String>,
) -> Vec<Contestant<'a>> {
    let mut contestants = Vec::new();
    for peer in Peer::value_variants().iter().filter(|peer| arguments.wants(**peer)) {
        if *peer == Peer::SlapdSeparate && hall.data.organizations.len() > slapd::MOST_DATABASES {
            say("slapd cannot serve a database for each of so many organizations");
            continue;
        }
        let name = peer.name();
        let setup = Setup {
            directory: hall.directory.join(&name),
            threads: arguments.threads(sweep.filter(|_| peer.is_freeradius())),
            ..*hall
        };
        say(&format!("{name}: loading and starting"));
        let made = std::fs::create_dir_all(&setup.directory).map_err(Into::into);
        match made.and_then(|()| peer.start(&setup, arguments)) {
            Ok(subject) => {
                let (loaded, started) = (subject.life.load, subject.life.start);
                say(&format!("{name}: loaded in {loaded:.1?}, started in {started:.0?}"));
                contestants.push(Contestant::new(subject, setup));
            }
            Err(error) => {
                say(&format!("FAILED: {name}: {error:#}"));
                failures.push(format!("{name}: {error:#}"));
            }
        }
    }
    contestants
}

/// Stops all servers but ours.
fn end<'a>(
    contestants: Vec<Contestant<'a>>,
    failures: &mut Vec<String>,
) -> (Vec<Outcome>, Option<(Subject, Setup<'a>)>) {
    let (mut outcomes, mut ours) = (Vec::new(), None);
    for contestant in contestants {
        let name = contestant.subject.name;
        match contestant.end() {
            Ok((outcome, subject, setup)) => {
                outcomes.push(outcome);
                if name == OURS {
                    ours = Some((subject, setup));
                } else {
                    stop(subject);
                }
            }
            Err(error) => failures.push(format!("{name}: {error:#}")),
        }
    }
    (outcomes, ours)
}

fn stop(mut subject: Subject) {
    if let Err(error) = subject.server.stop() {
        say(&format!("{} is killed: {error:#}", subject.name));
    }
}

/// Progress, beside the report.
fn say(line: &str) {
    // Nobody is there to be told when the terminal is gone.
    drop(writeln!(std::io::stderr(), "{line}"));
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_help_names_each_part_and_says_what_it_is() {
        let help = Arguments::command().render_long_help().to_string();
        for part in Part::value_variants() {
            let value = part.to_possible_value().unwrap();
            assert!(value.get_help().is_some(), "nothing is said of {part:?}");
            assert!(help.contains(&format!("- {}", value.get_name())), "{help}");
        }
    }
}
