//! Programs of other people, run to their end.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::PATIENCE;

/// What a program said.
#[derive(Debug)]
pub(crate) struct Output {
    /// Its exit code; 124 when it did not end in time.
    pub(crate) code: i32,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

/// A program that is about to run.
#[derive(Debug)]
pub(crate) struct Client {
    command: Command,
    input: Vec<u8>,
}

impl Client {
    /// A program of this Debian package.
    pub(crate) fn new(program: &str, package: &str) -> Self {
        Self::patient(program, package, PATIENCE)
    }

    /// A program that may take longer than others.
    pub(crate) fn patient(program: &str, package: &str, patience: Duration) -> Self {
        needs(program, package);
        let mut command = Command::new("timeout");
        command.arg(patience.as_secs().to_string()).arg(program);
        Self { command, input: Vec::new() }
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Lets it run in a folder.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets a variable of its environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets its standard input.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(mut self) -> Output {
        let piped =
            self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        // A program that does not read its input to the end says so by its answer.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Fails where a program of this Debian package is missing.
pub(crate) fn needs(program: &str, package: &str) {
    assert!(is_installed(program), "{program} is missing: apt-get install {package}");
}

fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    program.starts_with('/') && Path::new(program).exists()
        || std::env::split_paths(&folders).any(|folder| folder.join(program).exists())
}
