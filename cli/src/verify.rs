//! Whether exported events are the ones that there were. Nothing but the file is needed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use clap::ArgMatches;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::output::write;
use crate::progress::{Counted, size};

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

/// Verifies a file, and tells at a terminal how far it is.
///
/// # Errors
/// When it cannot be read, or something in it is not as it was.
pub(crate) fn verify(matches: &ArgMatches) -> Result<(), Failure> {
    let given = |name| matches.get_one::<String>(name).map(|text| text.to_lowercase());
    let name = matches.get_one::<String>(FILE).map(String::as_str).unwrap_or_default();
    let failed = |why: &dyn ToString| Failure::local(name, why);
    let mut lines: Box<dyn BufRead> = match name {
        "-" => Box::new(BufReader::new(std::io::stdin())),
        name => {
            let file = File::open(name).map_err(|error| failed(&error))?;
            let octets = size(&file);
            Box::new(BufReader::new(Counted::new(file, "Read").of(octets)))
        }
    };
    let mut chains = Chains::default();
    for number in 1_u64.. {
        let mut line = Vec::new();
        let read = lines.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        if read.map_err(|error| failed(&error))? == 0 {
            break;
        }
        let wrong = |why: String| Failure::local(format!("{name}, line {number}"), &why);
        chains.take(number, &line).map_err(wrong)?;
    }
    // What tells how far it is ends before anything else is told.
    drop(lines);
    let (behind, head) = (given(BEHIND), given(HEAD));
    let (said, ended) = chains.told(name, (behind.as_deref(), head.as_deref()));
    write(said.as_bytes())?;
    ended
}

/// The chains of a file, which lie one after another in it: one of each organization.
#[derive(Default)]
struct Chains {
    all: Vec<Chain>,
    /// Whose they are.
    known: BTreeSet<String>,
    /// Lines that are no events: somebody tried the destination.
    trials: u64,
}

impl Chains {
    /// Takes a line. What is wrong with a chain stays with it, so that those behind it are verified too.
    ///
    /// # Errors
    /// What is wrong with the file as a whole.
    fn take(&mut self, number: u64, line: &[u8]) -> Result<(), String> {
        let event = match serde_json::from_slice::<Map<String, Value>>(line) {
            Ok(event) => event,
            Err(error) => {
                let why = format!("this is no event: {error}");
                let Some(chain) = self.all.last_mut() else { return Err(why) };
                chain.fault.get_or_insert((number, why));
                return Ok(());
            }
        };
        if is_trial(&event) && is_as_exported(&event, line) {
            self.trials += 1;
            return Ok(());
        }
        let whose = event.get("organization").cloned().unwrap_or_default();
        if self.all.last().is_none_or(|chain| chain.whose != whose) {
            if !self.known.insert(whose.to_string()) {
                let whose = called(&whose);
                return Err(format!("here are events of {whose} again, with others between them"));
            }
            self.all.push(Chain { whose, ..Chain::default() });
        }
        if let Some(chain) = self.all.last_mut().filter(|chain| chain.fault.is_none())
            && let Err(why) = chain.take(event, line)
        {
            chain.fault = Some((number, why));
        }
        Ok(())
    }

    /// What is said of the file, and what is wrong where a chain is not whole or ends elsewhere.
    fn told(
        &self,
        name: &str,
        ends: (Option<&str>, Option<&str>),
    ) -> (String, Result<(), Failure>) {
        let (said, ended) = self.told_of_chains(name, ends);
        let left_out = match self.trials {
            0 => String::new(),
            1 => "1 line is left out: a trial of a destination, which is no event of a chain, and which \
                  nothing proves.\n"
                .to_owned(),
            trials => format!(
                "{trials} lines are left out: trials of a destination, which are no events of a chain, and \
                 which nothing proves.\n"
            ),
        };
        (left_out + &said, ended)
    }

    /// The same of the chains alone.
    fn told_of_chains(
        &self,
        name: &str,
        (behind, head): (Option<&str>, Option<&str>),
    ) -> (String, Result<(), Failure>) {
        let failed = |why: &str| (String::new(), Err(Failure::local(name, why)));
        match self.all.as_slice() {
            // Whoever asks by a program looks at the code alone.
            [] => failed("there is no event in it: nothing is verified"),
            [Chain { fault: Some((number, why)), .. }] => {
                let at = format!("{name}, line {number}");
                (String::new(), Err(Failure::local(at, why)))
            }
            [only] => match only.end(behind, head) {
                Ok(()) => (only.report(), Ok(())),
                Err(why) => failed(&why),
            },
            several if behind.is_some() || head.is_some() => failed(&format!(
                "--{BEHIND} and --{HEAD} are about one chain, and here are those of {} organizations",
                several.len()
            )),
            several => {
                let reports: Vec<String> = several.iter().map(Chain::report).collect();
                let broken = several.iter().filter(|chain| !chain.is_whole()).count();
                let ended = match broken {
                    0 => Ok(()),
                    _ => {
                        let why = format!("{broken} of {} chains are not whole", several.len());
                        Err(Failure::local(name, &why))
                    }
                };
                (reports.join("\n"), ended)
            }
        }
    }
}

