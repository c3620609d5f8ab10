//! Importing a file: asking for the import, sending the file, and following what becomes of it.

mod ldap;

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::{Map, Value, json};

use crate::call::{body, items, option_of};
use crate::client::Question;
use crate::document::{Document, Field, Operation};
use crate::events::pause;
use crate::failure::Failure;
use crate::grammar::{FROM, with_body};
use crate::output::{Format, tell, warn};
use crate::place::Place;
use crate::progress::{bar, size};

/// The noun that these commands belong to.
pub(crate) const NOUN: &str = "import";
/// The operation that asks for an import.
const CREATE: &str = "create_import";
/// What the commands fill in themselves.
const FILLED: [&str; 3] = ["name", "format", "holds"];
const MAP: &str = "map";
/// How often is looked how far an import is.
const LOOK: Duration = Duration::from_millis(300);
/// After so many times in a row that the server was not heard whoever waits is told.
const UNHEARD: u32 = 10;
/// How often is looked from then on.
const LATER: Duration = Duration::from_secs(3);
/// And after so many it is not waited for any more: minutes where it says at once that it is not
/// there, and longer where each look takes its time.
const PATIENCE: u32 = 100;
/// How long is waited before a file is sent again that may not have come: so often it is. A server that
/// is started anew is there by then.
const AGAIN: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(10)];
/// So many rows in error are printed.
const ERRORS: usize = 50;
/// What a table of rows shows.
const ROWS: &[&str] = &["line", "kind", "name", "outcome", "column", "reason", "changes", "notes"];
/// The members of a row in error that are told.
const ROW: [&str; 5] = ["line", "kind", "name", "column", "reason"];

/// Adds the commands that send files.
pub(crate) fn with_commands(command: Command, document: &Document) -> Command {
    let fields = fields(document);
    let common = |name: &'static str, about: &'static str| {
        with_body(Command::new(name).about(about).after_help(AFTER), &fields)
            .arg(
                Arg::new(MAP)
                    .long(MAP)
                    .value_name("HEADING=FIELD")
                    .action(ArgAction::Append)
                    .help("What a heading or an attribute says; nothing behind = leaves it out"),
            )
            .arg(Arg::new("name").long("name").help("What it is called; else as the file"))
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

const AFTER: &str = "Breaking this off does not stop the import once its file was sent: \
`tenantry import follow` goes on to tell of it, and `tenantry import cancel` stops it.";

/// What can be said of an import, but what the commands say themselves.
fn fields(document: &Document) -> Vec<Field> {
    let all = document.operation(CREATE).and_then(|operation| operation.body.clone());
    let filled = |field: &Field| FILLED.contains(&field.option().as_str());
    all.into_iter().flatten().filter(|field| !filled(field)).collect()
}

/// What a table of a command of the noun shows.
pub(crate) fn columns<'c>(word: &str, usual: &'c [&'c str]) -> &'c [&'c str] {
    if word == "rows" { ROWS } else { usual }
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
    let import = import.map_err(|failure| called(failure, &fields(document), matches))?;
    let kind = if word == "csv" { "text/csv" } else { "text/ldif" };
    tell(match word {
        "ldap" => "Sending what the directory gives…",
        _ => "Sending the file…",
    });
    if let Err(failure) = deliver(place, &import, kind, &mut *file) {
        // What has no file is of no use to anybody; that it stays there is no harm either.
        let _kept = act(place, "post", &format!("{import}/cancel"), None);
        return Err(of_headings(failure, source));
    }
    follow(place, &import, format)
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
    let mut asked = body(place, operation, &fields(document), matches)?;
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

/// A failure with what to type where it is about what the headings of a file say.
fn of_headings(failure: Failure, file: &str) -> Failure {
    let file = if file == "-" { STANDARD_INPUT } else { file };
    let mut hint = String::new();
    let failure = failure.called(|parts| {
        hint = match parts {
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
    let made = act(place, "post", imports, Some(asked))?;
    let id = made.get("id").and_then(Value::as_str).unwrap_or_default();
    Ok(format!("{imports}/{id}"))
}

fn act(
    place: &Place<'_>,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, Failure> {
    let is_repeatable = method == "post";
    let question = Question { method, path, body, if_match: None, is_repeatable };
    Ok(place.client.ask(&question)?.body)
}

/// Waits until an import goes on no further, and tells what became of it.
fn follow(place: &Place<'_>, import: &str, format: Format) -> Result<(), Failure> {
    let (mut bar, mut unheard) = (Bar::default(), 0);
    let ended = loop {
        let shown = match place.client.get(import) {
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
            let _unheard = writeln!(error, "{}", crate::output::visible(&told(row)));
        }
        if let Some(more) = more(in_error, rows.len()) {
            let id = text(&ended, "id");
            let all = format!("`tenantry import rows {id} --outcome error` shows all");
            let _unheard = writeln!(error, "and {more} more: {all}");
        }
    }
    judged(&ended, in_error)
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

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
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
    use super::*;

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

    #[test]
    fn a_server_that_is_gone_is_waited_for_some_minutes() {
        let waited: Duration = (1..=PATIENCE).map(pause_after).sum();
        let minutes = waited.as_secs() / 60;
        assert!((3..6).contains(&minutes), "{waited:?}");
        assert_eq!(pause_after(1), LOOK, "one that is started anew is there in a moment");
    }

    #[test]
    fn rows_that_are_not_printed_are_counted() {
        assert_eq!((more(60, 50), more(50, 50), more(1, 0)), (Some(10), None, Some(1)));
    }
}
