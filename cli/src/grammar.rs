//! The commands, made from the words and the document of the API.

use clap::builder::{PossibleValuesParser, StyledStr};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};

use crate::document::{Document, Field, Kind, Operation};
use crate::failure::Failure;
use crate::output::FORMATS;
use crate::words::{AMONG, EVENTS, EXPORT, EXPORT_AMONG, Noun, VERIFY, Verb, nouns};
use crate::{apply, durations, import, verify};

/// Options that every command has.
pub(crate) const ORG: &str = "org";
pub(crate) const PROVIDER: &str = "provider";
pub(crate) const CONTEXT: &str = "context";
pub(crate) const OUTPUT: &str = "output";
pub(crate) const YES: &str = "yes";
pub(crate) const CONTEXTS: &str = "contexts";
pub(crate) const SERVER: &str = "server";
pub(crate) const TOKEN: &str = "token";
pub(crate) const TOKEN_FILE: &str = "token-file";
pub(crate) const CA: &str = "ca";
/// Options of those that send or list something.
pub(crate) const FROM: &str = "from";
pub(crate) const CLEAR: &str = "clear";
pub(crate) const MOST: &str = "max";
pub(crate) const FOLLOW: &str = "follow";
pub(crate) const SORT: &str = "sort";
pub(crate) const AFTER: &str = "after";
pub(crate) const FIELDS: &str = "fields";
/// Whether somebody signs in with a recovery code.
pub(crate) const RECOVERY: &str = "recovery-code";
/// Whether somebody chooses a first password by an invitation.
pub(crate) const INVITATION: &str = "invitation";
pub(crate) const TO: &str = "to";

const FILES: &str =
    "A TEXT that starts with @ is read from the file of that name; @@ stands for @.";
const EXITS: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not signed in, 4 not allowed, \
     5 no such thing, 6 changed or taken by others, 7 not acceptable, 8 the server cannot be \
     reached or fails, 9 too many requests, 10 something differs (apply --exit-code), \
     130 interrupted.";

/// The whole command line.
pub(crate) fn command(document: &Document) -> Command {
    whole(document, true)
}

/// The same for whoever set no variable. Of what a variable says, messages about usage would have it
/// that it was to be typed.
pub(crate) fn command_alone(document: &Document) -> Command {
    whole(document, false)
}

/// Refuses a way to print where there is one alone.
///
/// # Errors
/// `Usage` when one was typed.
pub(crate) fn one_way(matches: &ArgMatches, why: &str) -> Result<(), Failure> {
    match matches.value_source(OUTPUT) == Some(ValueSource::CommandLine) {
        true => Err(Failure::Usage(format!("--output (-o) says nothing here: {why}"))),
        false => Ok(()),
    }
}

