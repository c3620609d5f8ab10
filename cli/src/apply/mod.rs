//! An organization as a file says it is: what differs is shown, and then made so, the organization
//! itself where there is none yet.
//!
//! Everything goes over the routes that any client has. Names stand in the file where the API has
//! ids, so that a file that was exported here applies elsewhere.

mod agreements;
mod alike;
mod alone;
mod beside;
mod by_key;
mod coming;
mod cut;
mod der;
mod export;
mod fields;
mod fingerprints;
mod fit;
mod gone;
mod kinds;
mod lists;
mod members;
mod order;
mod papers;
mod parts;
mod plan;
mod referring;
mod reply_attributes;
mod secrets;
mod shown;
mod site;
mod spelling;
mod unique;
mod work;

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};

use crate::document::Document;
use crate::failure::Failure;
use crate::grammar::YES;
use crate::output::{Format, say, tell, warn, write};
use crate::place::Place;
use crate::prompt;
use crate::texts::from_file;

/// What it is called.
pub(crate) const APPLY: &str = "apply";
/// What its contrary is called.
pub(crate) const EXPORT: &str = "export";
/// Shows what differs, and changes nothing.
const DRY_RUN: &str = "dry-run";
/// Says by the code at the end whether something differs.
const EXIT_CODE: &str = "exit-code";
/// Has an export say which certificates prove users.
const USER_CERTIFICATES: &str = "user-certificates";

/// The command that applies a file.
pub(crate) fn apply_command() -> Command {
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    Command::new(APPLY)
        .about("Makes an organization what a file says, and shows before what that changes")
        .long_about(
            "Makes an organization what a file in YAML or JSON says, and makes it where there is \
             none yet. What differs is shown first. \
             Applying it again changes nothing. A list that the file does not have stays as it is; \
             what a list does not have is deleted with --prune alone. Passwords and secrets are \
             named, never written: `password: {env: NAME}` or `{file: PATH}`; they count for what \
             is made, and of what is there nothing is compared with them. The key of a certificate \
             goes with the certificate.",
        )
        .arg(
            Arg::new("file")
                .short('f')
                .long("file")
                .required(true)
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help("The file; - for standard input"),
        )
        .arg(flag(DRY_RUN, "Show what differs, and change nothing"))
        .arg(
            flag(EXIT_CODE, "End with code 10 where something differs, with --dry-run")
                .requires(DRY_RUN),
        )
        .arg(flag("prune", "Delete what the lists of the file do not have"))
}

/// The command that writes a file.
pub(crate) fn export_command() -> Command {
    Command::new(EXPORT)
        .about("Writes an organization as a file in YAML that `apply` takes, without secrets")
        .arg(
            Arg::new(USER_CERTIFICATES)
                .long(USER_CERTIFICATES)
                .action(ArgAction::SetTrue)
                .help("Say the certificates of users as well, which takes a request for each user"),
        )
}

/// Makes an organization what a file says.
///
/// # Errors
/// When the file says what cannot be, or the server refuses.
pub(crate) fn apply(
    document: &Document,
    place: &Place<'_>,
    matches: &ArgMatches,
) -> Result<(), Failure> {
    let file = matches.get_one::<String>("file").map(String::as_str).unwrap_or_default();
    let wanted = from_file(file)?;
    let without = || Failure::Usage(format!("{file}: it has no members such as users"));
    let wanted = wanted.as_object().ok_or_else(without)?;
    let site = site::Site::read(document, place, wanted.get(parts::HEAD.member))?;
    let plan = plan::Plan::of(&site, wanted, matches.get_flag("prune"))?;
    write(plan.shown().as_bytes())?;
    plan.left_aside().iter().for_each(|left| warn(left));
    if plan.is_empty() {
        say("Nothing differs.");
        return Ok(());
    }
    if matches.get_flag(DRY_RUN) {
        tell("Nothing was changed; without --dry-run this is done.");
        return if matches.get_flag(EXIT_CODE) { Err(Failure::Differs) } else { Ok(()) };
    }
    if !plan.steps.is_empty() && !matches.get_flag(YES) {
        let question = format!("Change this of {} at {}?", site.slug, place.client.server());
        prompt::confirm(&question)?;
    }
    site.carry_out(plan)
}

/// Writes an organization as a file.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn export(
    document: &Document,
    place: &Place<'_>,
    matches: &ArgMatches,
) -> Result<(), Failure> {
    let site = site::Site::read(document, place, None)?;
    let file = export::exported(&site, matches.get_flag(USER_CERTIFICATES))?;
    Format::Yaml.print(&file, &[])
}
