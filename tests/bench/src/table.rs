//! The figures as Markdown.

use std::fmt::{Result, Write};
use std::time::Duration;

use crate::row::Row;
use crate::shown::Shown;
use crate::subject::Life;

/// What one server showed.
pub(crate) struct Outcome {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its version.
    pub(crate) version: String,
    /// Times and sizes.
    pub(crate) life: Life,
    /// The rows it took part in.
    pub(crate) figures: Vec<(Row, Shown)>,
    /// The rows that it could not be measured in, and why.
    pub(crate) failed: Vec<(Row, String)>,
}

/// The name that ratios are made for.
pub(crate) const OURS: &str = "Tenantry";

/// A generator that works more than this share of the time may be what limits the server.
const BUSY: f64 = 0.9;

/// The rows that anybody took part in or was to, in their order.
pub(crate) fn rows(outcomes: &[Outcome]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for outcome in outcomes {
        let measured = outcome.figures.iter().map(|(row, _)| *row);
        for row in measured.chain(outcome.failed.iter().map(|(row, _)| *row)) {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    rows.sort_by_key(|row| Row::ALL.iter().position(|other| other == row).unwrap_or(usize::MAX));
    rows
}

/// Writes the table of all rows.
///
/// # Errors
/// None when `out` is a string.
pub(crate) fn requests(out: &mut impl Write, outcomes: &[Outcome]) -> Result {
    writeln!(
        out,
        "| Scenario | Connections | Server | operations/s | p50 | p99 | server CPU/operation \
         | of runs | server busy | generator busy | octets/answer | errors |\n\
         |---|---|---|---:|---:|---:|---:|---|---:|---:|---:|---:|"
    )?;
    for row in rows(outcomes) {
        for outcome in outcomes {
            if let Some(figures) = outcome.of(row) {
                line(out, row, outcome.name, figures)?;
            } else if outcome.failed.iter().any(|(other, _)| *other == row) {
                let (title, connections) = (row.scenario.title(), row.connections());
                writeln!(
                    out,
                    "| {title} | {connections} | {} | could not be measured | | | | | | | | |",
                    outcome.name
                )?;
            }
        }
    }
    Ok(())
}

fn line(out: &mut impl Write, row: Row, name: &str, shown: &Shown) -> Result {
    let (least, most) = shown.cpu_range;
    let of = match shown.runs {
        1 => "1".to_owned(),
        runs => format!("{runs}: {} – {}", microseconds(least), microseconds(most)),
    };
    let errors = match shown.errors {
        0 => "0".to_owned(),
        count => format!("**{count}**"),
    };
    writeln!(
        out,
        "| {} | {} | {name} | {:.0} | {} | {} | {} | {of} | {:.0} % | {:.0} % | {} | {errors} |",
        row.scenario.title(),
        row.connections(),
        shown.rate,
        short(shown.p50),
        short(shown.p99),
        microseconds(shown.cpu_each),
        shown.server_busy * 100.0,
        shown.generator_busy * 100.0,
        octets(shown.octets_each),
    )
}

impl Outcome {
    /// What it showed in a row.
    pub(crate) fn of(&self, row: Row) -> Option<&Shown> {
        self.figures.iter().find_map(|(other, figures)| (*other == row).then_some(figures))
    }

    /// Why there was no right answer in a row that it took part in, if there was none.
    pub(crate) fn silent(&self, row: Row) -> Option<String> {
        let failed = self.failed.iter().find_map(|(other, why)| (*other == row).then_some(why));
        let errors = || {
            let shown = self.of(row).filter(|shown| shown.rate <= 0.0)?;
            Some(shown.example.as_deref().unwrap_or("none came in time"))
        };
        let why = failed.map(String::as_str).or_else(errors)?;
        Some(why.replace('\n', " ").trim_end().to_owned())
    }
}

/// Writes the table of times and sizes.
///
/// # Errors
/// None when `out` is a string.
pub(crate) fn lives(out: &mut impl Write, outcomes: &[Outcome]) -> Result {
    writeln!(
        out,
        "| Server | load | start to first answer | resident after load | after start \
         | after the scenarios | of that not mapped files | peak | on disk |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    for Outcome { name, life, .. } in outcomes {
        let loaded = life.after_load.map(|m| megabytes(m.resident));
        writeln!(
            out,
            "| {name} | {:.1} s | {:.0} ms | {} | {} | {} | {} | {} | {} |",
            life.load.as_secs_f64(),
            life.start.as_secs_f64() * 1e3,
            loaded.unwrap_or_else(|| "–".to_owned()),
            megabytes(life.after_start.resident),
            megabytes(life.after_run.resident),
            megabytes(life.after_run.anonymous),
            megabytes(life.after_run.peak),
            megabytes(life.disk),
        )?;
    }
    let Some(ours) = outcomes.iter().find(|outcome| outcome.name == OURS) else {
        return Ok(());
    };
    for peer in outcomes.iter().filter(|outcome| outcome.name != OURS) {
        writeln!(
            out,
            "| {} / {OURS} | {:.2}× | {:.2}× | | {:.2}× | {:.2}× | {:.2}× | {:.2}× | {:.2}× |",
            peer.name,
            share(peer.life.load, ours.life.load),
            share(peer.life.start, ours.life.start),
            peer.life.after_start.resident as f64 / ours.life.after_start.resident as f64,
            peer.life.after_run.resident as f64 / ours.life.after_run.resident as f64,
            peer.life.after_run.anonymous as f64 / ours.life.after_run.anonymous as f64,
            peer.life.after_run.peak as f64 / ours.life.after_run.peak as f64,
            peer.life.disk as f64 / ours.life.disk as f64,
        )?;
    }
    Ok(())
}

/// Lists what went wrong, with an example each, and where the generator was the limit.
///
/// # Errors
/// None when `out` is a string.
pub(crate) fn remarks(out: &mut impl Write, outcomes: &[Outcome]) -> Result {
    for Outcome { name, figures, failed, .. } in outcomes {
        for (row, why) in failed {
            writeln!(out, "- {name}: “{row}” could not be measured: {}", why.replace('\n', " "))?;
        }
        for (row, shown) in figures {
            let title = row.to_string();
            if let Some(example) = &shown.example {
                let example = example.replace('\n', " ");
                writeln!(out, "- **Errors** in “{title}” of {name}, for example: {example}")?;
            }
            if shown.lost > 0 {
                writeln!(
                    out,
                    "- “{title}” of {name}: the kernel had no room for {} packets, and whoever sent one \
                     waited for nothing or until it was sent again (`net.core.netdev_max_backlog`).",
                    shown.lost
                )?;
            }
            if shown.generator_busy > BUSY {
                let percent = shown.generator_busy * 100.0;
                writeln!(
                    out,
                    "- “{title}” of {name}: the generator was {percent:.0} % busy, so that operations \
                     a second are a lower bound there."
                )?;
            }
        }
    }
    Ok(())
}

/// A part of a whole.
fn share(part: Duration, whole: Duration) -> f64 {
    part.as_secs_f64() / whole.as_secs_f64()
}

fn short(duration: Duration) -> String {
    match duration.as_micros() {
        0..10_000 => format!("{} µs", duration.as_micros()),
        _ => format!("{} ms", duration.as_millis()),
    }
}

/// A figure, or a dash when there was nothing to divide by.
fn microseconds(figure: f64) -> String {
    if figure.is_finite() { format!("{figure:.1} µs") } else { "–".to_owned() }
}

/// Likewise.
fn octets(figure: f64) -> String {
    if figure.is_finite() { format!("{figure:.0}") } else { "–".to_owned() }
}

fn megabytes(octets: u64) -> String {
    format!("{:.0} MB", octets as f64 / 1e6)
}