/// Whether it is what a destination gets when somebody tries it.
fn is_trial(event: &Map<String, Value>) -> bool {
    event.get("test") == Some(&Value::Bool(true)) && !event.contains_key("sequence")
}

/// Whether a line is written as an export writes it.
fn is_as_exported(event: &Map<String, Value>, line: &[u8]) -> bool {
    canonical_members(event).as_bytes() == line.strip_suffix(b"\n").unwrap_or(line)
}

/// How those are called whose events they are.
fn called(whose: &Value) -> String {
    match whose.as_str() {
        Some(id) => format!("the organization {id}"),
        None => "the provider".into(),
    }
}

/// What was verified so far.
#[derive(Default)]
struct Chain {
    /// The organization's id, or nothing of the provider.
    whose: Value,
    /// In which line it is not as it was, and why; nothing behind that is looked at.
    fault: Option<(u64, String)>,
    events: u64,
    /// Those from before there were chains.
    unchained: u64,
    /// To what the first event refers.
    first: Option<String>,
    /// The hash of the last event, its number and its time.
    last: Option<(String, u64, String)>,
    /// The number of the last event, in the chain or not.
    before: Option<u64>,
}

impl Chain {
    fn take(&mut self, mut event: Map<String, Value>, line: &[u8]) -> Result<(), String> {
        let text = |event: &Map<String, Value>, name: &str| {
            event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        if !is_as_exported(&event, line) {
            return Err("this is not written as an export writes it".into());
        }
        let sequence = event.get("sequence").and_then(Value::as_u64);
        let sequence = sequence.ok_or("this event has no number")?;
        self.follow(sequence)?;
        let Some(hash) = event.remove("hash") else {
            return self.take_unchained(sequence, &event);
        };
        let (previous, at) = (text(&event, "previous"), text(&event, "at"));
        let octets = Sha256::digest(canonical_members(&event).as_bytes());
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

    /// Numbers rise.
    fn follow(&mut self, sequence: u64) -> Result<(), String> {
        match self.before.replace(sequence) {
            Some(before) if before >= sequence => Err(format!(
                "between event {before} and event {sequence} something was put in or moved"
            )),
            Some(_) | None => Ok(()),
        }
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
        if self.events == 0 {
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

    /// Whether it is as it was.
    fn is_whole(&self) -> bool {
        self.fault.is_none() && self.end(None, None).is_ok()
    }

    fn report(&self) -> String {
        let (whose, mut said) = (called(&self.whose), Vec::new());
        if let Some((number, why)) = &self.fault {
            let events = self.events;
            return format!(
                "The chain of {whose} is broken in line {number}: {why}.\n\
                 {events} events before that are as they were written.\n"
            );
        }
        if let Err(why) = self.end(None, None) {
            return format!("The chain of {whose} is not verified: {why}.\n");
        }
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
            said.push(format!("They are of {whose}."));
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
        Value::Object(members) => canonical_members(members),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        // An export has no fractions.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// The same of an object.
fn canonical_members(members: &Map<String, Value>) -> String {
    let mut names: Vec<(&String, &Value)> = members.iter().collect();
    names.sort_unstable_by_key(|(name, _)| *name);
    let members = names
        .into_iter()
        .map(|(name, value)| format!("{}:{}", Value::String(name.clone()), canonical(value)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a destination of an organization gets that is tried.
    fn trial_of(organization: &str) -> String {
        format!(
            r#"{{"action":"destination_tested","organization":"{organization}","success":true,"test":true}}"#
        )
    }

    /// Lines of a chain.
    fn lines(count: u64) -> Vec<String> {
        lines_of("x", count)
    }

    /// Lines of the chain of an organization.
    fn lines_of(organization: &str, count: u64) -> Vec<String> {
        let mut previous = BEGINNING.to_owned();
        let lines = (1..=count).map(|sequence| {
            let text = format!(
                r#"{{"action":"created","actor":{{"kind":"nobody"}},"organization":"{organization}","previous":"{previous}","sequence":{sequence},"success":true}}"#
            );
            let octets = Sha256::digest(text.as_bytes());
            previous = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            let hash = format!("\"hash\":\"{previous}\",\"organization\"");
            text.replacen("\"organization\"", &hash, 1)
        });
        lines.collect()
    }

    fn chains(lines: &[String]) -> Result<Chains, String> {
        let mut chains = Chains::default();
        let mut numbered = (1..).zip(lines);
        numbered.try_for_each(|(number, line)| chains.take(number, line.as_bytes()))?;
        Ok(chains)
    }

    /// The one chain of a file.
    fn verified(lines: &[String]) -> Result<Chain, String> {
        let mut chains = chains(lines)?;
        let chain = chains.all.pop().unwrap();
        assert!(chains.all.is_empty(), "there is more than one");
        chain.fault.clone().map_or(Ok(chain), |(_, why)| Err(why))
    }

    /// What is told of a file, and what is wrong with it.
    fn told(lines: &[String]) -> (String, String) {
        let (said, ended) = chains(lines).unwrap().told("file", (None, None));
        (said, ended.err().map(|failure| failure.to_string()).unwrap_or_default())
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
    }

    #[test]
    fn chains_lie_one_after_another_and_each_is_told() {
        let both = [lines_of("x", 4), lines_of("y", 3)].concat();
        let (said, wrong) = told(&both);
        for part in ["4 events are as", "organization x.", "3 events are as", "organization y."] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(wrong, "");
        let mut changed = both.clone();
        changed[5] = changed[5].replace("created", "deleted");
        let (said, wrong) = told(&changed);
        assert!(said.contains("4 events are as they were written, and none"), "{said}");
        let broken = "The chain of the organization y is broken in line 6: event 2 was changed";
        assert!(said.contains(broken) && said.contains("1 events before that"), "{said}");
        assert!(wrong.contains("1 of 2 chains are not whole"), "{wrong}");
        let mut changed = both;
        changed[1] = "nothing".into();
        let (said, _) = told(&changed);
        assert!(said.contains("organization x is broken in line 2: this is no event"), "{said}");
        assert!(said.contains("3 events are as they were written"), "{said}");
        // An event that is said to be another's stands in a chain of its own, and is of none.
        let mut moved = lines(6);
        moved[5] = moved[5].replacen("\"x\"", "\"y\"", 1);
        let (said, wrong) = told(&moved);
        assert!(said.contains("organization y is broken in line 6: event 6 was"), "{said}");
        assert!(wrong.contains("1 of 2"), "{wrong}");
    }

    #[test]
    fn an_organization_that_turns_up_twice_is_refused() {
        let mut mixed = lines_of("x", 4);
        drop(mixed.splice(2..2, lines_of("y", 3)));
        let refused = chains(&mixed).map(|chains| chains.all.len()).unwrap_err();
        assert!(refused.contains("events of the organization x again"), "{refused}");
    }

    #[test]
    fn what_is_asked_of_one_chain_is_asked_of_no_file_with_several() {
        let both = chains(&[lines_of("x", 1), lines_of("y", 1)].concat()).unwrap();
        for ends in [(Some(BEGINNING), None), (None, Some(BEGINNING))] {
            let (said, ended) = both.told("file", ends);
            let wrong = ended.unwrap_err().to_string();
            assert!(said.is_empty() && wrong.contains("those of 2 organizations"), "{wrong}");
        }
    }

    #[test]
    fn a_chain_of_which_nothing_can_be_said_is_not_whole_beside_others() {
        let old = "{\"organization\":\"w\",\"sequence\":0}".to_owned();
        let (said, wrong) = told(&[vec![old], lines(2)].concat());
        assert!(said.contains("organization w is not verified: all its events"), "{said}");
        assert!(said.contains("2 events are as") && wrong.contains("1 of 2"), "{said}");
    }

    #[test]
    fn trials_are_left_out_and_told_and_stand_for_no_event() {
        let beside = |lines: &[String]| {
            let tried = lines.iter().flat_map(|line| [trial_of("x"), line.clone()]);
            tried.collect::<Vec<String>>()
        };
        let (said, wrong) = told(&beside(&lines(3)));
        assert!(said.starts_with("3 lines are left out: trials"), "{said}");
        assert!(said.contains("3 events are as they were written"), "{said}");
        assert_eq!(wrong, "");
        let (said, wrong) = told(&beside(&[lines_of("x", 2), lines_of("y", 2)].concat()));
        assert!(said.starts_with("4 lines") && said.contains("organization y."), "{said}");
        assert_eq!(wrong, "", "they are of no chain");
        let (said, wrong) = told(&[trial_of("x")]);
        assert!(said.starts_with("1 line is") && wrong.contains("there is no event"), "{wrong}");
        let mut hidden = lines(3);
        hidden[1] = trial_of("x");
        let (said, wrong) = told(&hidden);
        assert!(said.starts_with("1 line is") && wrong.contains("between event 1 and event 3"));
        let wrong = |from: &str, to: &str| {
            let mut lines = lines(1);
            lines.push(trial_of("x").replacen(from, to, 1));
            verified(&lines).map(|chain| chain.report()).unwrap_err()
        };
        assert!(wrong("true}", "1}").contains("has no number"));
        assert!(wrong("{\"action\"", "{ \"action\"").contains("not written as an export"));
        assert!(wrong("\"success\"", "\"sequence\":2,\"success\"").contains("has no hash"));
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
        let (_, nothing) = told(&[]);
        assert!(nothing.contains("there is no event in it"), "{nothing}");
    }
}
