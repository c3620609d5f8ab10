//! `tenantryd admin`

use std::io::{BufRead, Write};
use std::path::PathBuf;

use clap::Args;
use directory::Time;
use directory::access::Role;
use directory::authentication::Password;
use directory::collections::NewPassword;
use directory::records::{AdminFields, AdminScope};
use zeroize::Zeroizing;

use super::CommandError;
use crate::clock::Clock;
use crate::config::Config;
use crate::{logging, start};

/// The first admin.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The name to sign in with
    #[arg(long)]
    login: String,
    /// The full name; the login where it is left out
    #[arg(long)]
    name: Option<String>,
}

/// Makes the first admin of an empty store.
pub(super) fn create(
    create: Create,
    input: &mut impl BufRead,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let config = Config::load(&create.config)?;
    logging::install(&config.log)?;
    let directory = start::open_for_command(&config)?;
    let password = read_password(input)?;
    let hashed = NewPassword::hashed(password, directory.hash_parameters(), directory.tools())
        .map_err(|error| CommandError::Refused(error.to_string()))?;
    let fields = AdminFields {
        display_name: create.name.unwrap_or_else(|| create.login.clone()),
        login: create.login,
        role: Role::AdministratorWithBilling,
        scope: AdminScope::All,
        api_access: false,
        sources: Vec::new(),
    };
    let login = fields.login.clone();
    directory.create_first_admin(Time(Clock::start().wall()), fields, hashed)?;
    writeln!(out, "{login} may sign in; the first sign-in enrols an authenticator")?;
    Ok(())
}

fn read_password(input: &mut impl BufRead) -> Result<Password, CommandError> {
    let mut line = Zeroizing::new(String::new());
    input.read_line(&mut line)?;
    let text = line.trim_end_matches(['\r', '\n']);
    Password::new(text.as_bytes())
        .map_err(|error| CommandError::Refused(format!("the password: {error}")))
}
