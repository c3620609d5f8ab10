//! `tenantry`, the command line, as staff uses it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::client::{Client, Output};
use super::demo::Demo;
use super::environment;
use super::program::Program;

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
