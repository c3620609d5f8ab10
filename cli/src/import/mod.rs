//! Importing a file: asking for the import, sending the file, and following what becomes of it.

mod follow;
mod interrupt;
mod ldap;

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::{Map, Value, json};

use self::follow::{follow, text};
use self::interrupt::unless_interrupted;
use crate::call::{body, option_of};
use crate::client::{Client, Question};
use crate::document::{Document, Field, Operation};
use crate::events::pause;
use crate::failure::Failure;
use crate::grammar::{FROM, with_body};
use crate::output::{Format, tell, warn};
use crate::place::Place;
use crate::progress::size;

/// The noun that these commands belong to.
pub(crate) const NOUN: &str = "import";
/// The operation that asks for an import.
const CREATE: &str = "create_import";
/// What the commands fill in themselves.
const FILLED: [&str; 3] = ["name", "format", "holds"];
/// What is said of tables alone.
const OF_TABLES: &str = "delimiter";
const MAP: &str = "map";
/// How long is waited before a file is sent again that may not have come: so often it is. A server that
/// is started anew is there by then.
const AGAIN: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(10)];

/// Adds the commands that send files.
pub(crate) fn with_commands(command: Command, document: &Document) -> Command {
    let common = |name: &'static str, about: &'static str| {
        with_body(Command::new(name).about(about).after_help(AFTER), &fields(document, name))
            .arg(
                Arg::new(MAP)
                    .long(MAP)
                    .value_name("HEADING=FIELD")
                    .action(ArgAction::Append)
                    .help("What a heading or an attribute says; nothing behind = leaves it out"),
            )
            .arg(
                Arg::new("name")
                    .long("name")
                    .value_name("NAME")
                    .help("What it is called; else as the file"),
            )
    };
    let file = Arg::new("file")
        .required(true)
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .help("The file; - for standard input");
    let groups = Arg::new("groups")
        .long("groups")
        .action(ArgAction::SetTrue)
        .help("The lines of the table are groups, not users");
    let follow = Command::new("follow")
        .about("Waits for an import, and tells what becomes of it")
        .arg(Arg::new(NOUN).required(true).value_name("IMPORT").help("The import, by name or id"));
    let csv = common("csv", "Imports users, or groups, from a table (CSV)");
    let ldif = common("ldif", "Imports users and groups from entries of a directory (LDIF)");
    let running =
        common("ldap", "Imports users and groups from a directory that is read over LDAP");
    command
        .subcommand(csv.arg(file.clone()).arg(groups))
        .subcommand(ldif.arg(file))
        .subcommand(ldap::with_source(running))
        .subcommand(follow)
}

const AFTER: &str = "Breaking this off (Ctrl-C) cancels the import while its file is sent, and does not \
stop it afterwards: `tenantry import follow` goes on to tell of it, and `tenantry import cancel` stops it.";

/// What can be said of an import by a command, but what the command says itself.
fn fields(document: &Document, word: &str) -> Vec<Field> {
    let all = document.operation(CREATE).and_then(|operation| operation.body.clone());
    let filled = |field: &Field| {
        let option = field.option();
        FILLED.contains(&option.as_str()) || word != "csv" && option == OF_TABLES
    };
    all.into_iter().flatten().filter(|field| !filled(field)).collect()
}

/// Whether a command of the noun is one of these.
pub(crate) fn is_own(word: &str) -> bool {
    ["csv", "ldif", "ldap", "follow"].contains(&word)
}

