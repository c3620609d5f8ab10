//! The command line: what the admin API offers, as commands.
//!
//! The commands are made from the API's own document, so that none is missing and none says what the
//! API does not; `words` says how they are called. Everything goes over HTTP: there is no
//! privileged path.

mod apply;
mod call;
mod can;
mod client;
mod contexts;
mod document;
mod durations;
mod events;
mod failure;
mod follow;
mod grammar;
mod headings;
mod ids;
mod import;
mod manual;
mod money;
mod names;
mod output;
mod place;
mod progress;
mod prompt;
mod qr_code;
mod referred;
mod rows;
mod shape;
mod sign_in;
mod slugs;
mod tables;
mod texts;
mod verify;
mod words;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Command};

use crate::document::{Document, Operation};
use crate::failure::Failure;
use crate::grammar::OUTPUT;
use crate::output::Format;
use crate::place::Place;
use crate::words::{AMONG, CAN, EVENTS, EXPORT, EXPORT_AMONG, Noun, VERIFY, Verb, nouns};

/// Does what the arguments of the process say; with which code it ends.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let document = match Document::read() {
        Ok(document) => document,
        Err(error) => return end(&Failure::local("the API's document", &error)),
    };
    let command = grammar::command(&document);
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = match command.clone().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(said) => {
            let alone = || grammar::command_alone(&document).try_get_matches_from(&arguments).err();
            let said = if said.use_stderr() { alone().unwrap_or(said) } else { said };
            // Help that nobody reads is no failure.
            let _unheard = said.print();
            return ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(2));
        }
    };
    match done(&document, command, &matches) {
        // Whoever read has enough.
        Ok(()) | Err(Failure::Unheard) => ExitCode::SUCCESS,
        // It is printed already.
        Err(failure @ (Failure::No | Failure::Differs)) => failure.code(),
        Err(failure) => end(&failure),
    }
}

fn end(failure: &Failure) -> ExitCode {
    // The code says it as well.
    let _unheard =
        writeln!(std::io::stderr(), "tenantry: {}", output::visible(&failure.to_string()));
    failure.code()
}

fn done(document: &Document, mut command: Command, matches: &ArgMatches) -> Result<(), Failure> {
    let format = Format::named(matches.get_one::<String>(OUTPUT).map_or("table", String::as_str));
    let (word, own) = matches.subcommand().unwrap_or(("", matches));
    match word {
        "login" => sign_in::login(document, own),
        "logout" => sign_in::logout(own),
        "context" => sign_in::contexts(document, own, format),
        "completion" => {
            if let Some(shell) = own.get_one::<clap_complete::Shell>("shell") {
                let mut script = Vec::new();
                clap_complete::generate(*shell, &mut command, "tenantry", &mut script);
                // Whoever reads no further wants no more.
                let _closed = std::io::stdout().write_all(&script);
            }
            Ok(())
        }
        "man" => manual::write(command, own.get_one::<PathBuf>("folder").map(PathBuf::as_path)),
        word if word == CAN.name => can::can(document, &Place::of(document, own)?, own, format),
        apply::APPLY => {
            grammar::one_way(own, "what differs is shown in lines, and nothing else")?;
            let place = Place::of(document, own)?;
            apply::apply(document, &place, own).map_err(|failure| place.explained(failure))
        }
        apply::EXPORT => {
            if format != Format::Yaml {
                grammar::one_way(own, "an export is YAML")?;
            }
            let place = Place::of(document, own)?;
            apply::export(document, &place, own).map_err(|failure| place.explained(failure))
        }
        word if word == EVENTS.name => about_events(document, own, format),
        word => {
            let noun = nouns().find(|noun| noun.name == word);
            noun.map_or(Ok(()), |noun| about(document, noun, own, format))
        }
    }
}

/// Does what is said about a noun.
fn about(
    document: &Document,
    noun: &Noun,
    matches: &ArgMatches,
    format: Format,
) -> Result<(), Failure> {
    let (word, own) = matches.subcommand().unwrap_or(("", matches));
    let place = Place::of(document, own)?;
    if noun.name == import::NOUN && import::is_own(word) {
        let done = import::run(document, &place, word, own, format);
        return done.map_err(|failure| place.explained(failure));
    }
    let verb = noun.verbs.iter().find(|verb| verb.name == word);
    let operation = operation(document, verb, &place)?;
    let columns = verb.map_or(noun.columns, |verb| words::columns(noun, chosen(verb, &place)));
    let done = call::call(&place, operation, own, (format, columns));
    done.map_err(|failure| place.explained(failure))
}

/// What a table of events of several organizations shows.
const OF_SEVERAL: &[&str] =
    &["organization", "at", "actor", "action", "subject", "success", "reason"];

/// Does what is said about events.
fn about_events(document: &Document, matches: &ArgMatches, format: Format) -> Result<(), Failure> {
    let (word, own) = matches.subcommand().unwrap_or(("list", matches));
    if word == VERIFY {
        grammar::one_way(own, "what was verified is told in words")?;
        return verify::verify(own);
    }
    let place = Place::of(document, own)?;
    let verb = EVENTS.verbs.iter().find(|verb| verb.name == word);
    let operation = operation(document, verb, &place)?;
    let done = match word {
        "list" => events::events(&place, operation, own, (format, EVENTS.columns)),
        AMONG => events::events(&place, operation, own, (format, OF_SEVERAL)),
        EXPORT | EXPORT_AMONG => events::export(&place, operation, own),
        _ => call::call(&place, operation, own, (format, OF_SEVERAL)),
    };
    done.map_err(|failure| place.explained(failure))
}

/// The operation of a verb.
fn operation<'d>(
    document: &'d Document,
    verb: Option<&Verb>,
    place: &Place<'_>,
) -> Result<&'d Operation, Failure> {
    let found = verb.and_then(|verb| document.operation(chosen(verb, place)));
    found.ok_or_else(|| Failure::Usage("there is no such command".into()))
}

/// The id of the operation of a verb; of two the one for organizations where there is one.
fn chosen(verb: &Verb, place: &Place<'_>) -> &'static str {
    match (&place.organization, verb.within) {
        (Some(_), Some(within)) => within,
        (Some(_) | None, _) => verb.operation,
    }
}
