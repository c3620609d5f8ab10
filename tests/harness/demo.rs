//! A demonstration: one for all tests that only read, or one's own.

use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use super::calendar::seconds;
use super::daemon::Daemon;
use super::description::{Description, Organization, SignIn};
use super::https::Https;
use super::{environment, pause, totp};

/// `tenantryd demo`, and what it said about itself.
#[derive(Debug)]
pub(crate) struct Demo {
    description: Description,
    daemon: Option<Daemon>,
    folder: Option<TempDir>,
    /// The session of who may do everything, and when it was begun.
    session: Mutex<Option<(String, u64)>>,
}

/// A session lets in who manages admins for 15 minutes; so many seconds of them tests use.
const FRESH: u64 = 10 * 60;
/// A code counts for so many seconds, and once.
const STEP: u64 = 30;

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
        let (description, session) = (Description::read(&file), Mutex::default());
        Some(Self { description, daemon: None, folder: None, session })
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (daemon, description) = start_in(folder.path());
        let (daemon, folder) = (Some(daemon), Some(folder));
        Self { description, daemon, folder, session: Mutex::default() }
    }

    /// Starts the demonstration again on the data that it has; it must have ended.
    pub(crate) fn start_again(&mut self) {
        drop(self.daemon.take());
        let (daemon, description) = start_in(self.folder());
        self.daemon = Some(daemon);
        self.description = description;
    }

    /// Who may do everything, in a session of the last minutes: no API key lets in who manages admins.
    pub(crate) fn chief(&self) -> Https {
        let mut kept = self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let fresh = kept.take().filter(|(_, begun)| seconds() < begun + FRESH);
        let (token, begun) = fresh.unwrap_or_else(|| (self.sign_in(), seconds()));
        let session = self.https(Some(&token));
        *kept = Some((token, begun));
        session
    }

    /// Signs in as who may do everything. The code may be used up, by the enrolment or by other tests on
    /// the same daemon: then there is another one soon.
    fn sign_in(&self) -> String {
        let SignIn { login, password, otpauth_uri } = &self.admin_api.first;
        for _ in 0..3 {
            let step = seconds() / STEP;
            let code = totp::code_beside(otpauth_uri, 1);
            let credentials = json!({"login": login, "password": password, "code": code});
            let answer = self.https(None).send("POST", "/v1/sign-in", Some(&credentials));
            if answer.status == 200 {
                return answer.json()["token"].as_str().unwrap().to_owned();
            }
            assert_eq!(answer.status, 401, "{answer:?}");
            while seconds() / STEP == step {
                pause(Duration::from_millis(100));
            }
        }
        panic!("{login} is not let in")
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
