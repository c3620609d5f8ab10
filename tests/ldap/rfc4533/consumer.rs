//! A copy that python-ldap keeps.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::harness::office::Office;

/// A client that keeps a copy.
pub(super) struct Consumer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Consumer {
    /// Begins, with a new connection; `mode` as RFC 4533 names it.
    pub(super) fn new(mode: &str, office: &Office, who: &(String, String), filter: &str) -> Self {
        Self::limited((mode, "0"), office, who, filter)
    }

    /// The same with a size limit.
    pub(super) fn limited(
        (mode, limit): (&str, &str),
        office: &Office,
        who: &(String, String),
        filter: &str,
    ) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("ldap/rfc4533/follow.py");
        let uri = format!("ldap://{}", office.demo.ldap);
        let (dn, password) = who;
        let mut child = Command::new("/usr/bin/python3")
            .arg(script)
            .args([mode, &uri, dn, password, &office.base, filter, limit])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python-ldap: apt-get install python3-ldap");
        let output = BufReader::new(child.stdout.take().unwrap());
        let input = child.stdin.take();
        Self { child, input, output }
    }

    /// Brings the copy up to date once; tells what was said.
    pub(super) fn poll(&mut self) -> Vec<String> {
        self.input.as_mut().unwrap().write_all(b"poll\n").unwrap();
        self.said_until(|said| said.starts_with("copy"))
    }

    /// Comes back to stay, after the first poll of a consumer that does both.
    pub(super) fn stay(&mut self) {
        self.input.as_mut().unwrap().write_all(b"stay\n").unwrap();
    }

    /// What is said until something is.
    pub(super) fn said_until(&mut self, last: impl Fn(&str) -> bool) -> Vec<String> {
        let mut all = Vec::new();
        while all.last().is_none_or(|said: &String| !last(said)) {
            all.push(self.next().unwrap_or_else(|| panic!("it ended after {all:?}")));
        }
        all
    }

    /// The next thing that is said; none at the end.
    pub(super) fn next(&mut self) -> Option<String> {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.strip_suffix('\n').map(str::to_owned)
    }

    /// Cancels the search; tells what else was said.
    pub(super) fn cancel(mut self) -> Vec<String> {
        drop(self.input.take());
        std::iter::from_fn(|| self.next()).collect()
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
