//! Events that come, in the order in which they are written.

use std::time::Duration;

use serde_json::Value;

use crate::call::{PAGE, page};
use crate::events::pause;
use crate::failure::Failure;
use crate::grammar::{AFTER, FIELDS};
use crate::output::warn;
use crate::place::Place;
use crate::rows::Rows;

/// How often is looked for new ones.
const PAUSE: Duration = Duration::from_secs(1);
/// Once in so many looks is asked how far the log goes, so that what is not wanted is not looked at
/// for ever.
const MARK: u32 = 10;
/// So many pages more than would hold them are looked through for those that are printed first.
const LOOKS: usize = 20;
/// How many are printed first where that is not said.
const USUAL: usize = 50;

/// By which member an event is known.
const NUMBER: &str = "sequence";
/// Whose events they are.
const ORGANIZATIONS: &str = "organizations";

/// A log, and what of it is printed.
pub(crate) struct Log<'l> {
    place: &'l Place<'l>,
    path: String,
    query: Vec<(String, String)>,
    rows: Rows,
    /// Whether their numbers were not asked for by whoever reads them.
    hides_number: bool,
    /// All up to this number were looked at; nothing where nobody looked yet.
    seen: Option<u64>,
}

impl<'l> Log<'l> {
    /// Some events at a path, to be printed in a way.
    pub(crate) fn of(
        place: &'l Place<'_>,
        (path, query): (String, Vec<(String, String)>),
        rows: Rows,
    ) -> Self {
        let Asked { query, after: seen, hides_number } = Asked::of(query);
        Self { place, path, query, rows, hides_number, seen }
    }

    /// Prints the newest, so many at most, unless it is said behind which one to begin; and then what
    /// comes, for ever.
    ///
    /// # Errors
    /// When they cannot be read or printed.
    pub(crate) fn follow(mut self, most: Option<usize>) -> Result<(), Failure> {
        if self.seen.is_none() {
            self.begin(most.unwrap_or(USUAL))?;
        }
        for look in 1_u32.. {
            match self.go_on(look.is_multiple_of(MARK)) {
                // It may be there again in a moment.
                Err(failure) if failure.may_pass() => {}
                looked => looked?,
            }
            pause(PAUSE);
        }
        Ok(())
    }

    /// Prints the newest, the latest last. What is written meanwhile comes after them.
    fn begin(&mut self, most: usize) -> Result<(), Failure> {
        let end = self.end()?;
        let (mut found, mut cursor) = (Vec::<Value>::new(), None::<String>);
        for look in 0.. {
            if found.len() >= most {
                break;
            }
            if look >= most.div_ceil(PAGE).saturating_add(LOOKS) {
                warn("not all that is kept was looked through; without --follow it is");
                break;
            }
            let left = most - found.len();
            let (events, next) =
                page(self.place, &self.path, &self.query, (left, cursor.as_deref()))?;
            found.extend(events.into_iter().filter(|event| number(event) <= end));
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        self.seen = Some(end);
        found.truncate(most);
        found.into_iter().rev().try_for_each(|event| self.print(event))
    }

    /// Prints what was written since, page by page; whether it is asked as well how far the log goes.
    fn go_on(&mut self, marks: bool) -> Result<(), Failure> {
        let mut seen = self.seen.unwrap_or_default();
        // All that is before it is there to be looked at when it is.
        let end = if marks && self.is_narrow() { self.end()? } else { seen };
        let mut query = self.query.clone();
        query.push((AFTER.to_owned(), seen.to_string()));
        let mut cursor = None::<String>;
        loop {
            let (events, next) = page(self.place, &self.path, &query, (PAGE, cursor.as_deref()))?;
            for event in events {
                seen = seen.max(number(&event));
                self.seen = Some(seen);
                self.print(event)?;
            }
            cursor = next;
            if cursor.is_none() {
                self.seen = Some(seen.max(end));
                return Ok(());
            }
        }
    }

    /// The number of the newest event, whether it is wanted or not; nought where there is none.
    fn end(&self) -> Result<u64, Failure> {
        let whose = self.query.iter().filter(|(name, _)| name == ORGANIZATIONS);
        let mut query: Vec<_> = whose.cloned().collect();
        query.push((FIELDS.to_owned(), NUMBER.to_owned()));
        let (events, _) = page(self.place, &self.path, &query, (1, None))?;
        Ok(events.first().map_or(0, number))
    }

    /// Whether some events are not wanted.
    fn is_narrow(&self) -> bool {
        self.query.iter().any(|(name, _)| ![FIELDS, ORGANIZATIONS].contains(&name.as_str()))
    }

    fn print(&mut self, mut event: Value) -> Result<(), Failure> {
        if self.hides_number
            && let Value::Object(members) = &mut event
        {
            members.retain(|name, _| name != NUMBER);
        }
        if self.rows.is_table() {
            event = self.place.with_slugs(event, None);
        }
        self.rows.print(&event)
    }
}

/// What is asked of a log.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    query: Vec<(String, String)>,
    /// Behind which number it begins, where that is said.
    after: Option<u64>,
    /// Whether their numbers were not asked for by whoever reads them.
    hides_number: bool,
}

impl Asked {
    /// What a query asks, and the number of each event with it.
    fn of(query: Vec<(String, String)>) -> Self {
        let mut asked = Self { query: Vec::new(), after: None, hides_number: false };
        for (name, mut text) in query {
            if name == AFTER {
                asked.after = text.parse().ok();
                continue;
            }
            if name == FIELDS && !text.split(',').any(|field| field.trim() == NUMBER) {
                asked.hides_number = true;
                text = format!("{text},{NUMBER}");
            }
            asked.query.push((name, text));
        }
        asked
    }
}

fn number(event: &Value) -> u64 {
    event.get(NUMBER).and_then(Value::as_u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    #[test]
    fn the_numbers_are_asked_for_and_not_shown_to_who_did_not_ask() {
        let asked = Asked::of(pairs(&[("actor", "ada"), ("fields", "at,action")]));
        assert_eq!(asked.query, pairs(&[("actor", "ada"), ("fields", "at,action,sequence")]));
        assert!(asked.hides_number && asked.after.is_none());
        let asked = Asked::of(pairs(&[("fields", "at, sequence")]));
        assert_eq!(asked.query, pairs(&[("fields", "at, sequence")]));
        assert!(!asked.hides_number);
        assert!(!Asked::of(Vec::new()).hides_number, "all members are there");
    }

    #[test]
    fn who_says_where_it_begins_is_heard() {
        let asked = Asked::of(pairs(&[("after", "17"), ("success", "false")]));
        assert_eq!((asked.after, asked.query), (Some(17), pairs(&[("success", "false")])));
    }
}
