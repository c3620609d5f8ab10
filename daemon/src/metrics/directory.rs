//! What the directory counts of itself, in the words of monitoring.

use std::fmt;

use directory::authentication::{HashingFigures, VerifiedFigures};
use directory::delivery::DeliveryFigures;
use directory::{EventFigures, Figures, StoreFigures};

use super::pen::Pen;

/// Tells how the directory goes.
pub(super) fn tell(figures: &Figures, pen: &mut Pen<'_, '_>) -> fmt::Result {
    tell_store(&figures.store, pen)?;
    tell_events(&figures.events, pen)?;
    tell_hashing(&figures.hashing, pen)?;
    let VerifiedFigures { hits, misses } = figures.verified;
    let rows = [("hit", hits), ("miss", misses)].map(|(end, count)| ([("outcome", end)], count));
    let help = "Passwords that were looked for among those verified a moment ago.";
    pen.counters(("verified_passwords", help), rows)
}

fn tell_store(figures: &StoreFigures, pen: &mut Pen<'_, '_>) -> fmt::Result {
    let help = "The file of the database.";
    pen.octets(("store_size", help), figures.octets)?;
    let help = "Changes that wait until they are durable.";
    pen.gauge(("store_waiting_changes", help), figures.waiting as u64)?;
    let help = "Changes that were made durable; several share a commit.";
    pen.counter(("store_changes", help), figures.changes)?;
    let help = "Commits that failed, with all changes in them.";
    pen.counter(("store_failed_commits", help), figures.failed)?;
    let help = "How long the disk took for a commit.";
    pen.durations(("store_commit", help), &figures.commits)?;
    let help =
        "How long a change waited until it was durable, from when it was handed to the store.";
    pen.durations(("store_change", help), &figures.waits)
}

fn tell_events(figures: &EventFigures, pen: &mut Pen<'_, '_>) -> fmt::Result {
    pen.octets(("events_size", "The files of the event log."), figures.octets)?;
    pen.counter(("events_written", "Events that were written."), figures.written)?;
    pen.gauge(("events_waiting", "Events that wait to be written."), figures.waiting as u64)?;
    let help = "Events that were lost, since too many waited.";
    pen.counter(("events_dropped", help), figures.dropped)?;
    let help = "Parts of the event log that are full and not compressed yet.";
    pen.gauge(("events_unsealed_segments", help), figures.unsealed as u64)?;
    let help = "Whether the last attempt to write or to compress events failed.";
    pen.gauge(("events_failing", help), u64::from(figures.is_failing))
}

fn tell_hashing(figures: &HashingFigures, pen: &mut Pen<'_, '_>) -> fmt::Result {
    let help = "Threads that hash passwords.";
    pen.gauge(("hashing_threads", help), figures.threads as u64)?;
    let help = "Passwords that are being hashed.";
    pen.gauge(("hashing_running", help), figures.running as u64)?;
    let help = "Passwords that wait to be hashed.";
    pen.gauge(("hashing_waiting", help), figures.waiting as u64)?;
    let rows = [("all", figures.refused), ("organization", figures.refused_of_organization)];
    let rows = rows.map(|(limit, count)| ([("limit", limit)], count));
    let help = "Passwords that were not hashed, by the limit that was reached.";
    pen.counters(("hashing_refused", help), rows)
}

/// Tells how destinations of events stand.
pub(super) fn tell_destinations(figures: &DeliveryFigures, pen: &mut Pen<'_, '_>) -> fmt::Result {
    let help = "Destinations that take events, each organization's apart.";
    pen.gauge(("event_destinations", help), figures.destinations as u64)?;
    let help = "Destinations that have not yet all events.";
    pen.gauge(("event_destinations_behind", help), figures.behind as u64)?;
    let help = "Destinations that wait for another attempt, since the last was in vain.";
    pen.gauge(("event_destinations_failing", help), figures.failing as u64)?;
    let help = "Dead letters, 10000 at most.";
    pen.gauge(("event_dead_letters", help), figures.dead_letters as u64)
}