fn whole(document: &Document, with_environment: bool) -> Command {
    let mut command = Command::new("tenantry")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Manages the organizations of a provider over Tenantry's admin API")
        .after_help(format!("{FILES}\n\n{EXITS}"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(common(with_environment))
        .subcommand(login())
        .subcommand(Command::new("logout").about("Ends the session of a context"))
        .subcommand(contexts())
        .subcommand(crate::can::command())
        .subcommand(events(document))
        .subcommand(apply::apply_command())
        .subcommand(apply::export_command());
    for noun in nouns() {
        command = command.subcommand(noun_command(document, noun));
    }
    command
        .subcommand(
            Command::new("completion")
                .about("Prints the completion of a shell, to be sourced")
                .arg(
                    Arg::new("shell")
                        .required(true)
                        .value_name("SHELL")
                        .value_parser(clap::value_parser!(clap_complete::Shell)),
                ),
        )
        .subcommand(
            Command::new("man").about("Writes manual pages into a folder").arg(
                Arg::new("folder")
                    .required(true)
                    .value_name("FOLDER")
                    .value_hint(ValueHint::DirPath)
                    .value_parser(clap::value_parser!(std::path::PathBuf)),
            ),
        )
}

fn common(with_environment: bool) -> Vec<Arg> {
    let global = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).global(true).help(help).help_heading("Everywhere")
    };
    // A variable without a value says nothing, as one that is not set.
    let by = |arg: Arg, variable: &'static str| {
        let is_empty = std::env::var_os(variable).is_some_and(|value| value.is_empty());
        if with_environment && !is_empty { arg.env(variable) } else { arg }
    };
    let path = clap::value_parser!(std::path::PathBuf);
    vec![
        by(
            global(ORG, "The organization, by slug or id; else the context's")
                .short('O')
                .value_name("ORGANIZATION"),
            "TENANTRY_ORG",
        ),
        global(PROVIDER, "The provider itself, whatever the context or TENANTRY_ORG says")
            .action(ArgAction::SetTrue),
        by(
            global(CONTEXT, "The context; else the one in use").value_name("NAME"),
            "TENANTRY_CONTEXT",
        ),
        global(OUTPUT, "How to print")
            .short('o')
            .value_name("FORMAT")
            .value_parser(PossibleValuesParser::new(FORMATS))
            .default_value("table"),
        global(YES, "Ask nothing before something is deleted")
            .short('y')
            .action(ArgAction::SetTrue),
        by(
            global(CONTEXTS, "The file with the contexts; else ~/.config/tenantry/contexts.toml")
                .value_name("FILE")
                .value_parser(path.clone()),
            "TENANTRY_CONTEXTS",
        ),
        by(
            global(SERVER, "The server, in place of a context's").value_name("URL"),
            "TENANTRY_SERVER",
        ),
        by(
            global(
                TOKEN,
                "An API key, in place of a session; all who look at the machine's processes see it \
                 here, so better give it by the environment or by --token-file",
            )
            .value_name("KEY")
            .hide_env_values(true),
            "TENANTRY_TOKEN",
        ),
        by(
            global(TOKEN_FILE, "The file with the API key; - for a line of standard input")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath),
            "TENANTRY_TOKEN_FILE",
        ),
        by(
            global(CA, "The authority of the server's certificate in PEM; else the system's")
                .value_name("FILE")
                .value_parser(path),
            "TENANTRY_CA",
        ),
    ]
}

fn login() -> Command {
    Command::new("login")
        .about("Signs in, and keeps the session in a context")
        .long_about(
            "Signs in with password and code, both asked for or read from standard input, a line \
             each, and keeps the session in a context, which is in use from then on. Whose password \
             another admin has chosen is asked for a new one in between. Passkeys are for browsers: \
             the command line cannot use them.",
        )
        .arg(Arg::new("url").required(true).value_name("URL").help("The server: https://host:port"))
        .arg(Arg::new("as").long("as").value_name("LOGIN").required(true).help("Your login"))
        .arg(
            Arg::new("name")
                .long("name")
                .value_name("NAME")
                .help("The context's name; else the server's, with the organization"),
        )
        .arg(
            Arg::new(RECOVERY)
                .long(RECOVERY)
                .action(ArgAction::SetTrue)
                .help("Give a recovery code in place of the authenticator's"),
        )
        .arg(
            Arg::new(INVITATION)
                .long(INVITATION)
                .action(ArgAction::SetTrue)
                .help("Choose the first password by an invitation (its link or token)"),
        )
        .after_help("An organization's own admin names it with --org.")
}

fn contexts() -> Command {
    let named = |name, about| {
        let context = Arg::new("name").required(true).value_name("NAME");
        Command::new(name).about(about).arg(context.help("The context"))
    };
    Command::new("context")
        .about("Servers and organizations that you work with")
        .subcommand_required(true)
        .subcommand(Command::new("list").about("Lists the contexts"))
        .subcommand(named("use", "Works with a context from now on, and with --org in it"))
        .subcommand(named("remove", "Forgets a context"))
}