/// Does what a command says.
///
/// # Errors
/// When it cannot be done, or rows are in error.
pub(crate) fn run(
    document: &Document,
    place: &Place<'_>,
    word: &str,
    matches: &ArgMatches,
    format: Format,
) -> Result<(), Failure> {
    let imports = format!("/v1/organizations/{}/imports", place.organization()?);
    if word == "follow" {
        let name = matches.get_one::<String>(NOUN).map(String::as_str).unwrap_or_default();
        let id = place.id(&imports, name)?;
        return follow(place, &format!("{imports}/{id}"), format);
    }
    let source = source(matches, word);
    let mut file: Box<dyn Source> = match (word, source) {
        ("ldap", _) => Box::new(ldap::entries(matches)?),
        (_, "-") => Box::new(Local::of(STANDARD_INPUT, io::stdin(), None)),
        (_, name) => {
            let file = File::open(name).map_err(|error| Failure::local(name, &error))?;
            let octets = size(&file);
            Box::new(Local { rewind: Some(File::rewind), ..Local::of(name, file, octets) })
        }
    };
    let asked = asked(document, place, word, matches)?;
    let import = ask_for(place, &imports, &asked);
    let import = import.map_err(|failure| called(failure, &fields(document, word), matches))?;
    let kind = if word == "csv" { "text/csv" } else { "text/ldif" };
    tell(match word {
        "ldap" => "Sending what the directory gives…",
        _ => "Sending the file…",
    });
    let (client, is_sent) = (&place.client, AtomicBool::new(false));
    let interrupted = || {
        if is_sent.load(Ordering::Relaxed) {
            // How far it is stands in a line that does not end.
            tell("");
            return goes_on(&import);
        }
        tell("Interrupted: cancelling the import…");
        match cancel(client, &import) {
            Ok(()) => "The import is cancelled.".to_owned(),
            Err(Failure::Unreachable { .. }) => unreached(&import),
            Err(failure) => format!("The server does not cancel the import: {failure}"),
        }
    };
    unless_interrupted(interrupted, &unreached(&import), || {
        if let Err(failure) = deliver(place, &import, kind, &mut *file) {
            // What has no file is of no use to anybody; that it stays there is no harm either.
            let _kept = cancel(client, &import);
            let by_commas =
                word == "csv" && matches!(matches.try_contains_id(OF_TABLES), Ok(false));
            return Err(of_headings(failure, source, by_commas));
        }
        is_sent.store(true, Ordering::Relaxed);
        follow(place, &import, format)
    })
}

fn cancel(client: &Client, import: &str) -> Result<(), Failure> {
    act(client, "post", &format!("{import}/cancel"), None).map(drop)
}

/// What is said to whoever interrupts an import and is not heard by the server.
fn unreached(import: &str) -> String {
    format!("The server could not be reached: `tenantry import cancel {}` later.", id_in(import))
}

/// What is said to whoever interrupts an import whose file is sent.
fn goes_on(import: &str) -> String {
    let id = id_in(import);
    format!(
        "The import goes on: `tenantry import follow {id}` tells of it, and `tenantry import cancel \
         {id}` stops it."
    )
}

/// The id in the path of an import.
fn id_in(import: &str) -> &str {
    import.rsplit_once('/').map_or(import, |(_, id)| id)
}

/// Sends a file, and where the line breaks or the server has no time for it sends it again, if it can
/// be read again.
fn deliver(
    place: &Place<'_>,
    import: &str,
    kind: &str,
    file: &mut dyn Source,
) -> Result<(), Failure> {
    let content = format!("{import}/content");
    let mut pauses = AGAIN.iter();
    loop {
        let octets = file.octets();
        let sent = place.client.send(&content, kind, &mut *file, octets);
        let Err(failure) = sent else { return Ok(()) };
        // Our server cannot be asked where what is sent cannot be read.
        if let Some(own) = file.failure() {
            return Err(own);
        }
        loop {
            let time = pauses.next().filter(|_| failure.may_pass());
            if let Some(time) = time {
                pause(*time);
            }
            // Perhaps nothing but the answer was lost, or the server is still at it.
            if is_there(place, import) {
                return Ok(());
            }
            if time.is_none() {
                return Err(failure);
            }
            if file.begins_again() {
                break;
            }
        }
        warn(&format!("{failure}; the file is sent again"));
    }
}

/// Whether the file of an import came, as far as the server can be asked.
fn is_there(place: &Place<'_>, import: &str) -> bool {
    place.client.get(import).is_ok_and(|shown| text(&shown.body, "state") != "receiving")
}

/// What is sent, as it is read.
trait Source: Read {
    /// Why it could not be read to its end, where it could not.
    fn failure(&mut self) -> Option<Failure>;

    /// How many octets it has, where that is known before.
    fn octets(&self) -> Option<u64>;

    /// Goes back to its beginning, if it can be read again.
    fn begins_again(&mut self) -> bool;
}

/// Something of this machine's that is read.
struct Local<R> {
    name: String,
    file: R,
    octets: Option<u64>,
    failure: Option<Failure>,
    /// By what it goes back to its beginning, if it can.
    rewind: Option<fn(&mut R) -> io::Result<()>>,
}

/// How that is called that nobody names.
const STANDARD_INPUT: &str = "standard input";

