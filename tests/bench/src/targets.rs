//! The comparison: how far ahead of each peer, beside what is aimed at.

use std::fmt::{Result, Write};

use crate::peers::echo;
use crate::row::Row;
use crate::shown::Shown;
use crate::table::{OURS, Outcome, rows};

/// The peers whose CPU the targets are about.
const MEASURES: [&str; 2] = ["slapd", "FreeRADIUS"];
/// Closer than this is not told apart from equal.
const NOISE: f64 = 0.97;

/// How many times better ours is than a peer.
struct Lead {
    peer: &'static str,
    cpu: f64,
    rate: f64,
    p99: f64,
}

impl Lead {
    fn over(peer: &'static str, theirs: &Shown, ours: &Shown) -> Self {
        Self {
            peer,
            cpu: theirs.cpu_each / ours.cpu_each,
            rate: ours.rate / theirs.rate,
            p99: theirs.p99.as_secs_f64() / ours.p99.as_secs_f64(),
        }
    }

    /// What falls short of `target`, in words.
    fn wanting(&self, target: f64) -> Vec<String> {
        let least = if MEASURES.contains(&self.peer) { target } else { target.min(1.0) };
        let behind = [
            (self.cpu >= least.min(1.0) * NOISE && self.cpu >= least.max(1.0), "CPU"),
            (self.rate >= NOISE, "throughput"),
            (self.p99 >= NOISE, "p99"),
        ];
        let wanting = behind.iter().filter(|(fine, _)| !fine);
        wanting.map(|(_, what)| format!("{what} against {}", self.peer)).collect()
    }
}

/// Writes the table of how far ahead we are.
///
/// # Errors
/// None when `out` is a string.
pub(crate) fn write(out: &mut impl Write, outcomes: &[Outcome]) -> Result {
    let Some(ours) = outcomes.iter().find(|outcome| outcome.name == OURS) else {
        return Ok(());
    };
    writeln!(
        out,
        "| Scenario | Connections | Peer | CPU | target | throughput | p99 | met |\n\
         |---|---|---|---:|---:|---:|---:|---|"
    )?;
    for row in rows(outcomes) {
        let Some(own) = ours.of(row) else { continue };
        let peers = outcomes.iter().filter(|o| o.name != OURS && o.name != echo::NAME);
        for peer in peers {
            if let Some(theirs) = peer.of(row) {
                line(out, row, &Lead::over(peer.name, theirs, own))?;
            }
        }
    }
    Ok(())
}

fn line(out: &mut impl Write, row: Row, lead: &Lead) -> Result {
    let Row { scenario, target, .. } = row;
    let is_aimed = target > 0.0;
    let wanting = lead.wanting(target);
    let verdict = match is_aimed {
        false => scenario.no_contest().unwrap_or("–").to_owned(),
        true if wanting.is_empty() => "yes".to_owned(),
        true => format!("**no**: {}", wanting.join(", ")),
    };
    let aim = match lead.peer {
        peer if is_aimed && MEASURES.contains(&peer) => format!("{target:.1}×"),
        _ if is_aimed => "1.0×".to_owned(),
        _ => String::new(),
    };
    writeln!(
        out,
        "| {} | {} | {} | {:.2}× | {aim} | {:.2}× | {:.2}× | {verdict} |",
        scenario.title(),
        row.connections(),
        lead.peer,
        lead.cpu,
        lead.rate,
        lead.p99,
    )
}
