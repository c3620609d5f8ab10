//! Manual pages, one for each command.

use std::path::Path;

use clap::Command;

use crate::failure::Failure;

/// Writes a manual page for each command into a folder.
///
/// # Errors
/// When they cannot be written there.
pub(crate) fn write(command: Command, folder: Option<&Path>) -> Result<(), Failure> {
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(built(command), folder));
    written.map_err(|error| Failure::local(folder.display().to_string(), &error))
}

/// The commands as pages show them.
fn built(command: Command) -> Command {
    let mut command = command.disable_help_subcommand(true);
    // Only then commands know how those above them are called.
    command.build();
    with_synopses(command)
}

/// Gives each command the usage for a synopsis that its help shows. Left to itself a page names all options
/// without their values, and what is required in angle brackets, as if it were a value.
fn with_synopses(command: Command) -> Command {
    let mut command = command.mut_subcommands(with_synopses);
    let usage = command.render_usage().to_string();
    let synopsis = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    command.override_usage(synopsis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use crate::grammar;

    #[test]
    fn a_synopsis_says_what_is_required_with_its_value() {
        let all = built(grammar::command(&Document::read().unwrap()));
        let synopsis = |words: &str| {
            let mut command = &all;
            for word in words.split(' ').skip(1) {
                command = command.find_subcommand(word).unwrap();
            }
            let mut section = Vec::new();
            clap_mangen::Man::new(command.clone()).render_synopsis_section(&mut section).unwrap();
            // Hyphens are escaped there.
            let section = String::from_utf8(section).unwrap().replace('\\', "");
            let (_, lines) = section.split_once(".SH SYNOPSIS\n").unwrap();
            lines.replace(&format!("fB{words}fR"), words)
        };
        for (words, behind) in [
            ("tenantry", " [OPTIONS] <COMMAND>\n"),
            ("tenantry import ldap", " [OPTIONS] --base <DN> <URL>\n"),
            ("tenantry ldap explain", " [OPTIONS]\n"),
            ("tenantry context use", " [OPTIONS] <NAME>\n"),
            ("tenantry completion", " [OPTIONS] <SHELL>\n"),
            ("tenantry events", " [OPTIONS]\n.br\ntenantry events <COMMAND>\n"),
        ] {
            assert_eq!(synopsis(words), format!("{words}{behind}"));
        }
    }
}