fn events(document: &Document) -> Command {
    let mut command =
        Command::new(EVENTS.name).about(EVENTS.about).args_conflicts_with_subcommands(true);
    if let Some((list, others)) = EVENTS.verbs.split_first() {
        command = with_latest(with_operation(command, document, list));
        for verb in others {
            command = command.subcommand(with_operation(Command::new(verb.name), document, verb));
        }
    }
    command
        .mut_subcommand(EXPORT, with_file)
        .mut_subcommand(EXPORT_AMONG, with_file)
        .mut_subcommand(AMONG, with_latest)
        .subcommand(verify())
}

/// Gives a command that lists events how many of the latest are printed, and whether it goes on.
fn with_latest(list: Command) -> Command {
    list.mut_arg(MOST, |arg| arg.default_value("50")).arg(
        Arg::new(FOLLOW)
            .long(FOLLOW)
            .short('f')
            .action(ArgAction::SetTrue)
            .conflicts_with(SORT)
            .help("Go on, and print what comes"),
    )
}

/// Gives a command the file that it writes.
fn with_file(export: Command) -> Command {
    export.arg(
        Arg::new(TO)
            .long(TO)
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .help("The file to write; else standard output"),
    )
}

fn verify() -> Command {
    let hash = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("HASH").help(help)
    };
    Command::new(VERIFY)
        .about("Verifies an export in lines of JSON by itself, without a server")
        .long_about(
            "Verifies an export in lines of JSON by itself, without a server: that no event in it \
             was changed, and none taken away, put in or moved. Of one with events of several \
             organizations (`tenantry events export-among`) that is told of each. Whether one goes \
             as far as it should is told by a hash that `tenantry events chain` showed.",
        )
        .arg(
            Arg::new(verify::FILE)
                .required(true)
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help("The export; - for standard input"),
        )
        .arg(hash(verify::HEAD, "The hash that the newest event must have"))
        .arg(hash(verify::BEHIND, "The hash of the event behind which the file must begin"))
}

fn noun_command(document: &Document, noun: &Noun) -> Command {
    let mut command = Command::new(noun.name)
        .about(noun.about)
        .subcommand_required(true)
        .arg_required_else_help(true);
    for verb in noun.verbs {
        command = command.subcommand(with_operation(Command::new(verb.name), document, verb));
    }
    if noun.name == import::NOUN { import::with_commands(command, document) } else { command }
}

/// Gives a command what an operation takes.
fn with_operation(command: Command, document: &Document, verb: &Verb) -> Command {
    let Some(operation) = document.operation(verb.operation) else { return command };
    let about = operation.about.split("\n\n").next().unwrap_or_default().to_owned();
    let mut command = match command.get_about() {
        Some(_) => command,
        None => command.about(about).long_about(StyledStr::from(operation.about.clone())),
    };
    for place in operation.places().filter(|place| asks_for(operation, place)) {
        let name = place.replace('_', "-");
        command = command.arg(
            Arg::new(place.to_owned())
                .required(true)
                .value_name(name.to_uppercase())
                .help(format!("The {}, by name or id", place.replace('_', " "))),
        );
    }
    for field in &operation.query {
        if !["limit", "cursor"].contains(&field.option().as_str()) {
            let arg = if is_sought(field) { sought(field) } else { argument(field) };
            command = command.arg(arg.required(field.is_required && !field.is_confirmation()));
        }
    }
    if operation.is_list {
        command = command.arg(
            Arg::new(MOST)
                .long(MOST)
                .value_name("NUMBER")
                .allow_negative_numbers(true)
                .value_parser(most)
                .help("The most to print"),
        );
    }
    match &operation.body {
        Some(fields) => with_body(command, fields),
        None => command,
    }
}

/// Whether a parameter is what is looked for, without which there is nothing to ask.
fn is_sought(field: &Field) -> bool {
    field.is_required && field.path == ["text"]
}

/// What is looked for stands in the line as it is.
fn sought(field: &Field) -> Arg {
    Arg::new(field.option()).value_name("TEXT").help(field.about.clone())
}

