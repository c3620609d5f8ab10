//! A process of the daemon, which is killed when the test is over and must not have complained.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::{PATIENCE, environment, notified};

/// What one hears of a daemon from outside.
#[derive(Debug)]
pub(crate) enum Told {
    /// A line on its standard output.
    Line(String),
    /// A message to systemd, such as `READY=1`.
    Notified(String),
    /// Its standard output was closed: it has ended.
    Ended,
}

/// A running daemon.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    told: Mutex<Receiver<Told>>,
    lines: Vec<String>,
    log: Arc<Mutex<String>>,
    logging: Option<JoinHandle<()>>,
    notify: PathBuf,
    ended: Option<ExitStatus>,
    expected: Vec<&'static str>,
    _folder: TempDir,
}

/// A daemon that did not become ready.
#[derive(Debug)]
pub(crate) struct NotStarted {
    pub(crate) code: Option<i32>,
    pub(crate) log: String,
}

impl Daemon {
    /// Starts `tenantryd` with these arguments and waits until it says that it is ready.
    pub(crate) fn start<A: Into<OsString>>(
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Self, NotStarted> {
        Self::start_ahead(arguments, Duration::ZERO)
    }

    /// The same, with a clock that is so far ahead of the machine's.
    pub(crate) fn start_ahead<A: Into<OsString>>(
        arguments: impl IntoIterator<Item = A>,
        ahead: Duration,
    ) -> Result<Self, NotStarted> {
        let mut daemon = Self::spawn(arguments.into_iter().map(Into::into).collect(), ahead);
        if daemon.hears("READY=1") {
            return Ok(daemon);
        }
        let status = daemon.ends();
        Err(NotStarted { code: status.code(), log: daemon.log() })
    }

    fn spawn(arguments: Vec<OsString>, ahead: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (tell, told) = channel();
        let notify = notified::listen(folder.path(), tell.clone()).unwrap();
        let mut command = Command::new(environment::tenantryd());
        if !ahead.is_zero() {
            set_ahead(&mut command, ahead);
        }
        let mut child = command
            .args(arguments)
            .env("NOTIFY_SOCKET", &notify)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        thread::spawn(move || tell_lines(output, &tell));
        let log = Arc::new(Mutex::new(String::new()));
        let logging = keep_log(child.stderr.take().unwrap(), Arc::clone(&log));
        Self {
            child,
            told: Mutex::new(told),
            lines: Vec::new(),
            log,
            logging: Some(logging),
            notify,
            ended: None,
            expected: Vec::new(),
            _folder: folder,
        }
    }

    /// Waits until the daemon tells systemd this; false when it ends before.
    pub(crate) fn hears(&mut self, state: &str) -> bool {
        loop {
            match self.told.get_mut().unwrap().recv_timeout(PATIENCE) {
                Ok(Told::Notified(text)) if text.lines().any(|line| line == state) => return true,
                Ok(Told::Notified(_)) => {}
                Ok(Told::Line(line)) => self.lines.push(line),
                Ok(Told::Ended) => {
                    self.bury();
                    return false;
                }
                Err(error) => panic!("waiting for {state}: {error}; its log: {}", self.log()),
            }
        }
    }

    /// What it has printed so far.
    pub(crate) fn printed(&self) -> &[String] {
        &self.lines
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Lets log lines pass that would otherwise fail the test: errors that the test provokes.
    pub(crate) fn expects(&mut self, part_of_line: &'static str) {
        self.expected.push(part_of_line);
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Waits until the process has ended by itself, and tells how.
    pub(crate) fn ends(&mut self) -> ExitStatus {
        while self.ended.is_none() {
            match self.told.get_mut().unwrap().recv_timeout(PATIENCE) {
                Ok(Told::Ended) => self.bury(),
                Ok(Told::Line(_) | Told::Notified(_)) => {}
                Err(error) => panic!("waiting for the end: {error}; its log: {}", self.log()),
            }
        }
        self.ended.unwrap()
    }

    /// Ends the process in order: SIGTERM, and the exit code must be 0.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.ends();
        assert!(status.success(), "{status}; its log: {}", self.log());
    }

    /// Ends the process as a loss of power would: nothing is flushed, nobody is told.
    pub(crate) fn kill_at_once(&mut self) {
        self.child.kill().unwrap();
        self.bury();
        assert_eq!(self.ended.unwrap().signal(), Some(Signal::SIGKILL as i32), "{}", self.log());
    }

    fn bury(&mut self) {
        self.ended = Some(self.child.wait().unwrap());
        if let Some(logging) = self.logging.take() {
            logging.join().unwrap();
        }
        notified::farewell(&self.notify);
        // What libfaketime leaves behind, which a process of the same number would stumble over.
        for name in ["faketime_shm_", "sem.faketime_sem_"] {
            let left = format!("/dev/shm/{name}{}", self.child.id());
            // Most daemons have none.
            drop(std::fs::remove_file(left));
        }
    }

    /// What the log holds that must not be there.
    fn complaints(&self) -> Vec<String> {
        let log = self.log();
        let bad = |line: &&str| line.contains(" ERROR ") || line.contains("panicked");
        let meant = |line: &&str| self.expected.iter().any(|part| line.contains(part));
        log.lines().filter(bad).filter(|line| !meant(line)).map(ToOwned::to_owned).collect()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let died = match self.ended {
            Some(_) => None,
            None => self.child.try_wait().unwrap(),
        };
        if self.ended.is_none() {
            // It may have ended by itself, which is told below.
            drop(self.child.kill());
            self.bury();
        }
        if thread::panicking() {
            return;
        }
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "the daemon complained: {complaints:#?}");
        assert!(died.is_none(), "the daemon died ({died:?}): {}", self.log());
    }
}

/// Lets a program see a time of day that is ahead of the machine's; what passes meanwhile passes as
/// always.
fn set_ahead(command: &mut Command, ahead: Duration) {
    command
        .env("LD_PRELOAD", environment::library_of_time())
        .env("FAKETIME", format!("+{}", ahead.as_secs()))
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("NO_FAKE_STAT", "1");
}

fn tell_lines(output: impl Read, tell: &Sender<Told>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        // The test may be over.
        drop(tell.send(Told::Line(line)));
    }
    drop(tell.send(Told::Ended));
}

fn keep_log(output: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    })
}
