//! The servers side by side: all are loaded and started first, and then each row is measured on one
//! after the other, as often as is wanted, so that a slow minute of the machine is nobody's own. Each
//! begins when all have ended what the last one left them: whoever accepts connections faster than it
//! serves them works on for a second when nobody asks any more. Meanwhile the others stand still:
//! FreeRADIUS, for one, forgets answers seconds after it has given them, in the time of who comes next.

use std::time::Duration;

use anyhow::Result;

use crate::figures::Figures;
use crate::generator::Timing;
use crate::peers::Setup;
use crate::proc::{self, Server};
use crate::row::Row;
use crate::say;
use crate::shown::Shown;
use crate::subject::Subject;
use crate::table::Outcome;

/// How long servers may take to come to rest.
const REST: Duration = Duration::from_secs(20);
/// How often is looked whether they have.
const LOOK: Duration = Duration::from_millis(100);
/// They are at rest who together use no more than this part of a core.
const IDLE: u32 = 10;

/// A server that takes part.
pub(crate) struct Contestant<'a> {
    /// It.
    pub(crate) subject: Subject,
    /// What it was set up from.
    pub(crate) setup: Setup<'a>,
    runs: Vec<Figures>,
    figures: Vec<(Row, Shown)>,
    failed: Vec<(Row, String)>,
}

impl<'a> Contestant<'a> {
    /// A server that runs.
    pub(crate) fn new(subject: Subject, setup: Setup<'a>) -> Self {
        Self { subject, setup, runs: Vec::new(), figures: Vec::new(), failed: Vec::new() }
    }

    /// Measures a row once more, unless it failed in it before.
    fn measure(&mut self, row: Row, timing: Timing) {
        if self.failed.iter().any(|(failed, _)| *failed == row) {
            return;
        }
        let name = self.subject.name;
        match row.measure(&self.subject, self.setup.data, timing) {
            Ok(Some(figures)) => {
                say(&summary(name, row, &figures));
                self.runs.push(figures);
            }
            Ok(None) => {}
            Err(error) => {
                say(&format!("FAILED: {row} of {name}: {error:#}"));
                self.failed.push((row, format!("{error:#}")));
            }
        }
    }

    /// Keeps the medians of a row's runs.
    fn settle(&mut self, row: Row) {
        let runs = std::mem::take(&mut self.runs);
        let failed = self.failed.iter().any(|(failed, _)| *failed == row);
        if !failed && let Some(shown) = Shown::of(&runs) {
            self.figures.push((row, shown));
        }
    }

    /// What it showed, and itself.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn end(mut self) -> Result<(Outcome, Subject, Setup<'a>)> {
        self.subject.life.after_run = self.subject.server.memory()?;
        let outcome = Outcome {
            name: self.subject.name,
            version: self.subject.version.clone(),
            life: self.subject.life.clone(),
            figures: self.figures,
            failed: self.failed,
        };
        Ok((outcome, self.subject, self.setup))
    }
}

/// Measures each row on each server in turn, `repeats` times.
pub(crate) fn run(
    contestants: &mut [Contestant<'_>],
    rows: &[Row],
    repeats: usize,
    timing: Timing,
) {
    for row in rows {
        for _run in 0..row.repeats(repeats) {
            for turn in 0..contestants.len() {
                rest(contestants);
                others(contestants, turn, Server::hold);
                if let Some(contestant) = contestants.get_mut(turn) {
                    contestant.measure(*row, timing);
                }
                others(contestants, turn, Server::wake);
            }
        }
        contestants.iter_mut().for_each(|contestant| contestant.settle(*row));
    }
}

/// Does something with all servers but one; says so where that fails.
fn others(contestants: &[Contestant<'_>], turn: usize, what: impl Fn(&Server) -> Result<()>) {
    let others = contestants.iter().enumerate().filter(|(place, _)| *place != turn);
    for (_, other) in others {
        if let Err(error) = what(&other.subject.server) {
            say(&format!("{}: {error:#}", other.subject.name));
        }
    }
}

/// Waits until no server does anything; says so where one goes on.
fn rest(contestants: &[Contestant<'_>]) {
    let servers: Vec<&Server> = contestants.iter().map(|one| &one.subject.server).collect();
    if let Err(error) = proc::rest(&servers, (LOOK, IDLE), REST) {
        say(&format!("{error:#}"));
    }
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
