//! Whether exported events are the ones that there were. Nothing but the file is needed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use clap::ArgMatches;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::output::write;

/// The file to be verified.
pub(crate) const FILE: &str = "file";
/// The hash that the newest event must have.
pub(crate) const HEAD: &str = "head";
/// The hash to which the oldest event must refer.
pub(crate) const BEHIND: &str = "behind";

/// The most octets of a line.
const LONGEST: u64 = 16 << 20;

/// What the first event of a chain refers to.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Verifies a file.
///
/// # Errors
/// When it cannot be read, or something in it is not as it was.
pub(crate) fn verify(matches: &ArgMatches) -> Result<(), Failure> {
    let given = |name| matches.get_one::<String>(name).map(|text| text.to_lowercase());
    let name = matches.get_one::<String>(FILE).map(String::as_str).unwrap_or_default();
    let mut chain = Chain::default();
    let failed = |why: &dyn ToString| Failure::local(name, why);
    let mut lines: Box<dyn BufRead> = match name {
        "-" => Box::new(BufReader::new(std::io::stdin())),
        name => Box::new(BufReader::new(File::open(name).map_err(|error| failed(&error))?)),
    };
    for number in 1_u64.. {
        let mut line = Vec::new();
        let read = lines.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        if read.map_err(|error| failed(&error))? == 0 {
            break;
        }
        let wrong = |why: String| Failure::local(format!("{name}, line {number}"), &why);
        chain.take(&line).map_err(wrong)?;
    }
    chain.end(given(BEHIND).as_deref(), given(HEAD).as_deref()).map_err(|why| failed(&why))?;
    write(chain.report().as_bytes())
}

/// What was verified so far.
#[derive(Default)]
struct Chain {
    events: u64,
    /// Those from before there were chains.
    unchained: u64,
    /// To what the first event refers.
    first: Option<String>,
    /// The hash of the last event, its number and its time.
    last: Option<(String, u64, String)>,
    /// The number of the last event, in the chain or not, and whose it is.
    before: Option<(u64, Value)>,
}

