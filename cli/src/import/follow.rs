//! Waiting for an import, and telling what became of it.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use serde_json::Value;

use crate::call::items;
use crate::events::pause;
use crate::failure::Failure;
use crate::output::{Format, tell, visible, warn};
use crate::place::Place;
use crate::progress::bar;

/// How often is looked how far an import is.
const LOOK: Duration = Duration::from_millis(300);
/// After so many times in a row that the server was not heard whoever waits is told.
const UNHEARD: u32 = 10;
/// How often is looked from then on.
const LATER: Duration = Duration::from_secs(3);
/// And after so many it is not waited for any more: minutes where it says at once that it is not
/// there, and longer where each look takes its time.
const PATIENCE: u32 = 100;
/// So many rows in error are printed.
const ERRORS: usize = 50;
/// The members of a row in error that are told.
const ROW: [&str; 5] = ["line", "kind", "name", "column", "reason"];

/// Waits until an import goes on no further, and tells what became of it.
///
/// # Errors
/// When it cannot be looked at, or not all was done.
pub(super) fn follow(place: &Place<'_>, import: &str, format: Format) -> Result<(), Failure> {
    let (mut bar, mut unheard, mut is_told) = (Bar::default(), 0, false);
    let ended = loop {
        let shown = match place.client.look(import) {
            // It may be there again in a moment.
            Err(failure) if failure.may_pass() && unheard < PATIENCE => {
                unheard += 1;
                if unheard == UNHEARD {
                    bar.end();
                    warn(&format!("{failure}; it is asked again for a while"));
                }
                pause(pause_after(unheard));
                continue;
            }
            shown => shown?.body,
        };
        unheard = 0;
        match why_it_waits(&shown) {
            Some(why) if !is_told => {
                bar.end();
                warn(&format!("the import waits: {}", visible(why)));
                is_told = true;
            }
            Some(_) => {}
            None => is_told = false,
        }
        bar.show(&shown);
        match text(&shown, "state") {
            "checking" | "applying" => pause(LOOK),
            _ => break shown,
        }
    };
    bar.end();
    format.print(&ended, &[])?;
    let in_error = number(&ended, "/planned/error").max(number(&ended, "/done/error"));
    if in_error > 0 {
        let query = [("outcome".to_owned(), "error".to_owned())];
        let rows = items(place, &format!("{import}/rows"), &query, Some(ERRORS))?;
        let told = |row: &Value| {
            let cells = ROW.iter().map(|member| match row.get(*member) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                Some(_) | None => "-".to_owned(),
            });
            cells.collect::<Vec<_>>().join("  ")
        };
        let mut error = io::stderr().lock();
        for row in &rows {
            // What is lost here is at `tenantry import rows`.
            let _unheard = writeln!(error, "{}", visible(&told(row)));
        }
        if let Some(more) = more(in_error, rows.len()) {
            let id = text(&ended, "id");
            let all = format!("`tenantry import rows {id} --outcome error` shows all");
            let _unheard = writeln!(error, "and {more} more: {all}");
        }
    }
    judged(&ended, in_error)
}

/// Why an import that is under way does not go on, where it does not.
fn why_it_waits(import: &Value) -> Option<&str> {
    let is_under_way = ["checking", "applying"].contains(&text(import, "state"));
    Some(text(import, "reason")).filter(|reason| is_under_way && !reason.is_empty())
}

/// How long is waited until it is looked again, after so many times that the server was not heard.
const fn pause_after(unheard: u32) -> Duration {
    if unheard < UNHEARD { LOOK } else { LATER }
}

/// How many rows in error are not printed, where some are not.
fn more(in_error: u64, printed: usize) -> Option<u64> {
    let left = in_error.saturating_sub(u64::try_from(printed).unwrap_or(u64::MAX));
    (left > 0).then_some(left)
}

/// Whether all was done that was asked for.
fn judged(import: &Value, in_error: u64) -> Result<(), Failure> {
    let dry = import.get("dry_run").and_then(Value::as_bool).unwrap_or_default();
    let id = text(import, "id");
    match text(import, "state") {
        "done" if in_error == 0 => Ok(()),
        "done" if in_error == 1 => Err(Failure::Incomplete("1 row was left out".into())),
        "done" => Err(Failure::Incomplete(format!("{in_error} rows were left out"))),
        "checked" if in_error == 0 && dry => {
            tell(&format!(
                "Nothing was changed yet: `tenantry import rows {id}` shows what would be, and \
                 `tenantry import apply {id}` does it."
            ));
            Ok(())
        }
        "checked" => {
            let rows = match in_error {
                1 => "1 row is".to_owned(),
                _ => format!("{in_error} rows are"),
            };
            let text = format!(
                "{rows} in error, and nothing was changed: mend the file, or leave out what is \
                 wrong with `tenantry import apply {id} --leave-out-errors`"
            );
            Err(Failure::Incomplete(text))
        }
        "failed" => {
            let reason = text(import, "reason");
            let text = format!("it failed: {reason}; `tenantry import apply {id}` has it go on");
            Err(Failure::Incomplete(text))
        }
        state => Err(Failure::Incomplete(format!("the import is {state}"))),
    }
}

/// A member that is a text; nothing where it is none.
pub(super) fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

/// How far an import is, on a line that is written over where a person looks at it.
#[derive(Default)]
struct Bar {
    is_shown: bool,
}

impl Bar {
    fn show(&mut self, import: &Value) {
        let mut error = io::stderr().lock();
        if !error.is_terminal() {
            return;
        }
        self.is_shown = true;
        let state = text(import, "state");
        let (all, done) = (number(import, "/rows"), number(import, "/checked"));
        let (all, done) = match state {
            // Applying is half done when all entries are there, and memberships are to come.
            "applying" => (all * 2, number(import, "/applied") + number(import, "/joined")),
            _ => (all, done),
        };
        // There is nobody to be told that this failed.
        let _unheard = write!(error, "\r{state:9} {}", bar(done, all)).and_then(|()| error.flush());
    }

    fn end(&self) {
        if self.is_shown {
            tell("");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_that_is_gone_is_waited_for_some_minutes() {
        let waited: Duration = (1..=PATIENCE).map(pause_after).sum();
        let minutes = waited.as_secs() / 60;
        assert!((3..6).contains(&minutes), "{waited:?}");
        assert_eq!(pause_after(1), LOOK, "one that is started anew is there in a moment");
    }

    #[test]
    fn an_import_under_way_with_a_reason_waits() {
        let shown = |state: &str, reason: Value| json!({"state": state, "reason": reason});
        let full = || json!("the disk is full");
        assert_eq!(why_it_waits(&shown("applying", full())), Some("the disk is full"));
        assert_eq!(why_it_waits(&shown("checking", full())), Some("the disk is full"));
        assert_eq!(why_it_waits(&shown("failed", full())), None, "it waits for nothing");
        assert_eq!(why_it_waits(&shown("applying", Value::Null)), None);
    }

    #[test]
    fn rows_that_are_not_printed_are_counted() {
        assert_eq!((more(60, 50), more(50, 50), more(1, 0)), (Some(10), None, Some(1)));
    }
}