impl<R> Local<R> {
    fn of(name: &str, file: R, octets: Option<u64>) -> Self {
        Self { name: name.to_owned(), file, octets, failure: None, rewind: None }
    }
}

impl<R: Read> Read for Local<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out);
        if let Err(error) = &read
            && error.kind() != ErrorKind::Interrupted
        {
            self.failure = Some(Failure::local(self.name.as_str(), error));
        }
        read
    }
}

impl<R: Read> Source for Local<R> {
    fn failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    fn octets(&self) -> Option<u64> {
        self.octets
    }

    fn begins_again(&mut self) -> bool {
        // What is no file after all, such as a pipe with a name, has no beginning any more.
        self.rewind.is_some_and(|rewind| rewind(&mut self.file).is_ok())
    }
}

/// The file, or the server.
fn source<'m>(matches: &'m ArgMatches, word: &str) -> &'m str {
    let name = if word == "ldap" { "url" } else { "file" };
    matches.get_one::<String>(name).map(String::as_str).unwrap_or_default()
}

/// What is asked for.
fn asked(
    document: &Document,
    place: &Place<'_>,
    word: &str,
    matches: &ArgMatches,
) -> Result<Value, Failure> {
    let none = || Failure::Usage("there is no such command".into());
    let operation: &Operation = document.operation(CREATE).ok_or_else(none)?;
    let mut asked = body(place, operation, &fields(document, word), matches)?;
    let usual = Path::new(source(matches, word))
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let usual = usual.filter(|name| name != "-").unwrap_or_else(|| STANDARD_INPUT.to_owned());
    let groups = word == "csv" && matches.get_flag("groups");
    let mapping = mapping(asked.get("mapping"), matches)?;
    if let Some(asked) = asked.as_object_mut() {
        let read = if word == "csv" { "csv" } else { "ldif" };
        if asked.get("format").is_some_and(|format| *format != read) {
            return Err(Failure::Usage(format!("format: `import {word}` reads {read} alone")));
        }
        asked.insert("format".into(), read.into());
        let given = |member: &str| asked.get(member).cloned();
        let name = matches.get_one::<String>("name").map(|name| json!(name));
        let name = name.or_else(|| given("name")).unwrap_or_else(|| usual.into());
        let holds = given("holds").filter(|_| !groups);
        let holds = holds.unwrap_or_else(|| if groups { "groups" } else { "users" }.into());
        asked.insert("name".into(), name);
        asked.insert("holds".into(), holds);
        asked.insert("mapping".into(), mapping.into());
    }
    Ok(asked)
}

/// What headings and attributes say, by the file and over it by what was typed.
fn mapping(given: Option<&Value>, matches: &ArgMatches) -> Result<Map<String, Value>, Failure> {
    let mut mapping = given.and_then(Value::as_object).cloned().unwrap_or_default();
    for typed in matches.get_many::<String>(MAP).into_iter().flatten() {
        let Some((heading, field)) = typed.rsplit_once('=') else {
            return Err(Failure::Usage(format!("--map {typed}: there is no = in it")));
        };
        let field = if field.is_empty() { Value::Null } else { json!(field) };
        mapping.insert(heading.to_owned(), field);
    }
    Ok(mapping)
}

/// A failure with what it is about called by the option that says it.
fn called(failure: Failure, fields: &[Field], matches: &ArgMatches) -> Failure {
    let is_given = |name: &str| matches!(matches.try_contains_id(name), Ok(true));
    let typed: Vec<&str> =
        matches.get_many::<String>(MAP).into_iter().flatten().map(String::as_str).collect();
    failure.called(|parts| match parts {
        [member, heading] if member == "mapping" => {
            let mapped = |typed: &&str| typed.rsplit_once('=').is_some_and(|(of, _)| of == heading);
            // The last one of a heading counts.
            let mapped = typed.iter().copied().rfind(mapped);
            let option = mapped.map(|mapped| format!("--{MAP} {mapped}"));
            option.or_else(|| option_of(fields, parts, matches))
        }
        [member] if member == "mapping" && !typed.is_empty() => Some(format!("--{MAP}")),
        // Without it the file's name is taken, unless another file says one.
        [member] if member == "name" && (is_given("name") || !is_given(FROM)) => {
            Some("--name".to_owned())
        }
        parts => option_of(fields, parts, matches),
    })
}