/// Whether a place in the path is an argument. An organization is one only where it is what the
/// command is about; else it is an option.
pub(crate) fn asks_for(operation: &Operation, place: &str) -> bool {
    place != "organization"
        || operation.path.strip_prefix("/v1/organizations/{organization}").is_some_and(is_about_it)
}

/// Whether what is left of a path is something that is done to the organization as such.
fn is_about_it(rest: &str) -> bool {
    ["", "/activate", "/restore", "/suspend", "/user-cap", "/device-cap"].contains(&rest)
}

/// Gives a command options for the members of a body.
pub(crate) fn with_body(mut command: Command, fields: &[Field]) -> Command {
    for field in fields {
        command = command.arg(argument(field));
    }
    let clearable: Vec<String> =
        fields.iter().filter(|field| field.can_be_cleared()).map(Field::option).collect();
    if !clearable.is_empty() {
        command = command.arg(
            Arg::new(CLEAR)
                .long(CLEAR)
                .value_name("FIELD")
                .action(ArgAction::Append)
                .value_parser(PossibleValuesParser::new(clearable))
                .help("Leave this without a value; may be repeated"),
        );
    }
    command.arg(
        Arg::new(FROM)
            .long(FROM)
            .short('f')
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .help("Take what is not given here from a file in YAML or JSON; - for standard input"),
    )
}

/// Reads how many there are to be at most.
fn most(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "it must be a whole number of 0 or more".to_owned())
}

