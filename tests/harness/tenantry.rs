//! `tenantry`, the command line, as staff uses it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::client::{Client, Output};
use super::demo::Demo;
use super::environment;
use super::program::Program;

/// Runs words at a terminal of their own, types each text where what it waits for is asked, and prints
/// all that stood there. What is typed behind @ is read from there then, so that it can be waited for.
const TERMINAL: &str = r#"
import json, os, pty, select, sys, time

words, steps = json.loads(sys.argv[1])
process, terminal = pty.fork()
if process == 0:
    os.execv(words[0], words)
said, end = b"", time.monotonic() + 50

def hears():
    global said
    if time.monotonic() > end:
        sys.exit("it waits: " + repr(said))
    if not select.select([terminal], [], [], 0.1)[0]:
        return True
    try:
        heard = os.read(terminal, 65536)
    except OSError:
        return False
    said += heard
    return len(heard) > 0

seen = 0
for awaited, typed in steps:
    while awaited.encode() not in said[seen:]:
        if not hears():
            sys.exit("it ends without asking: " + repr(said))
    seen = len(said)
    # The echo is switched off after the question stands there.
    time.sleep(0.3)
    if typed.startswith("@"):
        typed = open(typed[1:]).read()
    os.write(terminal, typed.encode() + b"\n")
while hears():
    pass
sys.stdout.write(said.decode(errors="replace"))
sys.stdout.flush()
os._exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"#;

/// The command line with an environment of its own.
#[derive(Debug, Clone)]
pub(crate) struct Tenantry {
    variables: Vec<(&'static str, String)>,
}

impl Tenantry {
    /// Of somebody with an API key of a demonstration.
    pub(crate) fn with_key(demo: &Demo, key: &str) -> Self {
        Self::at(&demo.admin_api.url, &demo.ca_file, key)
    }

    /// Of somebody with an API key, at a server that an authority in a file vouches for.
    pub(crate) fn at(url: &str, ca_file: &str, key: &str) -> Self {
        let variables = vec![
            ("TENANTRY_SERVER", url.to_owned()),
            ("TENANTRY_TOKEN", key.to_owned()),
            ("TENANTRY_CA", ca_file.to_owned()),
        ];
        Self { variables }
    }

    /// Of somebody who keeps contexts in a file.
    pub(crate) fn with_contexts(demo: &Demo, file: &Path) -> Self {
        let file = file.to_str().unwrap().to_owned();
        Self { variables: vec![("TENANTRY_CONTEXTS", file), ("TENANTRY_CA", demo.ca_file.clone())] }
    }

    /// The same in an organization.
    pub(crate) fn within(mut self, slug: &str) -> Self {
        self.variables.push(("TENANTRY_ORG", slug.to_owned()));
        self
    }

    /// The same with a variable.
    pub(crate) fn setting(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// Runs a line, in which words are parted by single spaces.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.hear(line, "")
    }

    /// Runs a line with something to read.
    pub(crate) fn hear(&self, line: &str, input: &str) -> Output {
        self.hear_words(&line.split(' ').collect::<Vec<_>>(), input)
    }

    /// Runs words, in which spaces are what they are, with something to read.
    pub(crate) fn hear_words(&self, words: &[&str], input: &str) -> Output {
        let program = binary();
        let mut client = Client::new(program.to_str().unwrap(), "cargo build --workspace");
        for (name, value) in &self.variables {
            client = client.env(name, value);
        }
        client.args(words).input(input).run()
    }

    /// Runs words, in which there may be spaces.
    pub(crate) fn words(&self, words: &[&str]) -> Output {
        self.hear_words(words, "")
    }

    /// Runs a line that must succeed; what it prints.
    pub(crate) fn does(&self, line: &str) -> String {
        let output = self.run(line);
        assert_eq!(output.code, 0, "{line}: {output:?}");
        output.stdout
    }

    /// Runs a line that must succeed; what it prints as JSON.
    pub(crate) fn shows(&self, line: &str) -> Value {
        serde_json::from_str(&self.does(&format!("{line} -o json"))).unwrap()
    }

    /// Runs a line at a terminal, where somebody types texts when they are asked for; what stands there
    /// in the end is told as output.
    pub(crate) fn at_terminal(&self, line: &str, typed: &[(&str, &str)]) -> Output {
        let program = binary().display().to_string();
        let words: Vec<&str> = [program.as_str()].into_iter().chain(line.split(' ')).collect();
        let asked = json!([words, typed]).to_string();
        let mut python = Client::new("/usr/bin/python3", "python3").args(["-c", TERMINAL, &asked]);
        for (name, value) in &self.variables {
            python = python.env(name, value);
        }
        python.run()
    }

    /// Starts a line that goes on.
    pub(crate) fn starts(&self, line: &str) -> Program {
        let mut command = Command::new(binary());
        command.args(line.split(' ')).envs(self.variables.iter().cloned());
        Program::start(&mut command)
    }
}

fn binary() -> PathBuf {
    let binary = environment::tenantryd().with_file_name("tenantry");
    assert!(binary.exists(), "{}: build it with cargo build -p cli", binary.display());
    binary
}
