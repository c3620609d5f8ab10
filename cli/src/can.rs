//! Who may do what, and if not, why.

use std::net::IpAddr;

use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use crate::document::Document;
use crate::failure::Failure;
use crate::output::{Format, write};
use crate::place::{Place, escaped};
use crate::words::{CAN, EVENTS, Noun, nouns};

const DEED: &str = "deed";
const ADMIN: &str = "admin";
const OWN_ADMIN: &str = "org-admin";
const FROM: &str = "from";

/// How it is typed.
pub(crate) fn command() -> Command {
    let admin = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("LOGIN").help(help)
    };
    Command::new(CAN.name)
        .about(CAN.about)
        .long_about(
            "Tells who may do what, and if not, why: of a command (`tenantry can-i user create`), \
             of a permission (`tenantry can-i manage_identities`), or of all permissions. What is \
             not about the provider is asked about the organization of --org or of the context. \
             Ends with code 0 for yes and 4 for no.",
        )
        .arg(
            Arg::new(DEED).num_args(0..=2).value_name("DEED").help(
                "A command's words, an operation's id, or a permission; else all permissions",
            ),
        )
        .arg(admin(ADMIN, "Ask about an admin of the provider instead of yourself"))
        .arg(admin(OWN_ADMIN, "Ask about an admin of the organization's own").conflicts_with(ADMIN))
        .arg(
            Arg::new(FROM)
                .long(FROM)
                .value_name("ADDRESS")
                .value_parser(clap::value_parser!(IpAddr))
                .help(
                    "Whether such an admin may come from there as well; else from anywhere allowed",
                ),
        )
}

/// Commands of which there is no word for an operation, and which one they need.
const NEEDS: &[(&str, &str, &str)] = &[
    ("import", "csv", "create_import"),
    ("import", "ldif", "create_import"),
    ("import", "ldap", "create_import"),
    ("import", "follow", "show_import"),
];

/// Commands that are no one operation, and what is to be known of them.
const OTHERWISE: &[(&str, &str)] = &[
    (
        "apply",
        "is made of many operations, by what the file says: ask about each (`can-i user create`), or \
         about all permissions (`can-i`)",
    ),
    (
        "export",
        "is made of many operations, and leaves out what you may not see: ask about `can-i view`",
    ),
    ("login", "is how one signs in, which needs no permission"),
    ("logout", "ends the session of a context, which needs no permission"),
    ("context", "is about a file of yours, which needs no permission"),
    ("completion", "asks no server, and needs no permission"),
    ("man", "asks no server, and needs no permission"),
    ("events verify", "asks no server, and needs no permission"),
];

/// What is to be known of a command that is no one operation.
fn otherwise(words: &[&str]) -> Option<String> {
    let (whole, first) = (words.join(" "), words.first()?);
    let (command, why) = OTHERWISE.iter().find(|(it, _)| *it == whole || it == first)?;
    Some(format!("`{command}` {why}"))
}

/// What is said to who names a thing and not what is to be done with it.
fn which(noun: &Noun) -> String {
    let verbs: Vec<&str> = noun.verbs.iter().map(|verb| verb.name).collect();
    let name = noun.name;
    let first = verbs.first().copied().unwrap_or_default();
    format!(
        "which command of `{name}`? Ask about `can-i {name} {first}`, or one of: {}",
        verbs.join(", ")
    )
}

/// What is asked about.
enum Deed<'d> {
    /// An operation, and whether it is done in an organization.
    Operation(String, bool),
    Permission(&'d str),
    All,
}

