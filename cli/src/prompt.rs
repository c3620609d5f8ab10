//! Asking whoever sits at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::Failure;

/// Asks for something that is not echoed, or reads a line where no person is.
///
/// # Errors
/// When there is nobody and nothing to read.
pub(crate) fn secret(what: &str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return line(what);
    }
    rpassword::prompt_password(format!("{what}: ")).map_err(|error| Failure::local(what, &error))
}

/// Asks for a secret that is new, twice where a person types it.
///
/// # Errors
/// As [`secret`]; when the two differ.
pub(crate) fn new_secret(what: &str) -> Result<String, Failure> {
    let once = secret(what)?;
    if io::stdin().is_terminal() && secret(&format!("{what}, again"))? != once {
        return Err(Failure::Usage(format!("{what}: these are two different ones")));
    }
    Ok(once)
}

/// Asks whether to go on.
///
/// # Errors
/// When there is nobody who could say so, or who is there says no.
pub(crate) fn confirm(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(format!("{question} Say so with --yes.")));
    }
    ask(&format!("{question} [y/N]"))?;
    let answer = line("the answer")?.to_lowercase();
    if ["y", "yes"].contains(&answer.as_str()) {
        Ok(())
    } else {
        Err(Failure::Usage("nothing was done".into()))
    }
}

/// Asks for what has to be typed before something is done, which an option says for programs.
///
/// # Errors
/// When there is nobody who could type it, or who is there types nothing.
pub(crate) fn typed_again(question: &str, what: &str, option: &str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(format!("{question} Say it with {option}.")));
    }
    ask(&format!("{question} {what}"))?;
    let typed = line("the answer")?;
    if typed.is_empty() {
        return Err(Failure::Usage("nothing was done".into()));
    }
    Ok(typed)
}

fn ask(what: &str) -> Result<(), Failure> {
    let mut error = io::stderr().lock();
    let asked = write!(error, "{what}: ").and_then(|()| error.flush());
    asked.map_err(|error| Failure::local("the terminal", &error))
}

fn line(what: &str) -> Result<String, Failure> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    match read.map_err(|error| Failure::local(what, &error))? {
        0 => Err(Failure::Usage(format!("{what} is missing on standard input"))),
        // A key has several lines.
        _ if line.starts_with("-----BEGIN ") => {
            let rest = io::read_to_string(io::stdin().lock());
            Ok(line + &rest.map_err(|error| Failure::local(what, &error))?)
        }
        _ => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
    }
}
