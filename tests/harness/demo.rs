//! A demonstration: one for all tests that only read, or one's own.

use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};

use tempfile::TempDir;

use super::daemon::Daemon;
use super::description::{Description, Organization};
use super::environment;

/// `tenantryd demo`, and what it said about itself.
#[derive(Debug)]
pub(crate) struct Demo {
    description: Description,
    daemon: Option<Daemon>,
    folder: Option<TempDir>,
}

/// How often another daemon may snatch a port away at the start.
const STARTS: usize = 10;
/// A port was taken.
const UNAVAILABLE: i32 = 69;

impl Demo {
    /// The demonstration that tests share that change nothing in it. It ends with the last test
    /// that holds it.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Demo>> = Mutex::new(Weak::new());
        // A test that failed while it held the lock left nothing half done.
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(demo) = shared.upgrade() {
            return demo;
        }
        let demo = Arc::new(Self::subject_or_new());
        *shared = Arc::downgrade(&demo);
        demo
    }

    /// A demonstration for one test alone; none, and said so, where the tests are pointed at a
    /// daemon that is not theirs.
    pub(crate) fn own() -> Option<Self> {
        if environment::subject().is_some() {
            environment::leave_out();
            return None;
        }
        Some(Self::start())
    }

    /// The demonstration that the tests are pointed at, or a new one.
    pub(crate) fn subject_or_new() -> Self {
        Self::subject().unwrap_or_else(Self::start)
    }

    fn subject() -> Option<Self> {
        let file = environment::subject()?;
        Some(Self { description: Description::read(&file), daemon: None, folder: None })
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (daemon, description) = start_in(folder.path());
        Self { description, daemon: Some(daemon), folder: Some(folder) }
    }

    /// Starts the demonstration again on the data that it has; it must have ended.
    pub(crate) fn start_again(&mut self) {
        drop(self.daemon.take());
        let (daemon, description) = start_in(self.folder());
        self.daemon = Some(daemon);
        self.description = description;
    }

    /// The process of one's own demonstration.
    pub(crate) fn daemon(&mut self) -> &mut Daemon {
        self.daemon.as_mut().unwrap()
    }

    /// What one's own demonstration has printed.
    pub(crate) fn printed(&self) -> &[String] {
        self.daemon.as_ref().unwrap().printed()
    }

    /// The folder that holds the data of one's own demonstration.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_ref().unwrap().path()
    }

    /// The organization that most tests look at.
    pub(crate) fn acme(&self) -> &Organization {
        self.organization("acme")
    }

    /// The other organization.
    pub(crate) fn globex(&self) -> &Organization {
        self.organization("globex")
    }
}

impl Deref for Demo {
    type Target = Description;

    fn deref(&self) -> &Description {
        &self.description
    }
}

fn start_in(folder: &Path) -> (Daemon, Description) {
    let facts = folder.join("described.json");
    let data = folder.join("demo");
    for _ in 0..STARTS {
        let arguments = [
            "demo".into(),
            "--data".into(),
            data.clone().into_os_string(),
            "--describe".into(),
            facts.clone().into_os_string(),
            "--log".into(),
            "info".into(),
        ];
        match Daemon::start(arguments) {
            Ok(daemon) => return (daemon, Description::read(&facts)),
            Err(failed)
                if failed.code == Some(UNAVAILABLE)
                    && failed.log.contains("Address already in use") => {}
            Err(failed) => panic!("the demonstration did not start: {failed:?}"),
        }
    }
    panic!("no port stayed free for a demonstration in {STARTS} starts");
}
