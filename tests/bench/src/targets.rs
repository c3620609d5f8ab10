//! The comparison: how far ahead of each peer, beside what is aimed at.

use std::fmt::{Result, Write};

use crate::peers::echo;
use crate::row::Row;
use crate::shown::Shown;
use crate::table::{OURS, Outcome, rows};

/// The peers that a row's own target is about.
const MEASURES: [&str; 2] = ["slapd", "FreeRADIUS"];
/// How many times ours the CPU of any other peer is to be: no less.
const EVEN: f64 = 1.0;
/// Throughput and p99 that are closer than this are not told apart from equal.
const NOISE: f64 = 0.97;

/// How many times better ours is than a peer.
struct Lead {
    peer: &'static str,
    cpu: f64,
    rate: f64,
    p99: f64,
    /// Answers of ours that were wrong or did not come.
    errors: u64,
}

impl Lead {
    fn over(peer: &'static str, theirs: &Shown, ours: &Shown) -> Self {
        Self {
            peer,
            cpu: theirs.cpu_each / ours.cpu_each,
            rate: ours.rate / theirs.rate,
            p99: theirs.p99.as_secs_f64() / ours.p99.as_secs_f64(),
            errors: ours.errors,
        }
    }

    /// How many times ours the peer's CPU is to be in a row with this target.
    fn aim(&self, target: f64) -> f64 {
        if MEASURES.contains(&self.peer) { target } else { EVEN }
    }

    /// What falls short of `target`, in words.
    fn wanting(&self, target: f64) -> Vec<String> {
        let behind = [
            (self.cpu >= self.aim(target), "CPU"),
            (self.rate >= NOISE, "throughput"),
            (self.p99 >= NOISE, "p99"),
        ];
        let wanting = behind.iter().filter(|(fine, _)| !fine);
        let mut wanting: Vec<String> =
            wanting.map(|(_, what)| format!("{what} against {}", self.peer)).collect();
        if self.errors > 0 {
            wanting.push(format!("{} wrong answers of ours", self.errors));
        }
        wanting
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
            match (peer.of(row), peer.silent(row)) {
                (_, Some(why)) => blank(out, row, peer.name, &why)?,
                (Some(theirs), None) => line(out, row, &Lead::over(peer.name, theirs, own))?,
                (None, None) => {}
            }
        }
    }
    Ok(())
}

/// A row in which a peer gave no right answer: there is nothing to compare with.
fn blank(out: &mut impl Write, row: Row, peer: &str, why: &str) -> Result {
    let (title, connections) = (row.scenario.title(), row.connections());
    let why = format!("no contest: no right answer of {peer}: {why}");
    writeln!(out, "| {title} | {connections} | {peer} | – | | – | – | {why} |")
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
    let aim = if is_aimed { format!("{:.1}×", lead.aim(target)) } else { String::new() };
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::subject::Life;

    fn shown(rate: f64, example: Option<&str>) -> Shown {
        Shown {
            runs: 1,
            rate,
            cpu_each: 1e6 / rate,
            cpu_range: (1.0, 1.0),
            p50: Duration::from_micros(1),
            p99: Duration::from_micros(if rate > 0.0 { 2 } else { 0 }),
            server_busy: 1.0,
            generator_busy: 0.1,
            octets_each: 100.0 / rate,
            lost: 0,
            errors: example.iter().count() as u64,
            example: example.map(ToOwned::to_owned),
        }
    }

    fn outcome(name: &'static str, row: Row, shown: Shown) -> Outcome {
        let (version, life) = (String::new(), Life::default());
        Outcome { name, version, life, figures: vec![(row, shown)], failed: Vec::new() }
    }

    /// What the table says of a peer in the first row that is a contest.
    fn told(peer: Outcome, row: Row) -> String {
        told_beside(shown(1_000.0, None), peer, row)
    }

    fn told_beside(ours: Shown, peer: Outcome, row: Row) -> String {
        let mut out = String::new();
        write(&mut out, &[outcome(OURS, row, ours), peer]).unwrap();
        out.lines().nth(2).unwrap_or_default().to_owned()
    }

    #[test]
    fn who_gives_no_right_answer_is_no_contest_and_who_is_ahead_a_no() {
        let row = *Row::ALL.iter().find(|row| row.target > 0.0).unwrap();
        let broken = told(outcome("389-ds", row, shown(0.0, Some("result\n[11]"))), row);
        let said = "no contest: no right answer of 389-ds: result [11] |";
        assert!(broken.ends_with(said), "{broken}");
        assert!(!broken.contains("inf") && !broken.contains("**no**"), "{broken}");
        let mut failed = outcome("FreeRADIUS", row, shown(0.0, None));
        failed.figures.clear();
        failed.failed.push((row, "it says [0]".to_owned()));
        let failed = told(failed, row);
        assert!(failed.ends_with("no contest: no right answer of FreeRADIUS: it says [0] |"));
        assert!(told(outcome("slapd", row, shown(2_000.0, None)), row).contains("**no**"));
        assert!(told(outcome("slapd", row, shown(10.0, None)), row).ends_with("| yes |"));
    }

    #[test]
    fn a_rows_own_target_is_for_slapd_and_freeradius_and_even_for_all_others() {
        let row = *Row::ALL.iter().find(|row| row.target > 2.0).unwrap();
        let own = format!("| 2.00× | {:.1}× | 2.00× | 1.00× | **no**: CPU against", row.target);
        let even = "| 2.00× | 1.0× | 2.00× | 1.00× | yes |";
        let peer = |name, rate| told(outcome(name, row, shown(rate, None)), row);
        for name in MEASURES {
            assert!(peer(name, 500.0).contains(&own), "{name}");
        }
        for name in ["389-ds", "slapd with a database each"] {
            assert!(peer(name, 500.0).ends_with(even), "{name}");
        }
        // Equal is what is hardly behind in throughput and p99, and not in CPU.
        let close = peer("389-ds", 1_020.0);
        assert!(close.ends_with("| 1.00× | **no**: CPU against 389-ds |"), "{close}");
    }

    #[test]
    fn a_row_in_which_ours_answers_wrongly_is_not_met() {
        let row = *Row::ALL.iter().find(|row| row.target > 0.0).unwrap();
        let ours = shown(1_000.0, Some("result [51]"));
        let said = told_beside(ours, outcome("slapd", row, shown(10.0, None)), row);
        assert!(said.ends_with("| **no**: 1 wrong answers of ours |"), "{said}");
    }
}
