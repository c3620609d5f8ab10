//! `tenantryd admin`

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use directory::access::Role;
use directory::authentication::Password;
use directory::collections::{NewPassword, RecoveredAdmin};
use directory::records::{AdminFields, AdminScope};
use directory::{Directory, Time};
use zeroize::Zeroizing;

use super::{CommandError, require_store};
use crate::clock::Clock;
use crate::config::Config;
use crate::{logging, start};

/// Letters and digits of a password that is made here.
const GENERATED: usize = 20;

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

/// An admin who cannot sign in any more.
#[derive(Debug, Args)]
pub(super) struct Recover {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The login of the admin, one of the provider's
    #[arg(long)]
    login: String,
    /// Make a random password and print it, instead of reading one
    #[arg(long)]
    generate: bool,
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
    let hashed = hashed(&directory, read_password(input)?)?;
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

/// Lets an admin sign in again.
pub(super) fn recover(
    recover: Recover,
    input: &mut impl BufRead,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let config = Config::load(&recover.config)?;
    logging::install(&config.log)?;
    require_store(&config)?;
    let directory = start::open_for_command(&config)?;
    let made = recover.generate.then(|| {
        let made = Zeroizing::new(directory.tools().password(GENERATED));
        in_pairs(&made)
    });
    let password = match &made {
        Some(text) => acceptable(text)?,
        None => read_password(input)?,
    };
    let hashed = hashed(&directory, password)?;
    let now = Time(Clock::start().wall());
    let recovered = directory.recover_admin(now, recover.login, hashed)?;
    if let Some(text) = &made {
        writeln!(out, "the password is {}", text.as_str())?;
    }
    tell(&recovered, out)
}

/// Says what became of an admin, so that what stood in the way can be put back.
fn tell(recovered: &RecoveredAdmin, out: &mut impl Write) -> Result<(), CommandError> {
    let RecoveredAdmin { login, role, was_suspended, sources, was_enrolled } = recovered;
    if *was_suspended {
        writeln!(out, "{login} is not suspended any more")?;
    }
    if !sources.is_empty() {
        let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
        let sources = sources.join(", ");
        writeln!(out, "{login} came from {sources} alone, and may come from anywhere")?;
    }
    if *was_enrolled {
        writeln!(out, "authenticator, recovery codes and passkeys of {login} count no more")?;
    }
    let role = role.name();
    writeln!(out, "{login} ({role}) may sign in; the next sign-in enrols an authenticator")?;
    Ok(())
}

fn hashed(directory: &Directory, password: Password) -> Result<NewPassword, CommandError> {
    NewPassword::hashed(password, directory.hash_parameters(), directory.tools())
        .map_err(|error| CommandError::Refused(error.to_string()))
}

/// Asks whoever sits at the terminal, unseen and twice, or reads a line where no person is.
fn read_password(input: &mut impl BufRead) -> Result<Password, CommandError> {
    if io::stdin().is_terminal() {
        let once = ask("Password")?;
        if *ask("Password, again")? != *once {
            return Err(CommandError::Refused("these are two different passwords".to_owned()));
        }
        return acceptable(&once);
    }
    let mut line = Zeroizing::new(String::new());
    input.read_line(&mut line)?;
    acceptable(line.trim_end_matches(['\r', '\n']))
}

fn ask(what: &str) -> Result<Zeroizing<String>, CommandError> {
    let typed = rpassword::prompt_password(format!("{what}: "));
    let typed = typed.map_err(|error| CommandError::Refused(format!("the password: {error}")))?;
    Ok(Zeroizing::new(typed))
}

/// Letters and digits in pairs, so that none of them are somebody's name by chance, which no password
/// may have in it.
fn in_pairs(text: &str) -> Zeroizing<String> {
    let mut pairs = Zeroizing::new(String::with_capacity(text.len() * 2));
    for (position, letter) in text.chars().enumerate() {
        if position > 0 && position % 2 == 0 {
            pairs.push('-');
        }
        pairs.push(letter);
    }
    pairs
}

fn acceptable(text: &str) -> Result<Password, CommandError> {
    Password::new(text.as_bytes())
        .map_err(|error| CommandError::Refused(format!("the password: {error}")))
}
