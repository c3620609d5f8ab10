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
use crate::grammar::{FOLLOW, MOST, SORT, TO, one_way};
use crate::output::{Format, tell};
use crate::place::Place;
use crate::progress::Counted;

/// How often is looked for new ones.
const PAUSE: Duration = Duration::from_secs(1);
/// So many new ones are looked for at once; of more the earlier ones are not printed.
const AT_ONCE: usize = 10_000;

/// Prints the latest events, and goes on with those that come where that is asked for.
///
/// # Errors
/// When they cannot be read.
pub(crate) fn events(
    place: &Place<'_>,
    operation: &Operation,
    matches: &ArgMatches,
    (format, columns): (Format, &[&str]),
) -> Result<(), Failure> {
    let (path, query) = (path(place, operation, matches)?, query(place, operation, matches)?);
    let most = matches.get_one::<usize>(MOST).copied();
    let known = items(place, &path, &query, most);
    let mut known = known.map_err(|failure| called(failure, operation, matches))?;
    if !query.iter().any(|(name, _)| name == SORT) {
        known.reverse();
    }
    if !matches.get_flag(FOLLOW) {
        return format.print(&Value::Array(known), columns);
    }
    let mut last = known.last().map_or(0, sequence);
    known.iter().try_for_each(|event| format.print_next(event, columns))?;
    loop {
        pause(PAUSE);
        let mut fresh = match newer(place, &path, &query, last) {
            // It may be there again in a moment.
            Err(Failure::Unreachable { .. }) => continue,
            Err(Failure::Refused(problem)) if matches!(problem.status, 429 | 500..) => continue,
            found => found?,
        };
        fresh.reverse();
        last = fresh.last().map_or(last, sequence);
        fresh.iter().try_for_each(|event| format.print_next(event, columns))?;
    }
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

/// Those behind a number, the latest first.
fn newer(
    place: &Place<'_>,
    path: &str,
    query: &[(String, String)],
    last: u64,
) -> Result<Vec<Value>, Failure> {
    let mut most = 50;
    loop {
        let mut found = items(place, path, query, Some(most))?;
        let all = found.len();
        found.retain(|event| sequence(event) > last);
        if found.len() < all || all < most || most >= AT_ONCE {
            return Ok(found);
        }
        most *= 4;
    }
}

fn sequence(event: &Value) -> u64 {
    event.get("sequence").and_then(Value::as_u64).unwrap_or_default()
}

/// Waits a moment: nobody ever sends.
pub(crate) fn pause(time: Duration) {
    let (_kept, never): (_, Receiver<()>) = channel();
    match never.recv_timeout(time) {
        Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
    }
}
