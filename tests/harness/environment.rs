//! What the tests are told from outside.

use std::io::{self, Write};
use std::path::PathBuf;

/// The daemon's binary: what `TENANTRYD` says, or the one built beside the tests.
pub(crate) fn tenantryd() -> PathBuf {
    if let Some(named) = variable("TENANTRYD") {
        return named;
    }
    // target/PROFILE/deps/tests-HASH
    let this = std::env::current_exe().unwrap();
    let beside = this.parent().and_then(|deps| deps.parent()).unwrap().join("tenantryd");
    assert!(beside.exists(), "{}: build it with cargo build -p daemon", beside.display());
    beside
}

/// The folder of a library that `tests/run` has installed beside what is built.
pub(crate) fn library(name: &str) -> PathBuf {
    // target/PROFILE/deps/tests-HASH
    let this = std::env::current_exe().unwrap();
    let folder = this.ancestors().nth(3).unwrap().join("clients").join(name);
    assert!(folder.exists(), "{}: tests/run installs it", folder.display());
    folder
}

/// The library by which a program sees another time of day.
pub(crate) fn library_of_time() -> PathBuf {
    let machines = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let mut files = machines.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    let found = files.find(|file| file.exists());
    found.unwrap_or_else(|| panic!("libfaketimeMT.so.1 is missing: apt-get install libfaketime"))
}

/// The description of a demonstration that is running already.
pub(crate) fn subject() -> Option<PathBuf> {
    variable("TENANTRY_SUBJECT")
}

/// Says that the test under way cannot be done on a daemon that is not its own.
pub(crate) fn leave_out() {
    say("left out, needs a process of its own");
}

/// Says something of the test under way.
pub(crate) fn say(text: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    // Directly, so that it is seen of tests that pass.
    writeln!(io::stderr(), "\n{text}: {test}").unwrap();
}

/// Whether what is recorded of a test is to be written anew.
pub(crate) fn is_recording() -> bool {
    variable("TENANTRY_RECORD").is_some()
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
