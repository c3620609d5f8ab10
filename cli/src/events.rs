//! Events, the latest last unless they are to be sorted otherwise, and those to come.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use clap::ArgMatches;
use serde_json::Value;

use crate::call::{called, items, joined, path, query};
use crate::document::Operation;
use crate::failure::Failure;
use crate::follow::Log;
use crate::grammar::{AFTER, FOLLOW, MOST, SORT, TO, one_way};
use crate::headings::{asked, headings, print};
use crate::output::{Format, tell};
use crate::place::Place;
use crate::progress::Counted;
use crate::rows::Rows;

/// Prints the latest events, and goes on with those that come where that is asked for.
///
/// # Errors
/// When they cannot be read.
pub(crate) fn events(
    place: &Place<'_>,
    operation: &Operation,
    matches: &ArgMatches,
    (format, usual): (Format, &[&str]),
) -> Result<(), Failure> {
    let (path, query) = (path(place, operation, matches)?, query(place, operation, matches)?);
    let most = matches.get_one::<usize>(MOST).copied();
    let called = |failure| called(failure, operation, matches);
    let asked = asked(&query);
    let shown = asked.clone().unwrap_or_else(|| usual.iter().map(|&name| name.into()).collect());
    if matches.get_flag(FOLLOW) {
        let columns = match format {
            Format::Csv => headings(place.schemas(), operation, asked),
            Format::Table | Format::Json | Format::Yaml => shown,
        };
        let rows = Rows::of(format, columns);
        return Log::of(place, (path, query), rows).follow(most).map_err(called);
    }
    let mut known = items(place, &path, &query, most).map_err(called)?;
    if !query.iter().any(|(name, _)| [SORT, AFTER].contains(&name.as_str())) {
        known.reverse();
    }
    let columns: Vec<&str> = shown.iter().map(String::as_str).collect();
    let known = Value::Array(known);
    let known = if format == Format::Table { place.with_slugs(known, None) } else { known };
    print(place, operation, (format, columns.as_slice()), &known, &query)
}

/// How the line begins that tells how far an export is.
const RECEIVED: &str = "Received";

/// Writes all events that are wanted into a file, which has its name once it is whole. How much has
/// come is told at a terminal, unless the events themselves are shown there.
///
/// # Errors
/// When they cannot be read, or the file not be written.
pub(crate) fn export(
    place: &Place<'_>,
    operation: &Operation,
    matches: &ArgMatches,
) -> Result<(), Failure> {
    one_way(matches, "it is a file, printed as the server makes it, which --format chooses")?;
    let (path, query) = (path(place, operation, matches)?, query(place, operation, matches)?);
    let path = format!("{path}{}", joined(&query));
    let download = |out: &mut dyn Write| {
        let written = place.client.download(&path, out);
        written.map_err(|failure| called(failure, operation, matches))
    };
    let Some(name) = matches.get_one::<String>(TO) else {
        let mut out = std::io::stdout().lock();
        if out.is_terminal() {
            return download(&mut out);
        }
        return download(&mut Counted::new(out, RECEIVED));
    };
    let failed = |error: std::io::Error| Failure::local(name, &error);
    let unfinished = format!("{name}.unfinished");
    let mut file = Counted::new(File::create(&unfinished).map_err(failed)?, RECEIVED);
    let written = download(&mut file);
    drop(file);
    let written = written.and_then(|()| std::fs::rename(&unfinished, name).map_err(failed));
    if written.is_err() {
        // What is left says by its name that it is not whole.
        let _left = std::fs::remove_file(&unfinished);
    }
    written?;
    tell(&format!("The events are in {name}."));
    Ok(())
}

/// Waits a moment: nobody ever sends.
pub(crate) fn pause(time: Duration) {
    let (_kept, never): (_, Receiver<()>) = channel();
    match never.recv_timeout(time) {
        Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
    }
}