/// A failure with what to type where it is about what the headings of a file say, whose values commas
/// part because nobody said otherwise.
fn of_headings(failure: Failure, file: &str, by_commas: bool) -> Failure {
    let file = if file == "-" { STANDARD_INPUT } else { file };
    let mut hint = String::new();
    let failure = failure.called(|parts| {
        hint = match parts {
            [member, heading] if member == "mapping" && by_commas && heading.contains(';') => {
                format!("; where semicolons part the values, say --{OF_TABLES} ';'")
            }
            [member, heading] if member == "mapping" && by_commas && heading.contains('\t') => {
                format!("; where tabulators part the values, say --{OF_TABLES} $'\\t'")
            }
            [member, heading] if member == "mapping" => {
                format!(" (--{MAP} \"{heading}=FIELD\", or --{MAP} \"{heading}=\")")
            }
            [member] if member == "mapping" => format!(" (--{MAP} \"HEADING=FIELD\")"),
            _ => return None,
        };
        Some(file.to_owned())
    });
    failure.worded(|said| format!("{said}{hint}"))
}

/// Asks for an import; tells where it is found.
fn ask_for(place: &Place<'_>, imports: &str, asked: &Value) -> Result<String, Failure> {
    let made = act(&place.client, "post", imports, Some(asked))?;
    let id = made.get("id").and_then(Value::as_str).unwrap_or_default();
    Ok(format!("{imports}/{id}"))
}

fn act(client: &Client, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
    let is_repeatable = method == "post";
    let question = Question { method, path, body, if_match: None, is_repeatable };
    Ok(client.ask(&question)?.body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Problem;

    /// Nothing can be read of it.
    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("it is gone"))
        }
    }

    #[test]
    fn what_fails_on_this_machine_is_no_fault_of_the_server() {
        let mut broken = Local::of("people.csv", Broken, None);
        assert!(broken.read_to_end(&mut Vec::new()).is_err());
        assert_eq!(broken.failure().unwrap().to_string(), "people.csv: it is gone");
        let mut whole = Local::of("people.csv", &b"login"[..], None);
        assert_eq!(whole.read_to_end(&mut Vec::new()).unwrap(), 5);
        assert!(whole.failure().is_none() && !whole.begins_again(), "nobody said how");
    }

    #[test]
    fn who_breaks_off_once_the_file_is_sent_is_told_what_follows_and_what_cancels() {
        let told = "The import goes on: `tenantry import follow 7` tells of it, and `tenantry import \
                    cancel 7` stops it.";
        assert_eq!(goes_on("/v1/organizations/3/imports/7"), told);
    }

    #[test]
    fn a_heading_with_what_may_part_values_has_that_said() {
        let told = |heading: &str, by_commas: bool| {
            let pointer = Some(format!("/mapping/{heading}"));
            let detail = "it is no field".to_owned();
            let problem = Problem { status: 422, detail, pointer, ..Problem::default() };
            of_headings(Failure::Refused(Box::new(problem)), "-", by_commas).to_string()
        };
        let semicolons = told("login;surname", true);
        assert!(semicolons.ends_with("say --delimiter ';'"), "{semicolons}");
        let tabulators = told("login\tsurname", true);
        assert!(tabulators.ends_with("say --delimiter $'\\t'"), "{tabulators}");
        for (heading, by_commas) in [("Office", true), ("cn;lang-de", false)] {
            let other = told(heading, by_commas);
            assert!(other.ends_with(&format!("or --map \"{heading}=\")")), "{other}");
        }
    }

    #[test]
    fn what_parts_values_is_said_of_tables_alone() {
        let document = Document::read().unwrap();
        let command = with_commands(Command::new(NOUN), &document);
        for (word, is_there) in [("csv", true), ("ldif", false), ("ldap", false)] {
            let command = command.find_subcommand(word).unwrap();
            let found = command.get_arguments().any(|it| it.get_long() == Some(OF_TABLES));
            assert_eq!(found, is_there, "{word}");
        }
    }

    #[test]
    fn a_file_is_read_again_from_its_beginning() {
        let mut file = Local {
            rewind: Some(io::Cursor::rewind),
            ..Local::of("people.csv", io::Cursor::new(b"login".to_vec()), None)
        };
        for _ in 0..2 {
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!(text, "login");
            assert!(file.begins_again());
        }
    }
}