impl<'d> Deed<'d> {
    fn of(document: &'d Document, place: &Place<'_>, words: &[&'d str]) -> Result<Self, Failure> {
        if let Some(why) = otherwise(words) {
            return Err(Failure::Usage(why));
        }
        // The first verb goes without saying.
        let words: &[&str] = if words == [EVENTS.name] { &[EVENTS.name, "list"] } else { words };
        if let [word] = words
            && let Some(noun) = nouns().find(|it| it.name == *word)
        {
            return Err(Failure::Usage(which(noun)));
        }
        let id = match words {
            [] => return Ok(Self::All),
            [word] if document.operation(&word.replace('-', "_")).is_none() => {
                return Ok(Self::Permission(word));
            }
            [word] => word.replace('-', "_"),
            [noun, verb, ..] => {
                let needs = NEEDS.iter().find(|(of, word, _)| of == noun && word == verb);
                if let Some((_, _, operation)) = needs {
                    return Self::operation(document, operation);
                }
                let nouns = nouns().chain([&EVENTS]);
                let mut verbs = nouns.filter(|it| it.name == *noun).flat_map(|it| it.verbs);
                let found = verbs.find(|it| it.name == *verb);
                let none = || Failure::Usage(format!("there is no command “{noun} {verb}”"));
                let found = found.ok_or_else(none)?;
                let within = found.within.filter(|_| place.organization.is_some());
                within.unwrap_or(found.operation).to_owned()
            }
        };
        Self::operation(document, &id)
    }

    fn operation(document: &Document, id: &str) -> Result<Self, Failure> {
        let found = document.operation(id);
        let found = found.ok_or_else(|| Failure::Usage("there is no such command".into()))?;
        Ok(Self::Operation(id.to_owned(), found.is_in_organization()))
    }

    /// Where and how it is asked.
    fn question(&self, place: &Place<'_>) -> Result<String, Failure> {
        let (asked, within) = match self {
            Self::Operation(id, within) => (format!("operation={}&", escaped(id)), *within),
            Self::Permission(name) => {
                (format!("permission={}&", escaped(name)), place.organization.is_some())
            }
            Self::All => (String::new(), place.organization.is_some()),
        };
        Ok(match within {
            true => format!("?{asked}organization={}", escaped(&place.organization()?)),
            false => format!("?{}", asked.trim_end_matches('&')),
        })
    }
}

/// Asks, and prints the answer.
///
/// # Errors
/// `No` when the one thing that was asked about may not be done.
pub(crate) fn can(
    document: &Document,
    place: &Place<'_>,
    matches: &ArgMatches,
    format: Format,
) -> Result<(), Failure> {
    let words = matches.get_many::<String>(DEED).into_iter().flatten();
    let words: Vec<&str> = words.map(String::as_str).collect();
    let deed = Deed::of(document, place, &words)?;
    let mut question = deed.question(place)?;
    let named = |name| matches.get_one::<String>(name);
    if let Some(from) = matches.get_one::<IpAddr>(FROM) {
        if named(ADMIN).or_else(|| named(OWN_ADMIN)).is_none() {
            let what = "--from is about another admin (--admin or --org-admin)";
            return Err(Failure::Usage(what.into()));
        }
        let joint = if question == "?" { "" } else { "&" };
        question = format!("{question}{joint}from={}", escaped(&from.to_string()));
    }
    let whose = match (named(ADMIN), named(OWN_ADMIN)) {
        (Some(login), _) => format!("/v1/admins/{}", place.id("/v1/admins", login)?),
        (None, Some(login)) => {
            let admins = format!("/v1/organizations/{}/admins", place.organization()?);
            format!("{admins}/{}", place.id(&admins, login)?)
        }
        (None, None) => "/v1/me".to_owned(),
    };
    let answer = place.client.get(&format!("{whose}/can-i{question}"))?.body;
    let answers = answer.get("answers").and_then(Value::as_array).cloned().unwrap_or_default();
    match (format, matches!(deed, Deed::All)) {
        (Format::Table, false) => write(said(&answers).as_bytes())?,
        (Format::Table | Format::Csv, _) => format.print(&table(answers.clone()), CAN.columns)?,
        (Format::Json | Format::Yaml, _) => format.print(&answer, &[])?,
    }
    match deed {
        Deed::All => Ok(()),
        Deed::Operation(..) | Deed::Permission(_) if answers.iter().all(is_allowed) => Ok(()),
        Deed::Operation(..) | Deed::Permission(_) => Err(Failure::No),
    }
}

/// The answer to one question in words.
fn said(answers: &[Value]) -> String {
    let reasons: Vec<String> = answers.iter().map(reasons).filter(|it| !it.is_empty()).collect();
    let said = crate::output::visible(&reasons.join("; "));
    match (answers.iter().all(is_allowed), reasons.is_empty()) {
        (true, true) => "yes\n".to_owned(),
        (true, false) => format!("yes, but {said}\n"),
        (false, _) => format!("no: {said}\n"),
    }
}

fn is_allowed(answer: &Value) -> bool {
    answer.get("allowed") == Some(&Value::Bool(true))
}

fn reasons(answer: &Value) -> String {
    let reasons = answer.get("reasons").and_then(Value::as_array).into_iter().flatten();
    let said = reasons.filter_map(|reason| reason.get("detail")?.as_str());
    said.collect::<Vec<_>>().join("; ")
}

/// The answers with their reasons in words.
fn table(answers: Vec<Value>) -> Value {
    let rows = answers.into_iter().map(|mut answer| {
        let said = Value::String(reasons(&answer));
        if let Some(members) = answer.as_object_mut() {
            members.insert("reasons".into(), said);
        }
        answer
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_an_operation_or_says_why_it_is_none() {
        let document = Document::read().unwrap();
        let command = crate::grammar::command(&document);
        let is_known = |noun: &str, verb: &str| {
            let mut nouns = nouns().chain([&EVENTS]);
            let is_verb =
                nouns.any(|it| it.name == noun && it.verbs.iter().any(|it| it.name == verb));
            let needs = NEEDS.iter().find(|(of, word, _)| (*of, *word) == (noun, verb));
            let is_needed = needs.is_some_and(|(_, _, id)| document.operation(id).is_some());
            is_verb || is_needed || otherwise(&[noun, verb]).is_some()
        };
        for noun in command.get_subcommands().filter(|it| it.get_name() != CAN.name) {
            let name = noun.get_name();
            assert!(noun.has_subcommands() || otherwise(&[name]).is_some(), "{name}");
            for verb in noun.get_subcommands().map(Command::get_name) {
                assert!(is_known(name, verb), "{name} {verb}");
            }
        }
        assert!(otherwise(&["user", "create"]).is_none() && otherwise(&["view"]).is_none());
        assert!(otherwise(&["events"]).is_none() && otherwise(&["events", "export"]).is_none());
    }
}
