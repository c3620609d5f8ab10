//! The figures as Markdown.

use std::fmt::{Result, Write};
use std::time::Duration;

use crate::generator::Figures;
use crate::scenario::Scenario;
use crate::subject::Life;

/// What one server showed.
pub(crate) struct Outcome {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its version.
    pub(crate) version: String,
    /// Times and sizes.
    pub(crate) life: Life,
    /// The scenarios it took part in.
    pub(crate) figures: Vec<(Scenario, Figures)>,
}

/// The name that ratios are made for.
pub(crate) const OURS: &str = "Tenantry";

/// A generator that works more than this share of the time may be what limits the server.
const BUSY: f64 = 0.9;

/// Writes the table of all scenarios.
///
/// # Errors
/// None when `out` is a string.
pub(crate) fn scenarios(out: &mut impl Write, outcomes: &[Outcome]) -> Result {
    writeln!(
        out,
        "| Scenario | Server | operations/s | p50 | p99 | server CPU/operation | server busy | generator busy \
         | octets/answer | errors | ours: throughput | p50 | CPU |\n\
         |---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    for scenario in Scenario::ALL {
        let rows = || {
            outcomes.iter().filter_map(move |outcome| {
                let (_, figures) = outcome.figures.iter().find(|(s, _)| *s == scenario)?;
                Some((outcome.name, figures))
            })
        };
        let ours = rows().find(|(name, _)| *name == OURS);
        for (name, figures) in rows() {
            row(out, scenario, name, figures)?;
            match ours {
                Some((_, ours)) if name != OURS => ratios(out, figures, ours)?,
                Some(_) | None => writeln!(out, " | | |")?,
            }
        }
    }
    Ok(())
}

fn row(out: &mut impl Write, scenario: Scenario, name: &str, figures: &Figures) -> Result {
    let errors = match figures.errors {
        0 => "0".to_owned(),
        count => format!("**{count}**"),
    };
    write!(
        out,
        "| {} | {name} | {:.0} | {} | {} | {} | {:.0} % | {:.0} % | {:.0} | {errors} |",
        scenario.title(),
        figures.rate(),
        short(figures.latencies.quantile(500)),
        short(figures.latencies.quantile(990)),
        microseconds(figures.cpu_each()),
        share(figures.server_cpu, figures.elapsed) * 100.0,
        share(figures.generator_cpu, figures.elapsed) * 100.0,
        figures.octets_each(),
    )
}

/// How many times better ours is than the peer.
fn ratios(out: &mut impl Write, peer: &Figures, ours: &Figures) -> Result {
    let latency = share(peer.latencies.quantile(500), ours.latencies.quantile(500));
    writeln!(
        out,
        " {:.2}× | {latency:.2}× | {:.2}× |",
        ours.rate() / peer.rate(),
        peer.cpu_each() / ours.cpu_each()
    )
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
    for Outcome { name, figures, .. } in outcomes {
        for (scenario, figures) in figures {
            let title = scenario.title();
            if let Some(example) = &figures.example {
                let example = example.replace('\n', " ");
                writeln!(out, "- **Errors** in “{title}” of {name}, for example: {example}")?;
            }
            let generator = share(figures.generator_cpu, figures.elapsed);
            if generator > BUSY {
                let percent = generator * 100.0;
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

fn megabytes(octets: u64) -> String {
    format!("{:.0} MB", octets as f64 / 1e6)
}
