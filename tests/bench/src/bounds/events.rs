//! A log of very many events, and how long it takes to find some of them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Finding;
use crate::Arguments;
use crate::clock::now;
use crate::data::Data;
use crate::https::Connection;
use crate::peers::{Setup, tenantry};

/// Organizations, beside those of the demonstration.
const ORGANIZATIONS: usize = 20;
/// How long a page may take.
const PAGE: Duration = Duration::from_millis(100);
/// How long the daemon may take to start.
const START: Duration = Duration::from_secs(2);
/// How often each page is asked for.
const TIMES: usize = 9;

/// Writes the events and asks for pages of them.
///
/// # Errors
/// When the daemon does not do as it should.
pub(crate) fn measure(pattern: &Setup<'_>, arguments: &Arguments) -> Result<Vec<Finding>> {
    let data = Data::new(ORGANIZATIONS, 10, 0);
    let setup = Setup { data: &data, directory: pattern.directory.clone(), ..*pattern };
    std::fs::create_dir_all(&setup.directory)?;
    let mut running = tenantry::with_past(&setup, &arguments.tenantryd, arguments.events)?;
    let mut findings = vec![start(arguments.events, running.start)];
    let mut connection = running.door.open()?;
    let needles = Needles::find(&mut connection)?;
    for (whose, root) in [
        ("one organization", format!("/v1/organizations/{}/events", needles.organization)),
        ("all organizations", "/v1/all-events".to_owned()),
    ] {
        for (what, filter) in filters(&needles) {
            let path = format!("{root}?limit=50&{filter}");
            let what = format!("{} events, a page of {whose}: {what}", arguments.events);
            findings.push(page(&mut connection, what, &path)?);
        }
    }
    drop(connection);
    running.server.stop()?;
    Ok(findings)
}

/// What is looked for, and how a query says so.
fn filters(needles: &Needles) -> Vec<(&'static str, String)> {
    let Needles { earlier, later, .. } = needles;
    let window = format!("from={earlier}&until={later}");
    let of = |what, filter: &str| (what, filter.to_owned());
    vec![
        of("without a filter", ""),
        of("by a frequent kind", "action=radius_access"),
        of("by a rare kind", "action=mfa_reset"),
        of("by a frequent actor", "actor=user7"),
        of("by a rare actor", "actor=needle-actor"),
        of("by an actor that there is not", "actor=nobody-like-that"),
        of("by a subject", "subject=needle-subject"),
        of("by an address", "source=198.51.100.7"),
        of("by a network", "source=198.51.100.0/24"),
        of("what failed", "success=false"),
        of("with a frequent text", "text=password%20is%20wrong"),
        of("with a rare text", "text=needle%20in%20a%20haystack"),
        of("with a text and a rare actor", "text=haystack&actor=needle-actor"),
        ("of a time", window.clone()),
        ("of a time by kind and actor", format!("{window}&action=ldap_bind&actor=user7")),
        ("of a time, with a rare text", format!("{window}&text=haystack")),
    ]
}

/// The rare events: whose the newest is, and two times between which others are.
struct Needles {
    organization: String,
    earlier: String,
    later: String,
}

impl Needles {
    fn find(connection: &mut Connection<'_>) -> Result<Self> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        // A page may end before anything was found, and go on.
        for _ in 0..1_000 {
            let path = format!("/v1/all-events?actor=needle-actor&limit=50{cursor}");
            let page = connection.call("GET", &path, &Value::Null)?;
            found.extend(items_of(&page)?.iter().cloned());
            match page.get("next").and_then(Value::as_str) {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        ensure!(found.len() >= 8, "only {} of the rare events were found", found.len());
        let text = |number: usize, member: &str| {
            let event = found.get(number).and_then(|event| event.get(member)?.as_str());
            event.map(ToOwned::to_owned).context("an event says less than it should")
        };
        Ok(Self {
            organization: text(0, "organization")?,
            earlier: text(7, "at")?,
            later: text(5, "at")?,
        })
    }
}

fn items_of(page: &Value) -> Result<&Vec<Value>> {
    page.get("items").and_then(Value::as_array).context("no items")
}

fn page(connection: &mut Connection<'_>, what: String, path: &str) -> Result<Finding> {
    let (mut times, mut items, mut ended) = (Vec::new(), 0, true);
    for _ in 0..TIMES {
        let asked = now();
        let page = connection.call("GET", path, &Value::Null)?;
        times.push(now() - asked);
        items = items_of(&page)?.len();
        ended = page.get("next").is_none_or(Value::is_null);
    }
    times.sort_unstable();
    let slowest = times.last().copied().unwrap_or_default();
    let median = times.get(TIMES / 2).copied().unwrap_or_default();
    let ratio = slowest.as_secs_f64() / PAGE.as_secs_f64();
    let rest = if ended { "and no more" } else { "and goes on" };
    Ok(Finding {
        what,
        seen: format!(
            "median {:.1} ms, slowest {:.1} ms ({ratio:.2}× the target); {items} events {rest}",
            milliseconds(median),
            milliseconds(slowest),
        ),
        target: format!("each under {} ms", PAGE.as_millis()),
        met: slowest < PAGE,
    })
}

fn start(events: u64, start: Duration) -> Finding {
    Finding {
        what: format!("{events} events: start to the first answer"),
        seen: format!("{:.2} s", start.as_secs_f64()),
        target: format!("under {} s", START.as_secs()),
        met: start < START,
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
