//! A program of somebody else's that goes on until the test is over.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{PATIENCE, pause};

/// What it said so far, and who waits for more.
type Log = (Mutex<String>, Condvar);

/// The program, until it is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    process: Child,
    log: Arc<Log>,
}

impl Program {
    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Log::default());
        let (output, errors) = (process.stdout.take().unwrap(), process.stderr.take().unwrap());
        for said in [Box::new(output) as Box<dyn Read + Send>, Box::new(errors)] {
            let kept = Arc::clone(&log);
            std::thread::spawn(move || listen(BufReader::new(said), &kept));
        }
        Self { process, log }
    }

    /// Waits until it has said something.
    pub(crate) fn says(&self, text: &str) {
        self.says_one_of(&[text]);
    }

    /// Waits until it has said one of several things, and tells which.
    pub(crate) fn says_one_of<'a>(&self, texts: &[&'a str]) -> &'a str {
        let (said, more) = &*self.log;
        let heard = |said: &str| texts.iter().copied().find(|&text| said.contains(text));
        let said = said.lock().unwrap();
        let silent = |said: &mut String| heard(said).is_none();
        let (said, _) = more.wait_timeout_while(said, PATIENCE, silent).unwrap();
        heard(&said).unwrap_or_else(|| panic!("it does not say any of {texts:?}, but {said}"))
    }

    /// Interrupts it, as Ctrl-C does, and waits for its end; with which code it ended.
    pub(crate) fn interrupted(&mut self) -> Option<i32> {
        kill(Pid::from_raw(self.process.id().cast_signed()), Signal::SIGINT).unwrap();
        for _ in 0..1_000 {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            pause(Duration::from_millis(20));
        }
        panic!("it goes on: {}", self.said());
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> String {
        self.log.0.lock().unwrap().clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn listen(mut said: impl BufRead, (kept, more): &Log) {
    let mut line = Vec::new();
    while said.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        kept.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
        more.notify_all();
        line.clear();
    }
}
