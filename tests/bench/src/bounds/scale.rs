//! A store of very many people beside a small one.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Finding, megabytes};
use crate::Arguments;
use crate::data::Data;
use crate::disk::forget_pages;
use crate::engine::Security;
use crate::figures::Figures;
use crate::peers::{Setup, tenantry};
use crate::proc;
use crate::row::Row;
use crate::scenario::Scenario;
use crate::shape::Shape;
use crate::subject::Subject;

/// People in the small store.
const FEW: usize = 1_000;
/// People in each organization of both.
const EACH: usize = 100;
/// Connections that search.
const CONNECTIONS: usize = 64;
/// How long the daemon may take to start, in seconds.
const START: f64 = 2.0;
/// How long what is due after a start may take.
const REST: Duration = Duration::from_secs(120);
/// How often is looked whether it is over.
const LOOK: Duration = Duration::from_secs(1);
/// A server is at rest that uses no more than this part of a core.
const IDLE: u32 = 50;
/// How much dearer a search may be than in the small store.
const DEARER: f64 = 1.2;

/// A store that was loaded, started and searched.
struct Store {
    subject: Subject,
    figures: Figures,
    /// How long it took to start anew with nothing of the store in memory.
    cold: Duration,
    /// The processor time of what it does by itself after a start.
    behind: Duration,
    users: usize,
}

/// Loads both stores, one after the other, and compares.
///
/// # Errors
/// When one cannot be loaded, started or searched.
pub(crate) fn measure(pattern: &Setup<'_>, arguments: &Arguments) -> Result<Vec<Finding>> {
    let of = |users: usize, name: &str| {
        let data = Data::new(users.div_ceil(EACH), EACH, 0);
        let setup = Setup { data: &data, directory: pattern.directory.join(name), ..*pattern };
        std::fs::create_dir_all(&setup.directory)?;
        Store::make(&setup, &arguments.tenantryd, arguments)
    };
    let small = of(FEW, "small")?;
    let large = of(arguments.scale_users, "large")?;
    let [warm, cold] = large.starts();
    Ok(vec![large.loading(), warm, cold, large.searches(&small), large.memory(&small)])
}

impl Store {
    fn make(setup: &Setup<'_>, program: &Path, arguments: &Arguments) -> Result<Self> {
        let mut subject = tenantry::start(setup, program)?;
        let behind = proc::rest(&[&subject.server], (LOOK, IDLE), REST)?;
        let row = Row {
            scenario: Scenario::Equality,
            security: Security::Clear,
            shape: Shape::of(CONNECTIONS),
            target: 0.0,
        };
        let figures = row.measure(&subject, setup.data, arguments.timing())?;
        subject.life.after_run = subject.server.memory()?;
        subject.server.stop()?;
        forget_pages(&setup.path("data"))?;
        let cold = tenantry::restart(setup, program, &mut subject)?;
        subject.server.stop()?;
        let figures = figures.context("no LDAP")?;
        Ok(Self { subject, figures, cold, behind, users: setup.data.users() })
    }

    fn what(&self, of: &str) -> String {
        format!("{} users in {} organizations: {of}", self.users, self.users / EACH)
    }

    fn loading(&self) -> Finding {
        let life = &self.subject.life;
        let seconds = life.load.as_secs_f64();
        Finding {
            what: self.what("loading through the admin API"),
            seen: format!(
                "{seconds:.0} s, {:.0} users/s with groups and members; the daemon's CPU {:.0} s, \
                 this process's {:.0} s; {} on disk",
                self.users as f64 / seconds,
                life.load_cpu.as_secs_f64(),
                life.load_generator_cpu.as_secs_f64(),
                megabytes(life.disk),
            ),
            target: String::new(),
            met: true,
        }
    }

    fn starts(&self) -> [Finding; 2] {
        let finding = |what, time: Duration, more: &str| {
            let seconds = time.as_secs_f64();
            Finding {
                what: self.what(what),
                seen: format!("{seconds:.2} s{more}"),
                target: format!("under {START:.0} s"),
                met: seconds < START,
            }
        };
        let behind = format!(
            "; behind the answers it then takes {:.1} s of CPU for what is due after a start, before \
             the searches",
            self.behind.as_secs_f64()
        );
        let cold = "start with nothing of the store in the system's memory";
        [
            finding("start to the first answer", self.subject.life.start, &behind),
            finding(cold, self.cold, ""),
        ]
    }

    fn searches(&self, small: &Self) -> Finding {
        let cpu = self.figures.cpu_each() / small.figures.cpu_each();
        let rate = small.figures.rate() / self.figures.rate();
        let told = |figures: &Figures| {
            format!("{:.0}/s at {:.1} µs of CPU", figures.rate(), figures.cpu_each())
        };
        Finding {
            what: self.what(&format!("search (uid=…), {CONNECTIONS} connections")),
            seen: format!(
                "{}, with {} users {}; {} errors",
                told(&self.figures),
                small.users,
                told(&small.figures),
                self.figures.errors + small.figures.errors,
            ),
            target: "rate and CPU within 20 %".to_owned(),
            met: cpu <= DEARER && rate <= DEARER && self.figures.errors == 0,
        }
    }

    fn memory(&self, small: &Self) -> Finding {
        let resident = |store: &Self| {
            let life = &store.subject.life;
            format!(
                "{} after the start, {} after the searches ({} not mapped files)",
                megabytes(life.after_start.resident),
                megabytes(life.after_run.resident),
                megabytes(life.after_run.anonymous),
            )
        };
        Finding {
            what: self.what("resident memory"),
            seen: format!("{}; with {} users {}", resident(self), small.users, resident(small)),
            target: String::new(),
            met: true,
        }
    }
}
