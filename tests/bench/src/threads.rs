//! How many threads FreeRADIUS does best with on this machine: a few numbers are tried once.

use std::fmt;

use anyhow::{Context, Result};

use crate::engine::Security;
use crate::generator::Timing;
use crate::peers::Setup;
use crate::peers::freeradius::{self, Duplicates};
use crate::row::Row;
use crate::scenario::Scenario;
use crate::shape::Shape;

/// What is tried.
const TRIED: [usize; 4] = [1, 2, 4, 8];
/// PAP with as many requests under way.
const UNDER_WAY: usize = 64;

/// What was tried, and what came of it.
pub(crate) struct Sweep {
    /// Threads, with answers a second and microseconds of CPU for each.
    tried: Vec<(usize, f64, f64)>,
}

impl Sweep {
    /// Tries each number with a FreeRADIUS of its own.
    ///
    /// # Errors
    /// When one does not start or answer.
    pub(crate) fn make(pattern: &Setup<'_>, timing: Timing) -> Result<Self> {
        let row = Row {
            scenario: Scenario::PapAgain,
            security: Security::Clear,
            shape: Shape::of(UNDER_WAY),
            target: 0.0,
        };
        let attempt = |threads| -> Result<(usize, f64, f64)> {
            let directory = pattern.directory.join(format!("threads-{threads}"));
            std::fs::create_dir_all(&directory)?;
            let setup = Setup { directory, threads, ..*pattern };
            let mut subject = freeradius::start(&setup, Duplicates::Answered)?;
            let figures = row.measure(&subject, setup.data, timing)?.context("no RADIUS")?;
            subject.server.stop()?;
            Ok((threads, figures.rate(), figures.cpu_each()))
        };
        Ok(Self { tried: TRIED.into_iter().map(attempt).collect::<Result<_>>()? })
    }

    /// The number with most answers a second.
    pub(crate) fn best(&self) -> Option<usize> {
        let best = self.tried.iter().max_by(|(_, one, _), (_, other, _)| one.total_cmp(other));
        best.map(|(threads, _, _)| *threads)
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PAP with {UNDER_WAY} requests under way")?;
        let mut before = ": ";
        for (threads, rate, cpu) in &self.tried {
            write!(f, "{before}{threads} threads {rate:.0}/s at {cpu:.1} µs")?;
            before = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_has_most_answers() {
        let sweep = Sweep { tried: vec![(1, 10.0, 9.0), (2, 30.0, 8.0), (4, 20.0, 7.0)] };
        assert_eq!(sweep.best(), Some(2));
        assert!(sweep.to_string().ends_with("2 threads 30/s at 8.0 µs, 4 threads 20/s at 7.0 µs"));
    }
}