fn argument(field: &Field) -> Arg {
    let name = field.option();
    let arg = Arg::new(name.clone()).long(name).help(field.about.clone());
    match &field.kind {
        // A member to sort by has a hyphen before it if it is to descend.
        Kind::Text => arg.value_name("TEXT").allow_hyphen_values(field.option() == SORT),
        Kind::Secret => arg
            .action(ArgAction::SetTrue)
            .help(format!("Ask for it, or read it from a line of standard input. {}", field.about)),
        Kind::Choice(choices) => {
            arg.value_name("WORD").value_parser(PossibleValuesParser::new(choices.clone()))
        }
        Kind::Number if field.is_duration() => arg
            .value_name("DURATION")
            .allow_negative_numbers(true)
            .value_parser(durations::read)
            .help(format!("{} Or as 14d, 15m, 1h30m.", field.about)),
        Kind::Number if field.is_in_seconds() => arg
            .value_name("DURATION")
            .allow_negative_numbers(true)
            .value_parser(durations::read_seconds)
            .help(format!("{} Or as 14d, 15m, 1h30m.", field.about)),
        Kind::Number => arg
            .value_name("NUMBER")
            .allow_negative_numbers(true)
            .value_parser(clap::value_parser!(i64)),
        Kind::Truth => arg
            .value_name("true|false")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(clap::value_parser!(bool)),
        Kind::Texts => {
            let how = match field.holds_organizations() {
                true => "May be repeated, or have several parted by commas.",
                false => "May be repeated.",
            };
            arg.value_name("TEXT").action(ArgAction::Append).help(format!("{} {how}", field.about))
        }
        Kind::Json => arg.value_name("JSON"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::words::{CAN, ELSEWHERE};

    #[test]
    fn an_option_that_takes_several_values_says_how() {
        let command = command(&Document::read().unwrap());
        let group = command.find_subcommand("group").unwrap();
        let change = group.find_subcommand("change-members").unwrap();
        let add = change.get_arguments().find(|it| it.get_long() == Some("add-users")).unwrap();
        let help = add.get_help().unwrap().to_string();
        assert!(help.ends_with(" May be repeated."), "{help}");
    }

    #[test]
    fn every_operation_is_a_command_and_every_command_an_operation() {
        let document = Document::read().unwrap();
        let verbs = nouns().flat_map(|noun| noun.verbs).chain(EVENTS.verbs).chain(CAN.verbs);
        let named: BTreeSet<&str> = verbs
            .flat_map(|verb| [Some(verb.operation), verb.within])
            .flatten()
            .chain(ELSEWHERE.iter().copied())
            .collect();
        let there: BTreeSet<&str> = document.ids().collect();
        assert_eq!(named, there);
    }

    #[test]
    fn every_value_is_called_something() {
        fn unnamed(command: &Command) -> Vec<String> {
            let values = command.get_arguments().filter(|arg| arg.get_action().takes_values());
            let own = values.filter(|arg| arg.get_value_names().is_none());
            let own = own.map(|arg| format!("{} {}", command.get_name(), arg.get_id()));
            own.chain(command.get_subcommands().flat_map(unnamed)).collect()
        }
        assert_eq!(unnamed(&command(&Document::read().unwrap())), Vec::<String>::new());
    }

    #[test]
    fn the_commands_are_sound() {
        command(&Document::read().unwrap()).debug_assert();
    }

    #[test]
    fn the_latest_events_alone_are_listed_unless_more_is_said() {
        let command = command(&Document::read().unwrap());
        let most = |line: &str| {
            let matches = command.clone().try_get_matches_from(line.split(' ')).unwrap();
            let (_, mut inner) = matches.subcommand().unwrap();
            while let Some((_, own)) = inner.subcommand() {
                inner = own;
            }
            inner.get_one::<usize>(MOST).copied()
        };
        assert_eq!(most("tenantry events"), Some(50));
        assert_eq!(most("tenantry events among"), Some(50));
        assert_eq!(most("tenantry events among --max 7"), Some(7));
        assert_eq!(most("tenantry user list"), None);
    }

    #[test]
    fn a_number_that_is_too_small_is_told_what_it_must_be() {
        let command = command(&Document::read().unwrap());
        let refused = |line: &str| {
            let read = command.clone().try_get_matches_from(line.split(' '));
            read.err().map(|error| error.to_string())
        };
        let told = refused("tenantry user list --max -1").unwrap();
        assert!(told.contains("'-1' for '--max <NUMBER>': it must be"), "{told}");
        assert!(!told.contains("-- -1"), "{told}");
        let posix = refused("tenantry user create --login ada --uid-number -1");
        assert_eq!(posix, None, "the server says what it takes");
    }

    #[test]
    fn an_organization_is_an_argument_of_its_own_commands_and_else_an_option() {
        let document = Document::read().unwrap();
        let command = command(&document);
        let parse = |line: &str| command.clone().try_get_matches_from(line.split(' '));
        assert!(parse("tenantry org suspend acme").is_ok());
        assert!(parse("tenantry org suspend").is_err());
        assert!(parse("tenantry user unlock ada").is_ok());
        assert!(parse("tenantry -O acme user unlock ada").is_ok());
        assert!(parse("tenantry user unlock").is_err());
        assert!(parse("tenantry user find ada@acme.example").is_ok());
        assert!(parse("tenantry user find").is_err());
        assert!(
            parse("tenantry radius create --name gate --sources 10.0.0.0/8 --sources ::1/128")
                .is_ok()
        );
        assert!(parse("tenantry device update printer --suspended --clear description").is_ok());
        assert!(parse("tenantry device update printer --clear name").is_err());
        assert!(parse("tenantry events --actor ada --follow").is_ok());
        assert!(parse("tenantry events --actor ada --sort -sequence").is_ok());
        assert!(parse("tenantry events --follow --sort sequence").is_err());
        assert!(parse("tenantry events among --actor ada --follow").is_ok());
        assert!(parse("tenantry events among --follow --sort sequence").is_err());
        assert!(parse("tenantry events counts-among --organizations a,b --by actor").is_ok());
        assert!(parse("tenantry events export-among --organizations a,b --to file").is_ok());
        assert!(parse("tenantry -O acme events export --to file --success=false").is_ok());
        assert!(parse("tenantry events verify file --head 00").is_ok());
        assert!(parse("tenantry events --actor ada counts").is_err());
        assert!(parse("tenantry events set-retention --retention 365d").is_ok());
        assert!(parse("tenantry events set-retention --retention 365x").is_err());
    }
}
