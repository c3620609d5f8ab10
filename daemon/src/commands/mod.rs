//! The command line: one file a command, and one place that turns an error into an exit code.

mod admin;
mod check;
mod config;
mod demo;
mod master_key;
mod openapi;
mod serve;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigError};
use crate::demo::DemoError;
use crate::lifecycle::Ending;
use crate::logging::LogError;
use crate::privileges::PrivilegesError;
use crate::start::{self, StartError};

/// The command line was not understood (`EX_USAGE`).
const USAGE: u8 = 64;
/// The data is damaged (`EX_DATAERR`).
const DAMAGED: u8 = 65;
/// An address or another resource is not available (`EX_UNAVAILABLE`).
const UNAVAILABLE: u8 = 69;
/// A task died (`EX_SOFTWARE`).
const SOFTWARE: u8 = 70;
/// The operating system refused something (`EX_OSERR`).
const SYSTEM: u8 = 71;
/// Privileges are too many or too few (`EX_NOPERM`).
const PERMISSION: u8 = 77;
/// The configuration is wrong (`EX_CONFIG`).
const CONFIGURATION: u8 = 78;

/// Answers LDAP and RADIUS for every organization of a provider.
#[derive(Debug, Parser)]
#[command(name = "tenantryd", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until a signal: SIGTERM drains, a second one stops, SIGHUP reloads the certificate
    /// and the log filter
    Serve {
        /// The configuration
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Serve two organizations with people, groups, an application and gear each, on loopback,
    /// and print lines to try them
    Demo(demo::Demo),
    /// Make the first admin, or let one in again, while the daemon does not run
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Replace the master key, while the daemon does not run
    #[command(subcommand)]
    MasterKey(MasterKeyCommand),
    /// Walk the whole store and compare every index with its records
    Check {
        /// The configuration
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Print or check a configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the OpenAPI document of the admin API
    Openapi {
        /// Print that of the devices' door instead
        #[arg(long)]
        devices: bool,
    },
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Make the first administrator with billing on an empty store; asks for the password, or reads
    /// a line of standard input
    Create(admin::Create),
    /// Let an admin of the provider's in again: with another password, asked for or a line of
    /// standard input, and without authenticator, recovery codes, passkeys, suspension, networks,
    /// sessions and API keys of before
    Recover(admin::Recover),
}

#[derive(Debug, Subcommand)]
enum MasterKeyCommand {
    /// Seal the keys of all organizations with another master key. That takes the place of the one
    /// before where it is a file's; otherwise it is said what is to be put where
    Rotate(master_key::Rotate),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every key with its documentation and its default
    Sample,
    /// Say what is wrong with a configuration
    Check {
        /// The configuration
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Privileges(#[from] PrivilegesError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error(transparent)]
    Directory(#[from] directory::Error),
    #[error("{0}")]
    Refused(String),
    #[error("the store is damaged: {0} problems")]
    Damaged(u64),
    #[error("the store is damaged beyond reading: restore a backup")]
    Unreadable,
    #[error("ended because a part of it died: {}", .0.join(", "))]
    Died(Vec<&'static str>),
    #[error("standard output: {0}")]
    Output(#[from] io::Error),
}

impl CommandError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) => CONFIGURATION,
            Self::Start(
                StartError::Tls(_)
                | StartError::Data { .. }
                | StartError::MasterKey(_)
                | StartError::AnotherMasterKey { .. },
            ) => CONFIGURATION,
            Self::Start(StartError::Privileges(error)) | Self::Privileges(error) => match error {
                PrivilegesError::NoUser(_) | PrivilegesError::NoGroup(_) => CONFIGURATION,
                PrivilegesError::Root
                | PrivilegesError::RootByName(_)
                | PrivilegesError::NotRoot(_)
                | PrivilegesError::Refused { .. }
                | PrivilegesError::Regained => PERMISSION,
            },
            Self::Start(StartError::Bind(_)) => UNAVAILABLE,
            Self::Start(StartError::Randomness(_) | StartError::Runtime(_)) => SYSTEM,
            Self::Start(StartError::Cost(_)) => CONFIGURATION,
            // A login or a password that will not do.
            Self::Directory(directory::Error::Invalid(_)) => USAGE,
            Self::Start(StartError::Open(_)) | Self::Directory(_) | Self::Demo(_) => UNAVAILABLE,
            Self::Log(_) | Self::Output(_) => SYSTEM,
            Self::Refused(_) => USAGE,
            Self::Damaged(_) | Self::Unreadable => DAMAGED,
            Self::Died(_) => SOFTWARE,
        }
    }
}

/// Runs the command that the arguments name and tells how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { 0 };
            return match error.print() {
                Ok(()) => code.into(),
                Err(_) => SYSTEM.into(),
            };
        }
    };
    let outcome = match arguments.command {
        Command::Serve { config } => serve::run(config),
        Command::Demo(demo) => demo::run(&demo, &mut io::stdout()),
        Command::Admin(AdminCommand::Create(create)) => {
            admin::create(create, &mut io::stdin().lock(), &mut io::stdout())
        }
        Command::Admin(AdminCommand::Recover(recover)) => {
            admin::recover(recover, &mut io::stdin().lock(), &mut io::stdout())
        }
        Command::MasterKey(MasterKeyCommand::Rotate(rotate)) => {
            master_key::rotate(&rotate, &mut io::stdout())
        }
        Command::Check { config } => check::run(&config, &mut io::stdout()),
        Command::Openapi { devices } => openapi::print(devices, &mut io::stdout()),
        Command::Config(ConfigCommand::Sample) => config::sample(&mut io::stdout()),
        Command::Config(ConfigCommand::Check { config }) => {
            config::check(&config, &mut io::stdout())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell where standard error is closed.
            drop(writeln!(io::stderr(), "tenantryd: {error}"));
            error.exit_code().into()
        }
    }
}

/// Refuses to go on where a command is for a store that is there, and there is none.
fn require_store(config: &Config) -> Result<(), CommandError> {
    if start::has_store(&config.data) {
        return Ok(());
    }
    let folder = config.data.directory.display();
    Err(CommandError::Refused(format!("there is no store in {folder}")))
}

/// Tells how the daemon ended.
fn ended(ending: Ending) -> Result<(), CommandError> {
    if ending.died.is_empty() { Ok(()) } else { Err(CommandError::Died(ending.died)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn exit_code(arguments: &[&str]) -> String {
        let all = ["tenantryd"].iter().chain(arguments).map(OsString::from);
        format!("{:?}", run(all))
    }

    fn is(code: u8) -> String {
        format!("{:?}", ExitCode::from(code))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_command_that_does_not_exist_ends_with_the_code_for_usage() {
        assert_eq!(exit_code(&["serv"]), is(USAGE));
        assert_eq!(exit_code(&["serve"]), is(USAGE));
    }

    #[test]
    fn a_wrong_configuration_ends_with_the_code_for_configurations() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.toml");
        std::fs::write(&file, "[ldap]\nlisen = []\n").unwrap();
        let file = file.display().to_string();
        assert_eq!(exit_code(&["serve", "--config", &file]), is(CONFIGURATION));
        let check = ["config", "check", "--config", &file];
        assert_eq!(exit_code(&check), is(CONFIGURATION));
    }
}