impl Chain {
    fn take(&mut self, line: &[u8]) -> Result<(), String> {
        let value: Result<Map<String, Value>, _> = serde_json::from_slice(line);
        let event = value.map_err(|error| format!("this is no event: {error}"))?;
        let text = |event: &Map<String, Value>, name: &str| {
            event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let event_line = Value::Object(event);
        if canonical(&event_line).as_bytes() != line.strip_suffix(b"\n").unwrap_or(line) {
            return Err("this is not written as an export writes it".into());
        }
        let Value::Object(mut event) = event_line else { return Err("this is no event".into()) };
        let sequence = event.get("sequence").and_then(Value::as_u64);
        let sequence = sequence.ok_or("this event has no number")?;
        self.follow(sequence, event.get("organization"))?;
        let Some(hash) = event.remove("hash") else {
            return self.take_unchained(sequence, &event);
        };
        let (previous, at) = (text(&event, "previous"), text(&event, "at"));
        let octets = Sha256::digest(canonical(&Value::Object(event)).as_bytes());
        let found: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        if hash.as_str() != Some(&found) {
            return Err(format!("event {sequence} was changed: its hash is that of another"));
        }
        match &self.last {
            Some((last, before, _)) if *last != previous => {
                return Err(format!(
                    "between event {before} and event {sequence} something was taken away, put in \
                     or moved (or the export was made with a filter)"
                ));
            }
            None if self.unchained > 0 && previous != BEGINNING => {
                return Err(format!(
                    "event {sequence} is not the first of its chain, but those before it are from \
                     before the chain"
                ));
            }
            Some(_) | None => {}
        }
        self.first.get_or_insert(previous);
        self.last = Some((found, sequence, at));
        self.events += 1;
        Ok(())
    }

    /// Numbers rise, and all events are those of one organization, or of the provider.
    fn follow(&mut self, sequence: u64, organization: Option<&Value>) -> Result<(), String> {
        let organization = organization.cloned().unwrap_or(Value::Null);
        match &self.before {
            Some((before, _)) if *before >= sequence => {
                return Err(format!(
                    "between event {before} and event {sequence} something was put in or moved"
                ));
            }
            Some((_, former)) if *former != organization => {
                return Err(format!("event {sequence} is of another organization"));
            }
            Some(_) | None => {}
        }
        self.before = Some((sequence, organization));
        Ok(())
    }

    /// Before the first chain events had no hash.
    fn take_unchained(&mut self, sequence: u64, event: &Map<String, Value>) -> Result<(), String> {
        if event.contains_key("previous") {
            return Err(format!("event {sequence} was changed: its hash is gone"));
        }
        if self.last.is_some() {
            return Err(format!("event {sequence} has no hash, though those before it have one"));
        }
        self.unchained += 1;
        Ok(())
    }

    fn end(&self, behind: Option<&str>, head: Option<&str>) -> Result<(), String> {
        // Whoever asks by a program looks at the code alone.
        if self.events == 0 && self.unchained == 0 {
            return Err("there is no event in it: nothing is verified".into());
        }
        if self.events == 0 && self.unchained > 0 {
            return Err(
                "all its events are from before there were chains, or had their hashes taken \
                        away: nothing of it can be verified"
                    .into(),
            );
        }
        let last = self.last.as_ref().map(|(hash, ..)| hash.as_str());
        if behind.is_some_and(|behind| self.first.as_deref() != Some(behind)) {
            return Err("the oldest event is another: it does not follow the hash given".into());
        }
        if head.is_some_and(|head| last != Some(head)) {
            return Err("the newest event is another: its hash is not the one given".into());
        }
        Ok(())
    }

    fn report(&self) -> String {
        let mut said = Vec::new();
        if self.unchained > 0 {
            said.push(format!(
                "{} events are from before there were chains: nothing can be said of them.",
                self.unchained
            ));
        }
        if let (Some(first), Some((hash, sequence, at))) = (&self.first, &self.last) {
            said.push(format!(
                "{} events are as they were written, and none between them is missing.",
                self.events
            ));
            said.push(match &self.before {
                Some((_, Value::String(id))) => format!("They are of the organization {id}."),
                Some(_) | None => "They are of the provider.".into(),
            });
            said.push(if first == BEGINNING {
                "They begin with the first of the chain.".into()
            } else {
                format!("They begin behind the event with the hash {first}.")
            });
            said.push(format!("The newest, {sequence} of {at}, has the hash {hash}."));
        }
        said.join("\n") + "\n"
    }
}

/// Writes JSON as RFC 8785 does, for what events are made of.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut names: Vec<(&String, &Value)> = members.iter().collect();
            names.sort_unstable_by_key(|(name, _)| *name);
            let members = names.into_iter().map(|(name, value)| {
                format!("{}:{}", Value::String(name.clone()), canonical(value))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        // An export has no fractions.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of a chain.
    fn lines(count: u64) -> Vec<String> {
        let mut previous = BEGINNING.to_owned();
        let lines = (1..=count).map(|sequence| {
            let text = format!(
                r#"{{"action":"created","actor":{{"kind":"nobody"}},"organization":"x","previous":"{previous}","sequence":{sequence},"success":true}}"#
            );
            let octets = Sha256::digest(text.as_bytes());
            previous = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            let hash = format!("\"hash\":\"{previous}\",\"organization\"");
            text.replacen("\"organization\"", &hash, 1)
        });
        lines.collect()
    }

    fn verified(lines: &[String]) -> Result<Chain, String> {
        let mut chain = Chain::default();
        lines.iter().try_for_each(|line| chain.take(line.as_bytes())).map(|()| chain)
    }

    #[test]
    fn what_was_changed_taken_away_put_in_or_moved_is_found() {
        let whole = lines(6);
        let chain = verified(&whole).unwrap();
        assert!(chain.report().contains("6 events are as they were written"));
        assert!(chain.report().contains("first of the chain"));
        let changed = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines = whole.clone();
            change(&mut lines);
            verified(&lines).map(|chain| chain.report()).unwrap_err()
        };
        let said = changed(&|lines| lines[2] = lines[2].replace("created", "deleted"));
        assert!(said.contains("event 3 was changed"), "{said}");
        let said = changed(&|lines| drop(lines.remove(3)));
        assert!(said.contains("between event 3 and event 5"), "{said}");
        let said = changed(&|lines| lines.swap(1, 2));
        assert!(said.contains("between event 1 and event 3"), "{said}");
        let said = changed(&|lines| lines.insert(4, lines[1].clone()));
        assert!(said.contains("between event 4 and event 2"), "{said}");
        let said = changed(&|lines| {
            lines.push("{\"organization\":\"x\",\"sequence\":7}".into());
        });
        assert!(said.contains("event 7 has no hash"), "{said}");
        let said = changed(&|lines| lines[5] = lines[5].replacen("\"x\"", "\"y\"", 1));
        assert!(said.contains("event 6 is of another organization"), "{said}");
    }

    /// Readers of JSON differ in which of two members counts, and take spaces for nothing.
    #[test]
    fn what_is_written_otherwise_is_refused() {
        for (from, to) in [
            ("{\"action\"", "{\"action\":\"deleted\",\"action\""),
            ("{\"action\"", "{ \"action\""),
            ("created", "cr\\u0065ated"),
            ("true}", "true} "),
            ("true}", "true}\r"),
        ] {
            let mut lines = lines(3);
            lines[1] = lines[1].replacen(from, to, 1);
            let said = verified(&lines).map(|chain| chain.report()).unwrap_err();
            assert!(said.contains("not written as an export"), "{to}: {said}");
        }
    }

    #[test]
    fn what_is_missing_at_an_end_is_found_by_a_hash_that_was_kept() {
        let whole = lines(6);
        let hash = |line: &String| {
            let event: Value = serde_json::from_str(line).unwrap();
            event["hash"].as_str().unwrap().to_owned()
        };
        let chain = verified(&whole[2..5]).unwrap();
        assert!(chain.end(Some(&hash(&whole[1])), Some(&hash(&whole[4]))).is_ok());
        assert!(chain.end(None, Some(&hash(&whole[5]))).is_err());
        assert!(chain.end(Some(BEGINNING), None).is_err());
        assert!(chain.report().contains(&hash(&whole[1])));
    }

    #[test]
    fn events_from_before_the_chain_stand_before_its_first() {
        let old = "{\"organization\":\"x\",\"sequence\":0}".to_owned();
        let mut some = lines(3);
        some.insert(0, old.clone());
        assert!(verified(&some).unwrap().report().contains("1 events are from before"));
        some.remove(1);
        assert!(verified(&some).is_err(), "a chain behind them begins with its first");
        let only = verified(std::slice::from_ref(&old)).unwrap();
        assert!(only.end(None, None).unwrap_err().contains("nothing of it can be verified"));
        assert!(verified(&[old.clone(), old]).is_err(), "their numbers rise");
        // A chain whose hashes were taken away is none of before.
        let mut stripped = lines(2);
        for line in &mut stripped {
            let start = line.find("\"hash\"").unwrap();
            line.replace_range(start..start + 74, "");
        }
        let said = verified(&stripped).map(|chain| chain.report()).unwrap_err();
        assert!(said.contains("its hash is gone"), "{said}");
        let nothing = Chain::default().end(None, None).unwrap_err();
        assert!(nothing.contains("there is no event in it"), "{nothing}");
    }
}
